#include "runnel/keras/optimizers/schedule.h"

namespace runnel::inline v0::keras {

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
  LearningRateSchedule schedule;
  from_config(config, schedule);
  out = schedule;
}

}  // namespace runnel::inline v0::keras
