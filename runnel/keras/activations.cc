#include "runnel/keras/activations.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "runnel/base/error.h"
#include "runnel/keras/layer.h"
#include "runnel/keras/ops/nn_activations.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/registration.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

// Crossentropies compute with the logits behind these two.
Tensor noted_softmax(const Tensor& x) {
  Tensor y = nn::softmax(x);
  set_logits(y, LogitsOf::kSoftmax, x);
  return y;
}
Tensor noted_sigmoid(const Tensor& x) {
  Tensor y = sigmoid(x);
  set_logits(y, LogitsOf::kSigmoid, x);
  return y;
}
Tensor hard_sigmoid(const Tensor& x) { return nn::relu6(x + 3.0) * (1.0 / 6.0); }
Tensor hard_silu(const Tensor& x) { return x * hard_sigmoid(x); }
Tensor mish(const Tensor& x) { return x * tanh(nn::softplus(x)); }

// Names that share a function come after the one that a config says.
struct Named {
  const char* name;
  const char* saved_as;
  Tensor (*function)(const Tensor&);
};
constexpr Named kActivations[] = {
    {"relu", "relu", nn::relu},
    {"relu6", "relu6", nn::relu6},
    {"elu", "elu", nn::elu},
    {"selu", "selu", nn::selu},
    {"gelu", "gelu", [](const Tensor& x) { return nn::gelu(x); }},
    {"silu", "silu", [](const Tensor& x) { return nn::silu(x); }},
    {"swish", "silu", [](const Tensor& x) { return nn::silu(x); }},
    {"sigmoid", "sigmoid", noted_sigmoid},
    {"log_sigmoid", "log_sigmoid", log_sigmoid},
    {"hard_sigmoid", "hard_sigmoid", hard_sigmoid},
    {"hard_silu", "hard_silu", hard_silu},
    {"hard_swish", "hard_silu", hard_silu},
    {"tanh", "tanh", tanh},
    {"softmax", "softmax", noted_softmax},
    {"log_softmax", "log_softmax", [](const Tensor& x) { return nn::log_softmax(x); }},
    {"softplus", "softplus", nn::softplus},
    {"softsign", "softsign", nn::softsign},
    {"exponential", "exponential", exp},
    {"leaky_relu", "leaky_relu", [](const Tensor& x) { return nn::leaky_relu(x, 0.2); }},
    {"mish", "mish", mish},
    {"celu", "celu", [](const Tensor& x) { return ops::celu(x); }},
    {"glu", "glu", [](const Tensor& x) { return ops::glu(x); }},
    {"hard_shrink", "hard_shrink", [](const Tensor& x) { return ops::hard_shrink(x); }},
    {"hard_tanh", "hard_tanh", [](const Tensor& x) { return ops::hard_tanh(x); }},
    {"soft_shrink", "soft_shrink", [](const Tensor& x) { return ops::soft_shrink(x); }},
    {"sparse_plus", "sparse_plus", [](const Tensor& x) { return ops::sparse_plus(x); }},
    {"sparse_sigmoid", "sparse_sigmoid", [](const Tensor& x) { return ops::sparse_sigmoid(x); }},
    {"sparsemax", "sparsemax", [](const Tensor& x) { return ops::sparsemax(x); }},
    {"squareplus", "squareplus", [](const Tensor& x) { return ops::squareplus(x); }},
    {"tanh_shrink", "tanh_shrink", [](const Tensor& x) { return ops::tanh_shrink(x); }},
};

std::mutex mutex;
std::map<std::string, Activation::Function>& registered() {
  static auto& functions = *new std::map<std::string, Activation::Function>;
  return functions;
}

}  // namespace

Activation::Activation(const std::string& name) {
  if (name.empty() || name == "linear") return;
  if (Ref<keras::Function> own = find_function(name)) {
    *this = Activation(own);
    return;
  }
  {
    std::lock_guard lock(mutex);
    if (auto found = registered().find(name); found != registered().end()) {
      name_ = name;
      function_ = found->second;
      return;
    }
  }
  for (const Named& a : kActivations)
    if (name == a.name) {
      name_ = a.saved_as;
      function_ = a.function;
      return;
    }
  fail<ValueError>("", cat("Could not interpret activation function identifier: ", name),
                   {.hint = registration_hint()});
}

Activation::Activation(const Ref<keras::Function>& function)
    : name_(function->name()), function_([f = function.get()](const Tensor& x) { return (*f)({x}); }), source_(function) {}

namespace {

// A layer as an activation: activation = LeakyReLU().
Activation of_layer(const Ref<LayerBody>& layer) {
  return Activation(layer->name(), [layer](const Tensor& x) { return (*layer)(Nest(x)).tensor(); });
}

Activation of_object(const Ref<RefCounted>& object) {
  if (auto* function = dynamic_cast<Function*>(object.get())) return Activation(Ref<Function>(function));
  if (auto* layer = dynamic_cast<LayerBody*>(object.get())) return of_layer(Ref<LayerBody>(layer));
  fail<ValueError>("", "Could not interpret activation function identifier", {.expected = "a name or a callable"});
}

bool is_builtin(const Config& config) {
  if (!config.is_string()) return false;
  return config.as_string() == "linear" || std::any_of(std::begin(kActivations), std::end(kActivations), [&](const Named& a) { return config.as_string() == a.name; });
}

}  // namespace

Config to_config(const Activation& activation) {
  const RefCounted* source = activation.source().get();
  if (auto* function = dynamic_cast<const Function*>(source)) return function->serialized();
  if (auto* layer = dynamic_cast<const KerasObject*>(source)) return layer->serialized();
  return activation.name();
}
Config live(const Activation& activation) { return activation.source() ? Config(activation.source()) : Config(activation.name()); }

void from_config(const Config& config, Activation& out) {
  if (config.is_null()) return void(out = Activation());
  if (config.is_object()) {
    out = of_object(config.as_object());
    out.source_ = config.as_object();
    return;
  }
  if (has_binding() && !is_builtin(config))
    if (Ref<RefCounted> found = binding().find("activations", config)) return from_config(Config(found), out);
  if (config.is_string()) return void(out = Activation(config.as_string()));
  const Config& name = config.at("config");  // {"module", "class_name": "function", "config": name}
  if (name.is_string()) out = Activation(name.as_string());
  else from_config(Config(Ref<RefCounted>(deserialize_object("layers", config))), out);
}

void register_activation(const std::string& name, Activation::Function function) {
  std::lock_guard lock(mutex);
  registered()[name] = std::move(function);
}

}  // namespace runnel::inline v0::keras
