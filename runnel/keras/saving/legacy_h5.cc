#include "runnel/keras/saving/legacy_h5.h"

#include "runnel/base/error.h"
#include "runnel/keras/saving/keras_file.h"
#include "runnel/keras/saving/legacy_config.h"
#include "runnel/keras/saving/legacy_names.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras {

namespace {

void write_optimizer(const OptimizerBody& optimizer, hdf5::Group& group) {
  std::vector<std::string> names;
  for (auto [name, variable] : named_variables(optimizer.variables())) {
    if (name.find('/') == std::string::npos) name = cat(optimizer.name(), "/", name);
    names.push_back(name);
    group.create_dataset(name, variable.value());
  }
  write_names(group, "weight_names", names);
}

// An optimizer whose state does not fit begins anew, with a warning, as in Keras.
void read_optimizer(const OptimizerBody& optimizer, const hdf5::Group& group, std::vector<Assignment>& out) {
  std::vector<std::string> names = read_names(group, "weight_names");
  std::vector<Variable> variables = optimizer.variables();
  std::vector<Assignment> found;
  try {
    if (names.size() != variables.size()) fail<ValueError>("", "another number of variables");
    for (size_t i = 0; i < names.size(); ++i) found.push_back(checked_assignment(variables[i], group.dataset(names[i]).read()));
  } catch (const ValueError&) {
    warn("Error in loading the saved optimizer state. As a result, your model is starting with a freshly initialized optimizer.");
    return;
  }
  out.insert(out.end(), found.begin(), found.end());
}

const std::string* text_attribute(const hdf5::Group& root, const char* name) {
  const Tensor* value = root.attribute(name);
  return value && value->dtype() == string && value->num_elements() == 1 ? value->data<std::string>() : nullptr;
}

void compile_from(const hdf5::Group& root, ModelBody& model, std::vector<Assignment>& state) {
  const std::string* training = text_attribute(root, "training_config");
  if (!training) {
    warn("No training configuration found in the save file, so the model was *not* compiled. Compile it manually.");
    return;
  }
  model.compile_from_config(from_training_config(Config::from_json(*training)));
  const hdf5::Group* weights = root.find_group("optimizer_weights");
  if (weights && model.optimizer()) read_optimizer(*model.optimizer().body(), *weights, state);
}

}  // namespace

void write_legacy_model(const ModelBody& model, hdf5::Group& root, bool include_optimizer) {
  root.set_attribute("keras_version", Tensor::scalar(std::string(kKerasVersion)));
  root.set_attribute("backend", Tensor::scalar(std::string("tensorflow")));
  auto set_json = [&](const char* name, const Config& config) {
    root.set_attribute(name, Tensor::scalar(config.to_json()), hdf5::Charset::kAscii);
  };
  set_json("model_config", to_legacy_layer(serialize_keras_object(model)));
  write_legacy_weights(model, root.create_group("model_weights"));
  if (!include_optimizer || !model.compiled()) return;
  set_json("training_config", to_training_config(model.get_compile_config()));
  write_optimizer(*model.optimizer().body(), root.create_group("optimizer_weights"));
}

Ref<ModelBody> read_legacy_model(const hdf5::Group& root, const std::string& path, bool compile) {
  const std::string* json = text_attribute(root, "model_config");
  if (!json) fail<ValueError>("", cat("No model config found in the file at ", path, "."));
  Ref<ModelBody> model = model_from_config(Config::from_json(*json));
  std::vector<Assignment> state = read_legacy_weights(*model, root, {});
  if (compile) compile_from(root, *model, state);
  assign_all(state);
  return model;
}

}  // namespace runnel::inline v0::keras
