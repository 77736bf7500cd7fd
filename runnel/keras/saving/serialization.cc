#include "runnel/keras/saving/serialization.h"

#include <algorithm>
#include <array>

#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/layers/rnn.h"
#include "runnel/keras/model.h"
#include "runnel/keras/saving/graph_config.h"
#include "runnel/keras/saving/hooks.h"
#include "runnel/keras/saving/legacy_config.h"
#include "runnel/keras/settings.h"

namespace runnel::inline v0::keras {

namespace {

thread_local bool safe_mode = true, compile_models = true;

bool is_model_class(const std::string& name) { return name == "Sequential" || name == "Functional" || name == "Model"; }

const std::string* string_at(const Config& config, std::string_view key) {
  const Config* found = config.is_dict() ? config.find(key) : nullptr;
  return found && found->is_string() ? &found->as_string() : nullptr;
}

/// The list that a module's classes are in: "keras.layers" -> "layers".
const char* kind_of(const Config& config) {
  const std::string* module = string_at(config, "module");
  const std::string& name = config.at("class_name").as_string();
  if (is_model_class(name)) return "models";
  if (!module) return "layers";
  constexpr const char* kKinds[] = {"layers", "optimizers", "losses", "metrics", "initializers", "regularizers", "constraints", "quantizers"};
  for (const char* kind : kKinds)
    if (module->starts_with(cat("keras.", kind))) return *module == "keras.optimizers.schedules" ? "schedules" : kind;
  return "layers";
}

// A lambda is an object "__lambda__", or, in files of Keras 2, a Lambda layer whose function is no name.
bool holds_lambda(const Config& config) {
  const std::string* name = string_at(config, "class_name");
  if (!name) return false;
  if (*name == "__lambda__") return true;
  const Config* inner = config.find("config");
  if (*name != "Lambda" || !inner || !inner->is_dict()) return false;
  const std::string* type = string_at(*inner, "function_type");
  const Config* function = inner->find("function");
  return (type && *type == "lambda") || (function && function->is_list());
}

// What is named, the other language's build() takes.
bool build_by_names(LayerBody& layer, const Config& build_config) {
  const Config* named = build_config.is_dict() ? build_config.find("shapes_dict") : nullptr;
  if (!named || layer.built() || !layer.foreign_class()) return false;
  binding().call(layer, "build_from_config", std::array{Value(build_config)}, Wanted::kNothing);
  return true;
}

void build(LayerBody& layer, const Config& build_config) {
  if (build_by_names(layer, build_config)) return;
  const Config* shape = build_config.is_dict() ? build_config.find("input_shape") : nullptr;
  if (layer.built() || !shape || !shape->is_list() || shape->as_list().empty()) return;
  std::vector<PartialShape> shapes;
  const bool several = shape->as_list()[0].is_list();
  for (const Config& one : several ? shape->as_list() : Config::List{*shape}) {
    ShapeOption option;
    from_config(one, option);
    shapes.push_back(option.shape());
  }
  layer.ensure_built(shapes);
}

// Keras builds a layer that reads several arguments (attention) when it is called again.
bool takes_more(const LayerBody& layer) {
  return std::any_of(layer.nodes().begin(), layer.nodes().end(), [](const KerasNode* node) { return !node->args().more.empty(); });
}

// The states of a stateful recurrent layer are those of a batch of a certain size.
bool needs_batch_size(const LayerBody& layer) {
  std::vector<LayerBody*> all = const_cast<LayerBody&>(layer).all_layers();
  return std::any_of(all.begin(), all.end(), [](LayerBody* below) {
    auto* recurrent = dynamic_cast<const RecurrentBody*>(below);
    return recurrent && recurrent->recurrence().stateful;
  });
}

Config build_config_of(const LayerBody& layer) {
  if (auto own = hooks::config_of(layer, "get_build_config")) return own->is_dict() ? *own : Config::dict();
  if (!layer.build_arguments().is_null()) return Config::Dict{{"shapes_dict", layer.build_arguments()}};
  const std::vector<PartialShape>& shapes = layer.build_shapes();
  if (dynamic_cast<const FunctionalBody*>(&layer)) return Config::Dict{{"input_shape", nullptr}};
  if (shapes.empty() || takes_more(layer)) return Config::dict();
  const bool keeps_batch = needs_batch_size(layer);
  auto shape_config = [&](PartialShape shape) {
    if (!keeps_batch && shape.has_rank() && shape.rank() > 0) shape.set_dim(0, -1);
    return to_config(ShapeOption(shape));
  };
  if (shapes.size() == 1) return Config::Dict{{"input_shape", shape_config(shapes[0])}};
  Config::List all;
  for (const PartialShape& shape : shapes) all.push_back(shape_config(shape));
  return Config::Dict{{"input_shape", all}};
}

}  // namespace

LoadScope::LoadScope(bool safe, bool compile) : outer_safe_(safe_mode), outer_compile_(compile_models) {
  safe_mode = safe && !config::is_unsafe_deserialization_enabled();
  compile_models = compile;
}
LoadScope::~LoadScope() {
  safe_mode = outer_safe_;
  compile_models = outer_compile_;
}

void check_safe(const Config& config) {
  if (!safe_mode) return;
  if (holds_lambda(config))
    fail<ValueError>("", "Requested the deserialization of a Python lambda. This carries a potential risk of arbitrary code execution and thus it is "
                         "disallowed by default. If you trust the source of the artifact, you can override this error by passing `safe_mode=False` to "
                         "the loading function, or calling `keras.config.enable_unsafe_deserialization()`.");
  if (config.is_list())
    for (const Config& item : config.as_list()) check_safe(item);
  if (config.is_dict())
    for (const auto& [key, value] : config.as_dict()) check_safe(value);
}

Config serialize_keras_object(const KerasObject& object) {
  Config out = object.serialized();
  if (auto* layer = dynamic_cast<const LayerBody*>(&object); layer && object.class_name() != "InputLayer") {
    Config build_config = build_config_of(*layer);
    if (!build_config.as_dict().empty()) out.set("build_config", build_config);
  }
  if (auto* model = dynamic_cast<const ModelBody*>(&object)) {
    std::optional<Config> own = model->compiled() ? hooks::config_of(*model, "get_compile_config") : std::nullopt;
    Config compile_config = own ? *own : model->get_compile_config();
    out.set("compile_config", compile_config.is_null() ? Config::dict() : compile_config);
  }
  return out;
}

Ref<KerasObject> deserialize_keras_object(const Config& config) {
  const char* kind = kind_of(config);
  if (std::string_view(kind) == "layers" || std::string_view(kind) == "models") return deserialize_layer(config);
  check_safe(config);
  return deserialize_object(kind, config);
}

namespace {

Ref<LayerBody> as_layer(KerasObject& object) {
  auto* layer = dynamic_cast<LayerBody*>(&object);
  if (!layer) fail<ValueError>("", cat("Unexpected object from deserialization, expected a layer or operation, got a ", object.class_name()));
  return Ref<LayerBody>(layer);
}

// A layer that stands in the config as it is; no file holds one.
Ref<LayerBody> live_layer(const Config& config) {
  const Config* inner = config.find("config");
  if (!inner || !inner->is_object()) return {};
  auto* object = dynamic_cast<KerasObject*>(inner->as_object().get());
  if (!object) fail<ValueError>("", "Unexpected object from deserialization, expected a layer or operation, got a function");
  return as_layer(*object);
}

}  // namespace

Ref<LayerBody> deserialize_layer(const Config& given) {
  check_safe(given);
  if (!given.is_dict()) fail<TypeError>("", cat("Could not parse config: ", given.to_json()));
  if (Ref<LayerBody> live = live_layer(given)) return live;
  Config config = from_legacy_layer(given);
  const std::string class_name = config.at("class_name").as_string();
  if (class_name == "Model" && config.at("config").find("layers")) config.set("class_name", "Functional");  // Keras 2's name
  Ref<KerasObject> object = deserialize_object(is_model_class(class_name) ? "models" : "layers", config);
  Ref<LayerBody> layer = as_layer(*object);
  const Config* build_config = config.find("build_config");
  if (build_config && !hooks::take_config(*layer, "build_from_config", *build_config)) build(*layer, *build_config);
  const Config* compile_config = config.find("compile_config");
  auto* model = dynamic_cast<ModelBody*>(layer.get());
  if (model && compile_models && compile_config && compile_config->is_dict() && !compile_config->as_dict().empty() &&
      !hooks::take_config(*model, "compile_from_config", *compile_config))
    model->compile_from_config(*compile_config);
  return layer;
}

}  // namespace runnel::inline v0::keras
