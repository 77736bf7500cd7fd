#include "runnel/keras/callbacks.h"

#include <cstdio>

#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

const double* find_log(const Logs& logs, const std::string& name) {
  for (const auto& [key, value] : logs)
    if (key == name) return &value;
  return nullptr;
}

namespace callbacks {

void EarlyStoppingBody::on_train_begin() {
  wait_ = stopped_epoch_ = best_epoch_ = 0;
  has_best_ = false;
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
}  // namespace runnel::inline v0::keras
