#include "runnel/keras/saving/state.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/layer.h"
#include "runnel/keras/optimizers.h"
#include "runnel/keras/saving/hooks.h"
#include "runnel/keras/warn.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

std::string vars_path(const std::string& path) { return join_path(path, "vars"); }

// Up to Keras 2.13 the list was called otherwise.
std::string old_path(std::string path) {
  constexpr std::string_view kNew = "layers";
  for (size_t at = 0; (at = path.find(kNew, at)) != std::string::npos;) {
    bool whole = (at == 0 || path[at - 1] == '/') && (at + kNew.size() == path.size() || path[at + kNew.size()] == '/');
    if (whole) path.replace(at, kNew.size(), "_layer_checkpoint_dependencies");
    at += kNew.size();
  }
  return path;
}

const hdf5::Group* find_vars(const hdf5::Group& from, const std::string& path) {
  if (const hdf5::Group* found = from.find_group(vars_path(path))) return found;
  return from.find_group(vars_path(old_path(path)));
}

// "dense/kernel:0" -> "kernel"
std::string short_name(const Variable& variable) {
  std::string path = variable.name().substr(0, variable.name().rfind(':'));
  return path.substr(path.rfind('/') + 1);
}

size_t count_of(const hdf5::Group* vars) { return vars ? vars->datasets.size() : 0; }

std::string names_of(const std::vector<SavedVariable>& variables) {
  std::vector<std::string> names;
  for (const SavedVariable& v : variables) names.push_back("'" + short_name(v.variable) + "'");
  return to_text(names);
}

void check_count(const KerasObject& object, const std::vector<SavedVariable>& expected, const hdf5::Group* vars) {
  size_t found = count_of(vars);
  if (found == size_t(std::count_if(expected.begin(), expected.end(), [](const SavedVariable& v) { return !v.name.empty(); }))) return;
  auto* layer = dynamic_cast<const LayerBody*>(&object);
  if (layer && expected.empty() && !layer->built())
    fail<ValueError>("", cat("Layer '", layer->name(), "' was never built and thus it doesn't have any variables. However the weights file lists ", found,
                             " variables for this layer. In most cases, this error indicates that either: 1. The layer is owned by a parent layer that "
                             "implements a `build()` method, but calling the parent's `build()` method did NOT create the state of the child layer '",
                             layer->name(), "'. 2. You need to build the model first, by calling it or by giving the shape of its input."));
  fail<ValueError>("", cat("Layer '", name_of(object), "' expected ", expected.size(), " variables, but received ", found,
                           " variables during loading. Expected: ", names_of(expected)));
}

Assignment foreign_assignment(const Ref<KerasObject>& object, const hdf5::Group* vars) {
  Nest::Dict store;
  if (vars)
    for (const auto& [name, dataset] : vars->datasets) store.emplace_back(name, dataset.read());
  return {.object = object, .store = store};
}

void read_object(const SavedObject& saved, const hdf5::Group* vars, std::vector<Assignment>& out) {
  if (hooks::overrides(*saved.object, "load_own_variables")) return out.push_back(foreign_assignment(saved.object, vars));
  std::vector<SavedVariable> expected = saved.object->saved_variables();
  check_count(*saved.object, expected, vars);
  for (const auto& [name, variable, value] : expected) {
    if (name.empty()) {
      out.push_back({variable, zeros_like(variable)});
      continue;
    }
    const hdf5::Dataset* dataset = vars->find_dataset(name);
    if (!dataset) fail<ValueError>("", cat("Layer '", name_of(*saved.object), "' has no variable '", name, "' in the file"));
    out.push_back(checked_assignment(variable, dataset->read()));
  }
}

struct Unloaded {
  std::string object, problem;
};

// "<Dense name=dense, built=True>"
std::string shown(const KerasObject& object) {
  auto* layer = dynamic_cast<const LayerBody*>(&object);
  return cat("<", object.class_name(), " name=", name_of(object), layer ? layer->built() ? ", built=True" : ", built=False" : "", ">");
}

// Keras's words for all of them, with the first problem.
std::string loading_failure(const std::vector<Unloaded>& all) {
  std::vector<std::string> objects;
  for (const Unloaded& one : all) objects.push_back(one.object);
  return cat("A total of ", all.size(), " objects could not be loaded. Example error message for object ", all[0].object, ":\n\n", all[0].problem,
             "\n\nList of objects that could not be loaded:\n", to_text(objects));
}

// An optimizer of another kind, or one that has not been built, keeps its state, as in Keras.
bool skips_optimizer(const SavedObject& saved, const hdf5::Group* vars) {
  if (!dynamic_cast<const OptimizerBody*>(saved.object.get())) return false;
  size_t own = saved.object->saved_variables().size();
  if (own == count_of(vars)) return false;
  warn(cat("Skipping variable loading for optimizer '", name_of(*saved.object), "', because it has ", own,
           " variables whereas the saved optimizer has ", count_of(vars), " variables. "));
  return true;
}

}  // namespace

void assign_all(const std::vector<Assignment>& assignments) {
  for (const Assignment& a : assignments)
    if (a.object) hooks::restore(*a.object, "load_own_variables", a.store);
    else a.variable.assign(a.value);
}

Assignment checked_assignment(const Variable& variable, const Tensor& value) {
  if (!variable.shape().is_compatible_with(value.shape()))
    fail<ValueError>("", cat("The shape of the target variable and the shape of the target value in `variable.assign(value)` must match. variable.shape=",
                             to_text(variable.shape()), ", Received: value.shape=", to_text(value.shape()), ". Target variable: ", variable.name()));
  return {variable, value.dtype() == variable.dtype() ? value : cast(value, variable.dtype())};
}

void write_state(const Ref<KerasObject>& root, hdf5::Group& to, bool include_optimizer) {
  for (const SavedObject& saved : saved_objects(root)) {
    if (!include_optimizer && dynamic_cast<const OptimizerBody*>(saved.object.get())) continue;
    hdf5::Group& vars = to.create_group(vars_path(saved.path));
    if (std::string name = name_of(*saved.object); !name.empty()) vars.set_attribute("name", Tensor::scalar(name));
    if (auto store = hooks::stored(*saved.object, "save_own_variables")) {
      for (const auto& [name, value] : store->dict()) vars.create_dataset(name, value.tensor());
      continue;
    }
    for (const auto& [name, variable, value] : saved.object->saved_variables())
      if (!name.empty()) vars.create_dataset(name, value ? value : variable.value());
  }
}

std::vector<Assignment> read_state(const Ref<KerasObject>& root, const hdf5::Group& from, bool skip_mismatch) {
  std::vector<Assignment> out;
  std::vector<Unloaded> unloaded;
  for (const SavedObject& saved : saved_objects(root)) {
    const hdf5::Group* vars = find_vars(from, saved.path);
    if (skips_optimizer(saved, vars)) continue;
    size_t complete = out.size();
    try {
      read_object(saved, vars, out);
    } catch (const ValueError& error) {
      out.resize(complete);
      unloaded.push_back({shown(*saved.object), error.what()});
    }
  }
  if (unloaded.empty()) return out;
  if (!skip_mismatch) fail<ValueError>("", loading_failure(unloaded));
  warn(loading_failure(unloaded));
  return out;
}

}  // namespace runnel::inline v0::keras
