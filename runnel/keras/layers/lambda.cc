#include "runnel/keras/layers/lambda.h"

#include <map>
#include <mutex>

#include "runnel/base/error.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/saving/serialization.h"

namespace runnel::inline v0::keras {

namespace {

std::mutex mutex;
std::map<std::string, LambdaFunction>& registered() {
  static auto& functions = *new std::map<std::string, LambdaFunction>;
  return functions;
}

// {"class_name": "__lambda__", "config": {"value": [code, defaults, closure]}} in the form that Keras's Lambda has.
Config named_parts(const Config& serialized) {
  const Config* kind = serialized.find("class_name");
  if (!kind || *kind != Config("__lambda__")) return serialized;
  const Config::List parts = serialized.at("config").at("value").as_list();
  return Config::Dict{{"class_name", "__lambda__"}, {"config", Config::Dict{{"code", parts[0]}, {"defaults", parts[1]}, {"closure", parts[2]}}}};
}

std::string name_in(const Config& config) {
  const Config* name = config.is_dict() ? config.find("config") : &config;
  return name && name->is_string() ? name->as_string() : "";
}

}  // namespace

void register_lambda(const LambdaFunction& function) {
  std::lock_guard lock(mutex);
  registered()[function.name()] = function;
}

Config to_config(const LambdaFunction& function) {
  if (function.function()) return named_parts(function.function()->serialized());
  if (!function) return nullptr;
  return Config::Dict{{"module", "builtins"}, {"class_name", "function"}, {"config", function.name()}, {"registered_name", function.name()}};
}
Config live(const LambdaFunction& function) {
  return function.function() ? Config(Ref<RefCounted>(function.function())) : Config(function.name());
}

void from_config(const Config& config, LambdaFunction& out) {
  if (config.is_null()) return void(out = LambdaFunction());
  check_safe(config);
  Ref<RefCounted> object = config.is_object() ? config.as_object() : has_binding() ? binding().find("functions", config) : Ref<RefCounted>();
  if (auto* function = dynamic_cast<KeywordFunction*>(object.get())) return void(out = LambdaFunction(Ref<KeywordFunction>(function)));
  std::lock_guard lock(mutex);
  auto found = registered().find(name_in(config));
  if (found == registered().end())
    fail<ValueError>("", cat("Could not locate function '", name_in(config), "'."),
                     {.hint = "register it: @keras.saving.register_keras_serializable() in Python, register_lambda() in C++."});
  out = found->second;
}

Config to_config(const LambdaShape& shape) { return shape.function ? to_config(shape.function) : to_config(shape.shape); }
Config live(const LambdaShape& shape) { return shape.function ? live(shape.function) : to_config(shape.shape); }
void from_config(const Config& config, LambdaShape& out) {
  out = LambdaShape();
  if (config.is_object() || config.is_dict()) from_config(config, out.function);
  else from_config(config, out.shape);
}

LambdaBody::LambdaBody(const LambdaOptions& options) : LayerWith(options) {
  if (!options.function) fail<ValueError>("", "Lambda needs a `function`: one that takes the inputs and returns the outputs.");
  supports_masking_ = bool(options.mask);
}

// As Keras, without what was not given.
Config LambdaBody::get_config() const {
  Config config = LayerWith::get_config(), out = Config::dict();
  for (const auto& [key, value] : config.as_dict())
    if (!value.is_null() || (key != "output_shape" && key != "mask")) out.set(key, value);
  return out;
}

Nest LambdaBody::call(const Nest& inputs, const CallArgs& args) {
  const LambdaFunction& f = options_.function;
  if (!f.function()) return f.body()(inputs, args);
  KeywordFunction::Keywords keywords;
  for (const auto& [name, value] : options_.arguments.items) keywords.emplace_back(name, value);
  if (f.function()->takes("mask")) keywords.emplace_back("mask", args.mask ? Value(args.mask) : Value());
  if (f.function()->takes("training")) keywords.emplace_back("training", args.training ? Value(*args.training) : Value());
  const Value positional[] = {inputs};
  return std::get<Nest>(f.function()->call(positional, keywords, Wanted::kNest).held());
}

std::vector<PartialShape> LambdaBody::compute_output_shapes(const std::vector<PartialShape>& input_shapes) {
  const LambdaShape& given = options_.output_shape;
  if (!given.is_set()) return LayerWith::compute_output_shapes(input_shapes);
  if (given.shape.is_set()) return {PartialShape({input_shapes[0][0]}).concatenate(given.shape.shape())};
  const Value positional[] = {input_shapes};
  return std::get<Value::Shapes>(given.function.function()->call(positional, Wanted::kShapes).held());
}

Tensor LambdaBody::compute_mask(const Nest& inputs, const Tensor& mask) {
  if (!options_.mask) return {};
  const LambdaFunction& f = options_.mask;
  const Value positional[] = {inputs, mask ? Value(mask) : Value()};
  Nest out = f.function() ? std::get<Nest>(f.function()->call(positional, Wanted::kNest).held()) : f.body()(inputs, {.mask = mask});
  return out ? out.tensor() : Tensor();
}

RUNNEL_KERAS_CLASS(layers, Lambda, LambdaBody)

}  // namespace runnel::inline v0::keras
