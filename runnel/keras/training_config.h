// Settings for whole programs: keras.config's limits and the way progress is shown.
#pragma once

#include <cstdint>
#include <optional>

namespace runnel::inline v0::keras::config {

/// fit() runs no more epochs, and no epoch, test or prediction more steps, than these; unset: as told.
std::optional<int64_t> max_epochs();
void set_max_epochs(std::optional<int64_t> epochs);
std::optional<int64_t> max_steps_per_epoch();
void set_max_steps_per_epoch(std::optional<int64_t> steps);
/// False: no bars and lines on standard output.
bool interactive_logging();
void set_interactive_logging(bool on);

}  // namespace runnel::inline v0::keras::config
