#include "runnel/keras/saving/clone.h"

#include <map>

#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/layers/input.h"
#include "runnel/keras/saving/operators.h"
#include "runnel/keras/saving/serialization.h"

namespace runnel::inline v0::keras {

namespace {

bool has_graph(const LayerBody& model) { return dynamic_cast<const SequentialBody*>(&model) || dynamic_cast<const FunctionalBody*>(&model); }

Layer clone_one(const Ref<LayerBody>& layer, const CloneOptions& options) {
  if (options.recursive && has_graph(*layer)) return clone_model(Model(Ref<ModelBody>(&dynamic_cast<ModelBody&>(*layer))), options);
  return options.clone_function(Layer(layer));
}

// The config of a model whose layers are objects already. A layer that stands in two places is cloned once.
Config with_clones(Config config, const ModelBody& model, const CloneOptions& options) {
  std::map<std::string, Layer> clones;
  Config::List entries;
  for (Config entry : config.at("config").at("layers").as_list()) {
    const std::string& name = entry.at("config").at("name").as_string();
    if (entry.at("class_name").as_string() != "InputLayer" && !is_operator(entry)) {
      auto [place, is_new] = clones.try_emplace(name);
      if (is_new) place->second = clone_one(model.get_layer(name), options);
      entry.set("config", Ref<RefCounted>(place->second.body()));
    }
    entries.push_back(std::move(entry));
  }
  Config inner = config.at("config");
  inner.set("layers", std::move(entries));
  config.set("config", std::move(inner));
  return config;
}

// A tensor that a layer made is the pattern of an input, as in Keras.
Tensor as_input(const Tensor& t) {
  if (!is_keras_tensor(t)) fail<ValueError>("", cat("All entries in `input_tensors` must be KerasTensors. Received invalid values: inputs_tensors=", to_text(t)));
  KerasNode* node = keras_node(t);
  if (dynamic_cast<InputLayerBody*>(node->layer().get())) return t;
  const PartialShape shape = t.partial_shape();
  return Input(shape.slice(1, shape.rank()), t.dtype(), node->output_name(t.symbol().output) + "CLONE", {.batch_size = shape[0]});
}

Model sequence_on(const ModelBody& clone, const Tensor& input) {
  std::vector<Layer> layers{Layer(layer_of(input))};
  for (const auto& layer : clone.layers()) layers.emplace_back(layer);
  auto body = make_ref<SequentialBody>(layers, clone.name());
  body->constructed();
  return Model(Ref<ModelBody>(body));
}

// The clone's layers, called on other tensors.
Model on_tensors(const Model& clone, const Nest& tensors) {
  const Nest inputs = tensors.map(as_input);
  const bool is_sequential = dynamic_cast<SequentialBody*>(clone.body().get());
  const std::vector<Tensor> flat = inputs.flatten();
  if (is_sequential && flat.size() != 1) fail<ValueError>("", "Argument `input_tensors` must contain a single tensor.", {.got = shapes_text(inputs)});
  if (is_sequential) return sequence_on(*clone.body(), flat[0]);
  const Nest own = clone.body()->inputs();
  if (flat.size() != own.flatten().size() || inputs.is_dict() != own.is_dict())
    fail<ValueError>("", "`input_tensors` must have the same structure as model.input", {.got = shapes_text(inputs), .expected = shapes_text(own)});
  return Model(inputs, clone.body()->call(inputs, CallArgs()), clone.body()->name());
}

}  // namespace

Model clone_model(const Model& model, const CloneOptions& options) {
  if (options.input_tensors && !has_graph(*model.body()))
    fail<ValueError>("", cat("Arguments `clone_function` and `input_tensors` are only supported for Sequential models or Functional models. Received model of "
                             "type '", model.body()->class_name(), "'"));
  Config config = serialize_keras_object(*model.body());
  config.set("compile_config", nullptr);
  if (options.clone_function) {
    if (!has_graph(*model.body()))
      fail<ValueError>("", cat("`clone_function` needs a Sequential or functional model. Received: ", model.body()->name()));
    config = with_clones(std::move(config), *model.body(), options);
  }
  Model clone(Ref<ModelBody>(&dynamic_cast<ModelBody&>(*deserialize_layer(config))));
  return options.input_tensors ? on_tensors(clone, options.input_tensors) : clone;
}

}  // namespace runnel::inline v0::keras
