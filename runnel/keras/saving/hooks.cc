#include "runnel/keras/saving/hooks.h"

#include "runnel/keras/callbacks.h"
#include "runnel/keras/layer.h"
#include "runnel/keras/overrides.h"

namespace runnel::inline v0::keras::hooks {

namespace {

Value ask(const KerasObject& object, const char* method, std::initializer_list<Value> arguments, Wanted wanted) {
  return binding().call(object, method, {arguments.begin(), arguments.size()}, wanted);
}

}  // namespace

bool overrides(const KerasObject& object, const char* method) {
  if (!object.foreign_class()) return false;
  if (!dynamic_cast<const LayerBody*>(&object) && !dynamic_cast<const CallbackBody*>(&object)) return false;
  return std::get<Config>(ask(object, "_overrides", {Value(std::string(method))}, Wanted::kConfig).held()).as_bool();
}

std::optional<Config> config_of(const KerasObject& object, const char* method) {
  if (!overrides(object, method)) return {};
  return std::get<Config>(ask(object, "_serialized_by", {Value(std::string(method))}, Wanted::kConfig).held());
}

bool take_config(const KerasObject& object, const char* method, const Config& config) {
  if (!overrides(object, method)) return false;
  ask(object, method, {Value(config)}, Wanted::kNothing);
  return true;
}

std::optional<Nest> computed(const KerasObject& object, const char* method, std::initializer_list<Value> arguments) {
  if (!overrides(object, method)) return {};
  return std::get<Nest>(ask(object, method, arguments, Wanted::kNest).held());
}

std::optional<Nest> stored(const KerasObject& object, const char* method) {
  if (!overrides(object, method)) return {};
  return std::get<Nest>(ask(object, "_stored", {Value(std::string(method))}, Wanted::kNest).held());
}

void restore(const KerasObject& object, const char* method, const Nest& store) {
  ask(object, "_restore", {Value(std::string(method)), Value(store)}, Wanted::kNothing);
}

}  // namespace runnel::inline v0::keras::hooks
