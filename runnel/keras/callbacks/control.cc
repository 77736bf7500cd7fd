#include "runnel/keras/callbacks/control.h"

#include <array>
#include <cmath>

#include "runnel/base/error.h"
#include "runnel/keras/model.h"
#include "runnel/keras/progress_bar.h"
#include "runnel/keras/saving/hooks.h"

namespace runnel::inline v0::keras {

namespace callbacks {

EarlyStoppingBody::EarlyStoppingBody(const EarlyStoppingOptions& o) : BodyWith(o), monitor_(kName, o.monitor, o.mode, o.min_delta) {}

std::optional<Config> EarlyStoppingBody::argument(std::string_view name) const {
  if (name == "stopped_epoch") return Config(stopped_epoch_);
  if (name == "best_epoch") return Config(best_epoch_);
  if (name == "wait") return Config(wait_);
  if (name == "best") return best_ ? Config(*best_) : Config();
  return BodyWith::argument(name);
}

void EarlyStoppingBody::on_train_begin() {
  wait_ = stopped_epoch_ = best_epoch_ = 0;
  best_.reset();
  best_weights_.clear();
}

// By the class's own get_monitor_value(logs), which another language may have.
static std::optional<double> monitored(const EarlyStoppingBody& callback, const Monitor& monitor, const Logs& logs) {
  if (!hooks::overrides(callback, "get_monitor_value")) {
    const double* value = monitor.find(logs, "Early stopping conditioned on metric");
    return value ? std::optional(*value) : std::nullopt;
  }
  const Value value = binding().call(callback, "get_monitor_value", std::array{Value(to_config(logs))}, Wanted::kConfig);
  const Config& number = std::get<Config>(value.held());
  return number.is_null() ? std::nullopt : std::optional(number.as_double());
}

void EarlyStoppingBody::on_epoch_end(int64_t epoch, const Logs& logs) {
  monitor_.settle(*model);
  const std::optional<double> value = monitored(*this, monitor_, logs);
  if (!value || epoch < options_.start_from_epoch) return;
  ++wait_;
  if (monitor_.improved(*value, best_)) {
    best_ = *value;
    best_epoch_ = epoch;
    if (options_.restore_best_weights) best_weights_ = model->get_weights();
    if (monitor_.improved(*value, options_.baseline)) wait_ = 0;
    return;
  }
  if (options_.restore_best_weights && best_weights_.empty()) best_weights_ = model->get_weights();
  if (wait_ < options_.patience || epoch == 0) return;
  stopped_epoch_ = epoch;
  model->stop_training = true;
}

void EarlyStoppingBody::on_train_end() {
  bool tells = options_.verbose > 0;
  if (tells && stopped_epoch_ > 0) ProgressBar::write(cat("Epoch ", stopped_epoch_ + 1, ": early stopping\n"));
  if (best_weights_.empty()) return;
  if (tells) ProgressBar::write(cat("Restoring model weights from the end of the best epoch: ", best_epoch_ + 1, ".\n"));
  model->set_weights(best_weights_);
}

void TerminateOnNaNBody::on_train_batch_end(int64_t batch, const Logs& logs) {
  const double* loss = find_log(logs, "loss");
  if (!loss || std::isfinite(*loss)) return;
  if (options_.raise_error)
    fail<RuntimeError>("", cat("NaN or Inf loss encountered at batch ", batch, ". Loss value: ", *loss, ". Terminating training immediately."));
  ProgressBar::write(cat("Batch ", batch, ": Invalid loss, terminating training\n"));
  model->stop_training = true;
}

void LambdaCallbackBody::on_epoch_begin(int64_t epoch) {
  if (on_.on_epoch_begin) on_.on_epoch_begin(epoch);
}
void LambdaCallbackBody::on_epoch_end(int64_t epoch, const Logs& logs) {
  if (on_.on_epoch_end) on_.on_epoch_end(epoch, logs);
}
void LambdaCallbackBody::on_train_begin() {
  if (on_.on_train_begin) on_.on_train_begin();
}
void LambdaCallbackBody::on_train_end() {
  if (on_.on_train_end) on_.on_train_end();
}
void LambdaCallbackBody::on_train_batch_begin(int64_t batch) {
  if (on_.on_train_batch_begin) on_.on_train_batch_begin(batch);
}
void LambdaCallbackBody::on_train_batch_end(int64_t batch, const Logs& logs) {
  if (on_.on_train_batch_end) on_.on_train_batch_end(batch, logs);
}

}  // namespace callbacks

RUNNEL_KERAS_CLASS(callbacks, EarlyStopping, callbacks::EarlyStoppingBody)
RUNNEL_KERAS_CLASS(callbacks, TerminateOnNaN, callbacks::TerminateOnNaNBody)

}  // namespace runnel::inline v0::keras
