#include "runnel/keras/callbacks/rates.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/model.h"
#include "runnel/keras/progress_bar.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

double call_schedule(const Function& schedule, std::initializer_list<Value> arguments) {
  Value result = schedule.call({arguments.begin(), arguments.size()}, Wanted::kNumber);
  const Config* number = std::get_if<Config>(&result.held());
  if (!number || !number->is_number()) fail<ValueError>("", "The output of the `schedule` function should be a float.");
  return number->as_double();
}

double rate_of(const ModelBody& model) { return double(cast(model.optimizer().learning_rate(), float32).item<float>()); }

// The last of several callbacks has the word, as in Keras.
void add_rate(double rate, Logs& logs) {
  for (auto& [name, value] : logs)
    if (name == "learning_rate") return void(value = rate);
  logs.emplace_back("learning_rate", rate);
}

}  // namespace

void from_config(const Config& config, EpochSchedule& out) {
  auto* function = config.is_object() ? dynamic_cast<Function*>(config.as_object().get()) : nullptr;
  if (!function) fail<ValueError>("LearningRateScheduler", "`schedule` must be a function of (epoch, learning_rate)");
  out = [schedule = Ref<Function>(function)](int64_t epoch, double rate) {
    try {
      return call_schedule(*schedule, {epoch, Config(rate)});
    } catch (const std::exception& error) {  // a TypeError of ours or of the function's own language
      bool wrong_arguments = dynamic_cast<const TypeError*>(&error) || std::string(error.what()).find("TypeError") != std::string::npos;
      if (!wrong_arguments) throw;
      return call_schedule(*schedule, {epoch});  // Keras's older form
    }
  };
}

namespace callbacks {

// --- ReduceLROnPlateau

ReduceLROnPlateauBody::ReduceLROnPlateauBody(const ReduceLROnPlateauOptions& o) : BodyWith(o), monitor_(kName, o.monitor, o.mode, o.min_delta) {
  if (o.factor >= 1) fail<ValueError>("", cat("ReduceLROnPlateau does not support a factor >= 1.0. Received factor=", o.factor));
}

std::optional<Config> ReduceLROnPlateauBody::argument(std::string_view name) const {
  if (name == "wait") return Config(wait_);
  if (name == "cooldown_counter") return Config(cooling_);
  if (name == "best") return best_ ? Config(*best_) : Config();
  return BodyWith::argument(name);
}

void ReduceLROnPlateauBody::on_train_begin() {
  wait_ = cooling_ = 0;
  best_.reset();
}

// The rate that the epoch had.
void ReduceLROnPlateauBody::add_epoch_logs(Logs& logs) { add_rate(rate_, logs); }

void ReduceLROnPlateauBody::on_epoch_end(int64_t epoch, const Logs& logs) {
  rate_ = rate_of(*model);
  monitor_.settle(*model);
  const double* value = monitor_.find(logs, "Learning rate reduction is conditioned on metric");
  if (!value) return;
  if (cooling_ > 0) {
    --cooling_;
    wait_ = 0;
  }
  if (monitor_.improved(*value, best_)) {
    best_ = *value;
    wait_ = 0;
  } else if (cooling_ == 0 && ++wait_ >= options_.patience) {
    reduce(epoch);
  }
}

void ReduceLROnPlateauBody::reduce(int64_t epoch) {
  double before = rate_of(*model);
  if (before <= double(float(options_.min_lr))) return;
  double now = std::max(before * options_.factor, options_.min_lr);
  model->optimizer().set_learning_rate(now);
  if (options_.verbose > 0) ProgressBar::write(cat("\nEpoch ", epoch + 1, ": ReduceLROnPlateau reducing learning rate to ", now, ".\n"));
  cooling_ = options_.cooldown;
  wait_ = 0;
}

// --- LearningRateScheduler

void LearningRateSchedulerBody::on_epoch_begin(int64_t epoch) {
  if (!options_.schedule) fail<ValueError>("LearningRateScheduler", "a `schedule` is needed");
  double rate = options_.schedule(epoch, rate_of(*model));
  model->optimizer().set_learning_rate(rate);
  if (options_.verbose > 0) ProgressBar::write(cat("\nEpoch ", epoch + 1, ": LearningRateScheduler setting learning rate to ", rate, ".\n"));
}

void LearningRateSchedulerBody::add_epoch_logs(Logs& logs) { add_rate(rate_of(*model), logs); }

// --- SwapEMAWeights

OptimizerBody& SwapEMAWeightsBody::optimizer() const {
  OptimizerBody* found = model->optimizer().body().get();
  if (auto* scaling = dynamic_cast<optimizers::LossScaleOptimizerBody*>(found)) found = scaling->inner_optimizer().body().get();
  if (found && !found->averages().empty()) return *found;
  fail<ValueError>("", "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. Received: use_ema=False");
}

void SwapEMAWeightsBody::swap_if(bool wanted) {
  if (!wanted) return;
  OptimizerBody& from = optimizer();
  for (size_t i = 0; i < from.averages().size(); ++i) {
    Tensor weight = from.trainable_variables()[i].value();
    from.trainable_variables()[i].assign(from.averages()[i].value());
    from.averages()[i].assign(weight);
  }
  swapped_ = !swapped_;
}

void SwapEMAWeightsBody::set_params(const Config& params) { epochs_ = params.at("epochs").as_int(); }

void SwapEMAWeightsBody::on_epoch_begin(int64_t epoch) { swap_if(options_.swap_on_epoch && swapped_); }

void SwapEMAWeightsBody::on_epoch_end(int64_t epoch, const Logs&) {
  if (!options_.swap_on_epoch || swapped_) return;
  swap_if(true);
  if (epoch != epochs_ - 1) return;
  OptimizerBody& from = optimizer();
  for (size_t i = 0; i < from.averages().size(); ++i) from.averages()[i].assign(from.trainable_variables()[i].value());
}

}  // namespace callbacks

RUNNEL_KERAS_CLASS(callbacks, ReduceLROnPlateau, callbacks::ReduceLROnPlateauBody)
RUNNEL_KERAS_CLASS(callbacks, LearningRateScheduler, callbacks::LearningRateSchedulerBody)
RUNNEL_KERAS_CLASS(callbacks, SwapEMAWeights, callbacks::SwapEMAWeightsBody)

}  // namespace runnel::inline v0::keras
