#include "runnel/keras/callbacks.h"

namespace runnel::inline v0::keras {

const double* find_log(const Logs& logs, const std::string& name) {
  for (const auto& [key, value] : logs)
    if (key == name) return &value;
  return nullptr;
}

Logs logs_of(const Config& dict) {
  Logs logs;
  if (!dict.is_dict()) return logs;
  for (const auto& [name, value] : dict.as_dict()) {
    if (value.is_dict())
      for (const auto& [inner, number] : value.as_dict()) logs.emplace_back(inner, number.as_double());
    else if (value.is_bool()) logs.emplace_back(name, value.as_bool());
    else logs.emplace_back(name, value.as_double());
  }
  return logs;
}
Config to_config(const Logs& logs) {
  Config out = Config::dict();
  for (const auto& [name, value] : logs) out.set(name, value);
  return out;
}

RUNNEL_KERAS_CLASS(callbacks, Callback, CallbackBaseBody)

}  // namespace runnel::inline v0::keras
