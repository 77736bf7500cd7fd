#include "runnel/keras/saving/clone.h"

#include <map>

#include "runnel/base/error.h"
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

}  // namespace

Model clone_model(const Model& model, const CloneOptions& options) {
  Config config = serialize_keras_object(*model.body());
  config.set("compile_config", nullptr);
  if (options.clone_function) {
    if (!has_graph(*model.body()))
      fail<ValueError>("", cat("`clone_function` needs a Sequential or functional model. Received: ", model.body()->name()));
    config = with_clones(std::move(config), *model.body(), options);
  }
  return Model(Ref<ModelBody>(&dynamic_cast<ModelBody&>(*deserialize_layer(config))));
}

}  // namespace runnel::inline v0::keras
