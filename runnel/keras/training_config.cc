#include "runnel/keras/training_config.h"

#include <atomic>

namespace runnel::inline v0::keras::config {

namespace {

std::atomic<int64_t> epochs_limit{-1}, steps_limit{-1};
std::atomic<bool> interactive{true};

std::optional<int64_t> limit_of(const std::atomic<int64_t>& limit) {
  int64_t value = limit;
  return value < 0 ? std::nullopt : std::optional(value);
}

}  // namespace

std::optional<int64_t> max_epochs() { return limit_of(epochs_limit); }
void set_max_epochs(std::optional<int64_t> epochs) { epochs_limit = epochs.value_or(-1); }
std::optional<int64_t> max_steps_per_epoch() { return limit_of(steps_limit); }
void set_max_steps_per_epoch(std::optional<int64_t> steps) { steps_limit = steps.value_or(-1); }
bool interactive_logging() { return interactive; }
void set_interactive_logging(bool on) { interactive = on; }

}  // namespace runnel::inline v0::keras::config
