#include "runnel/keras/remat.h"

#include <algorithm>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/keras/seed_states.h"
#include "runnel/op/context.h"
#include "runnel/ops/stateless_scope.h"

namespace runnel::inline v0::keras {

namespace {

thread_local std::vector<RematOptions> scopes;

/// The scope of a layer is one of the objects that it holds.
struct HeldScope : KerasObject {
  explicit HeldScope(const RematOptions& options) : options(options) {}
  std::string class_name() const override { return "RematScope"; }
  std::string module() const override { return "keras"; }
  RematOptions options;
};

int64_t most_elements(const std::vector<PartialShape>& shapes) {
  int64_t most = 0;
  for (const PartialShape& shape : shapes) {
    int64_t n = 1;
    for (int64_t d : shape) n *= std::max<int64_t>(d, 1);  // a batch of one
    most = std::max(most, n);
  }
  return most;
}

std::vector<PartialShape> shapes_of(const Nest& nest) {
  std::vector<PartialShape> out;
  for (const Tensor& t : nest.flatten()) out.push_back(t.partial_shape());
  return out;
}

bool applies(const RematOptions& o, LayerBody& layer, const Nest& inputs) {
  if (o.mode == "full") return true;
  if (o.mode == "activations") return layer.argument("activation").has_value();
  if (o.mode == "larger_than") return most_elements(layer.compute_output_shapes(shapes_of(inputs))) > o.output_size_threshold;
  return std::find(o.layer_names.begin(), o.layer_names.end(), layer.name()) != o.layer_names.end();
}

StatelessScope::Values values_now(const std::vector<Variable>& variables) {
  StatelessScope::Values out;
  for (const Variable& v : variables) out.emplace_back(v, v.value());
  return out;
}

Nest recomputed(LayerBody& layer, const Nest& inputs, const CallArgs& args) {
  const std::vector<Tensor> given = inputs.flatten();
  const std::vector<Variable> weights = layer.trainable_weights();
  std::vector<Tensor> keys = given;
  std::vector<Source> sources(given.begin(), given.end());
  for (const Variable& v : weights) {
    v.value();  // tapes watch what is read
    keys.push_back(v.handle());
    sources.emplace_back(v);
  }
  const StatelessScope::Values before = values_now(non_trainable_variables(layer));
  Nest outputs;
  auto gradient = [held = Ref<LayerBody>(&layer), inputs, args, given, sources, before](std::span<const Tensor> arrived) {
    StatelessScope as_before(before);
    GradientTape tape;
    for (const Tensor& t : given)
      if (t.dtype().is_floating() || t.dtype().is_complex()) tape.watch(t);
    std::vector<Tensor> again = held->call(inputs, args).flatten();
    return tape.gradient(again, sources, {.output_gradients = {arrived.begin(), arrived.end()}});
  };
  std::vector<Tensor> flat = custom_gradient([&](std::span<const Tensor>) {
    outputs = layer.call(inputs, args);
    return WithGradient{outputs.flatten(), gradient};
  }, keys);
  return outputs.pack(flat);
}

}  // namespace

RematScope::RematScope(const RematOptions& options) {
  const char* const known[] = {"full", "activations", "larger_than", "list_of_layers", ""};
  if (std::find(std::begin(known), std::end(known), options.mode) != std::end(known)) {
    scopes.push_back(options);
    return;
  }
  fail<ValueError>("", cat("Invalid mode '", options.mode, "'. Supported modes are: 'full', 'activations', 'larger_than', 'list_of_layers', or None."));
}
RematScope::~RematScope() { scopes.pop_back(); }

void note_remat_scope(LayerBody& layer) {
  if (!scopes.empty() && !scopes.back().mode.empty()) layer.track_object(make_ref<HeldScope>(scopes.back()));
}

Nest call_in_remat_scope(LayerBody& layer, const Nest& inputs, const CallArgs& args) {
  for (const Ref<KerasObject>& object : layer.tracked_objects())
    if (auto* held = dynamic_cast<HeldScope*>(object.get()); held && !thread_context().recorders.empty() && applies(held->options, layer, inputs))
      return recomputed(layer, inputs, args);
  return layer.call(inputs, args);
}

}  // namespace runnel::inline v0::keras
