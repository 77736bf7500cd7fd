// What models save of themselves: their layers.
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/model.h"
#include "runnel/keras/saving/graph_config.h"
#include "runnel/keras/saving/saveable.h"
#include "runnel/keras/saving/serialization.h"

namespace runnel::inline v0::keras {

std::string ModelBody::to_json(int indent) const { return serialize_keras_object(*this).to_json(indent); }

namespace {

// The models that are made of layers keep their list before every attribute.
std::vector<SavedMember> layers_first(std::vector<SavedMember> members) {
  std::stable_partition(members.begin(), members.end(), [](const SavedMember& m) { return m.attribute == "layers"; });
  return members;
}

Config with_module(Config serialized, const char* module, const Config& registered_name) {
  serialized.set("module", module);
  serialized.set("registered_name", registered_name);
  return serialized;
}

}  // namespace

std::vector<SavedMember> ModelBody::saved_members() const {
  std::vector<SavedMember> out = named_members();
  std::erase_if(out, [](const SavedMember& m) { return m.attribute == "layers"; });
  std::vector<Ref<LayerBody>> list = layers();
  std::erase_if(list, [](const auto& layer) { return !layer->has_saved_state(); });
  if (!list.empty()) out.push_back({"layers", {}, list_of(list)});
  if (compiled()) out.push_back({"optimizer", optimizer().body()});
  sort_members(out);
  return out;
}
std::vector<SavedMember> FunctionalBody::saved_members() const { return layers_first(ModelBody::saved_members()); }
std::vector<SavedMember> SequentialBody::saved_members() const { return layers_first(ModelBody::saved_members()); }

// Where Keras has these classes.
Config FunctionalBody::serialized() const {
  return foreign_class() ? ModelBody::serialized() : with_module(ModelBody::serialized(), "keras.src.models.functional", "Functional");
}
Config SequentialBody::serialized() const {
  return foreign_class() ? ModelBody::serialized() : with_module(ModelBody::serialized(), "keras", nullptr);
}

Config FunctionalBody::get_config() const { return graph_to_config(*this); }

Config SequentialBody::get_config() const {
  Config::List all;
  if (inputs_) all.push_back(serialize_keras_object(*layer_of(inputs_.tensor())));
  for (const auto& layer : layers()) all.push_back(serialize_keras_object(*layer));
  Config out = Config::Dict{{"name", name()}, {"trainable", trainable()}, {"dtype", to_config(dtype_policy())}, {"layers", all}};
  if (inputs_) out.set("build_input_shape", to_config(ShapeOption(inputs_.tensor().partial_shape())));
  return out;
}

namespace {

void set_trainable_from(const Config& config, LayerBody& model) {
  const Config* trainable = config.find("trainable");
  if (trainable && trainable->is_bool() && !trainable->as_bool()) model.set_trainable(false);
}

}  // namespace

void add_layers_from(const Config& config, SequentialBody& model) {
  for (const Config& entry : config.at("layers").as_list()) {
    Ref<LayerBody> layer = deserialize_layer(entry);
    const auto& known = model.sublayers();
    auto same = std::find_if(known.begin(), known.end(), [&](const auto& other) { return other->name() == layer->name(); });
    model.add(same == known.end() ? layer : *same);  // a layer written twice is one that stands in two places
  }
  const Config* shape = config.find("build_input_shape");
  if (!model.built() && shape && shape->is_list()) {
    ShapeOption option;
    from_config(*shape, option);
    model.ensure_built({option.shape()});
  }
  set_trainable_from(config, model);
}

namespace {

Ref<KerasObject> make_sequential(const Config& config) {
  const Config* name = config.find("name");
  auto model = make_ref<SequentialBody>(std::vector<Layer>(), name && name->is_string() ? name->as_string() : "");
  model->constructed();
  add_layers_from(config, *model);
  return model;
}
Ref<KerasObject> make_functional(const Config& config) {
  Ref<FunctionalBody> model = graph_from_config(config);
  set_trainable_from(config, *model);
  return model;
}
Config sequential_arguments() { return Config::Dict{{"layers", nullptr}, {"trainable", true}, {"name", nullptr}}; }
Config functional_arguments() { return Config::Dict{{"inputs", nullptr}, {"outputs", nullptr}, {"name", nullptr}}; }

}  // namespace

// Models have no options struct: they are made of layers.
template <>
constexpr KerasClass keras_class<SequentialBody>(const char* kind, const char* name) {
  return {kind, name, &make_sequential, &sequential_arguments};
}
template <>
constexpr KerasClass keras_class<FunctionalBody>(const char* kind, const char* name) {
  return {kind, name, &make_functional, &functional_arguments};
}

RUNNEL_KERAS_CLASS(models, Sequential, SequentialBody)
RUNNEL_KERAS_CLASS(models, Functional, FunctionalBody)

}  // namespace runnel::inline v0::keras
