#include "runnel/keras/optimizers/schedule.h"

#include "runnel/base/error.h"

namespace runnel::inline v0::keras {

LearningRate::LearningRate(double rate) : value_(rate) {}
LearningRate::LearningRate(const LearningRateSchedule& schedule) : value_(schedule) {}
LearningRate::LearningRate(std::function<Tensor()> rate) : value_(std::move(rate)) {}
LearningRate::LearningRate(const Ref<Function>& function) : value_([f = function.get()] { return (*f)({}); }), source_(function) {}
LearningRate::LearningRate(const LearningRate&) = default;
LearningRate::LearningRate(LearningRate&&) noexcept = default;
LearningRate& LearningRate::operator=(const LearningRate&) = default;
LearningRate& LearningRate::operator=(LearningRate&&) noexcept = default;
LearningRate::~LearningRate() = default;

Tensor ScheduleBaseBody::call(const Tensor&) {
  fail<NotImplementedError>("", "Learning rate schedule subclasses must implement the `__call__()` method.");
}
RUNNEL_KERAS_CLASS(schedules, LearningRateSchedule, ScheduleBaseBody)

// A function of one's own cannot be written down; its place is kept.
Config to_config(const LearningRate& rate) {
  if (rate.number()) return *rate.number();
  return rate.schedule() ? to_config(*rate.schedule()) : Config();
}

void from_config(const Config& config, LearningRate& out) {
  if (config.is_number()) {
    out = config.as_double();
    return;
  }
  if (config.is_object())
    if (auto* function = dynamic_cast<Function*>(config.as_object().get())) {
      out = LearningRate(Ref<Function>(function));
      return;
    }
  LearningRateSchedule schedule;
  from_config(config, schedule);
  out = schedule;
}

}  // namespace runnel::inline v0::keras
