// Weights by layer, in Keras 2's format.
#include <algorithm>
#include <set>

#include "runnel/base/error.h"
#include "runnel/keras/saving/keras_file.h"
#include "runnel/keras/saving/legacy_h5.h"
#include "runnel/keras/saving/legacy_names.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras {

namespace {

constexpr const char* kTopLevel = "top_level_model_weights";

Tensor text(const std::string& value) { return Tensor::scalar(value); }

void write_weights(hdf5::Group& group, const std::vector<NamedVariable>& weights) {
  std::vector<std::string> names;
  for (const auto& [name, variable] : weights) {
    names.push_back(name);
    group.create_dataset(name, variable.value());
  }
  write_names(group, "weight_names", names);
}

std::vector<Tensor> read_weights(const hdf5::Group& group) {
  std::vector<Tensor> out;
  for (const std::string& name : read_names(group, "weight_names")) out.push_back(group.dataset(name).read());
  return out;
}

std::string shape_problem(const std::string& where, const Variable& variable, const Tensor& value) {
  return cat("Shape mismatch in ", where, " for weight ", variable.name(), ". Weight expects shape ", to_text(variable.shape()),
             ". Received saved weight with shape ", to_text(value.shape()));
}

/// Pairs Variables with values; what does not fit is an error, or skipped.
class Pairing {
 public:
  explicit Pairing(bool skip_mismatch) : skip_mismatch_(skip_mismatch) {}

  void add(const std::string& where, const std::vector<Variable>& variables, const std::vector<Tensor>& values) {
    if (values.size() != variables.size())
      return problem(cat("Weight count mismatch for ", where, ". Layer expects ", variables.size(), " weight(s). Received ", values.size(), " saved weight(s)"));
    for (size_t i = 0; i < values.size(); ++i) {
      if (variables[i].shape().is_compatible_with(values[i].shape())) pairs.push_back(checked_assignment(variables[i], values[i]));
      else problem(shape_problem(where, variables[i], values[i]));
    }
  }
  std::vector<Assignment> pairs;

 private:
  void problem(const std::string& what) {
    if (!skip_mismatch_) fail<ValueError>("", what);
    warn(cat("Skipping loading weights: ", what));
  }
  bool skip_mismatch_;
};

void pair_by_name(const ModelBody& model, const hdf5::Group& root, Pairing& pairing) {
  std::vector<std::string> names = read_names(root, "layer_names");
  for (size_t k = 0; k < names.size(); ++k)
    for (const auto& layer : model.layers())
      if (layer->name() == names[k]) pairing.add(cat("layer #", k, " (named ", names[k], ")"), legacy_weights(*layer), read_weights(root.group(names[k])));
}

// Each once, also where one stands in several places.
std::vector<Ref<LayerBody>> different_layers(const ModelBody& model) {
  std::vector<Ref<LayerBody>> layers = model.layers();
  std::set<const LayerBody*> seen;
  std::erase_if(layers, [&](const auto& layer) { return !seen.insert(layer.get()).second; });
  return layers;
}

void pair_by_order(const ModelBody& model, const hdf5::Group& root, Pairing& pairing) {
  std::vector<Ref<LayerBody>> layers = different_layers(model);
  std::erase_if(layers, [](const auto& layer) { return layer->weights().empty(); });
  std::vector<std::string> names = read_names(root, "layer_names");
  std::erase_if(names, [&](const std::string& name) { return read_names(root.group(name), "weight_names").empty(); });
  if (names.size() != layers.size())
    fail<ValueError>("", cat("Layer count mismatch when loading weights from file. Model expected ", layers.size(), " layers, found ", names.size(), " saved layers."));
  for (size_t k = 0; k < names.size(); ++k)
    pairing.add(cat("layer #", k, " (named ", layers[k]->name(), " in the current model, ", names[k], " in the save file)"), legacy_weights(*layers[k]),
                read_weights(root.group(names[k])));
}

}  // namespace

void write_legacy_weights(const ModelBody& model, hdf5::Group& to) {
  std::vector<std::string> names;
  const std::string prefix = dynamic_cast<const SequentialBody*>(&model) ? model.name() : "";
  for (const auto& layer : different_layers(model)) {
    if (!layer->has_saved_state()) continue;
    names.push_back(layer->name());
    write_weights(to.create_group(layer->name()), named_weights(*layer, prefix));
  }
  write_names(to, "layer_names", names);
  to.set_attribute("backend", text("tensorflow"), hdf5::Charset::kAscii);
  to.set_attribute("keras_version", text(kKerasVersion), hdf5::Charset::kAscii);
  write_weights(to.create_group(kTopLevel), named_variables(model.own_weights()));
}

std::vector<Assignment> read_legacy_weights(const ModelBody& model, const hdf5::Group& root, const LoadWeightsOptions& options) {
  const hdf5::Group* whole = root.find_group("model_weights");
  const hdf5::Group& from = whole && !root.attribute("layer_names") ? *whole : root;
  Pairing pairing(options.skip_mismatch);
  options.by_name ? pair_by_name(model, from, pairing) : pair_by_order(model, from, pairing);
  if (const hdf5::Group* top = from.find_group(kTopLevel)) pairing.add("top-level model", model.own_weights(), read_weights(*top));
  return pairing.pairs;
}

}  // namespace runnel::inline v0::keras
