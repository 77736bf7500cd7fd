#include "runnel/keras/callbacks.h"

#include <algorithm>
#include <cstdio>

#include "runnel/keras/model.h"

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
  std::sort(logs.begin(), logs.end());
  return logs;
}
Config to_config(const Logs& logs) {
  Config out = Config::dict();
  for (const auto& [name, value] : logs) out.set(name, value);
  return out;
}

RUNNEL_KERAS_CLASS(callbacks, Callback, CallbackBaseBody)

namespace callbacks {

void EarlyStoppingBody::on_train_begin() {
  wait_ = stopped_epoch_ = best_epoch_ = 0;
  has_best_ = options_.baseline.has_value();
  best_ = options_.baseline.value_or(0);
  best_weights_.clear();
}

bool EarlyStoppingBody::improved(double value) const {
  bool higher = options_.mode == "max" || (options_.mode == "auto" && (options_.monitor.ends_with("acc") || options_.monitor.ends_with("accuracy") ||
                                                                       options_.monitor.ends_with("auc")));
  return higher ? value - options_.min_delta > best_ : value + options_.min_delta < best_;
}

void EarlyStoppingBody::on_epoch_end(int64_t epoch, const Logs& logs) {
  const double* value = find_log(logs, options_.monitor);
  if (!value) {
    std::fprintf(stderr, "EarlyStopping: the monitored value `%s` is not among the logs\n", options_.monitor.c_str());
    return;
  }
  if (epoch < options_.start_from_epoch) return;
  if (!has_best_ || improved(*value)) {
    has_best_ = true;
    best_ = *value;
    best_epoch_ = epoch;
    wait_ = 0;
    if (options_.restore_best_weights) best_weights_ = model->get_weights();
    return;
  }
  if (++wait_ < options_.patience || epoch == 0) return;
  stopped_epoch_ = epoch;
  model->stop_training = true;
}

void EarlyStoppingBody::on_train_end() {
  if (!best_weights_.empty()) model->set_weights(best_weights_);
}

Callback EarlyStopping(const EarlyStoppingOptions& options) { return Callback(make_ref<EarlyStoppingBody>(options)); }

}  // namespace callbacks

RUNNEL_KERAS_CLASS(callbacks, EarlyStopping, callbacks::EarlyStoppingBody)

}  // namespace runnel::inline v0::keras
