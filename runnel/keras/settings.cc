#include "runnel/keras/settings.h"

#include <algorithm>
#include <atomic>

#include "runnel/base/error.h"
#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras::config {

namespace {

std::atomic<double> the_epsilon = 1e-7;
std::atomic<bool> channels_first = false, interactive = true, unsafe = false;
std::atomic<int64_t> epochs_bound = -1, steps_bound = -1;

}  // namespace

double epsilon() { return the_epsilon; }
void set_epsilon(double value) { the_epsilon = value; }

std::string image_data_format() { return channels_first ? "channels_first" : "channels_last"; }
void set_image_data_format(const std::string& format) { channels_first = checked_data_format(format) == "channels_first"; }

std::string floatx() { return DTypePolicy().variable_dtype().name(); }
void set_floatx(const std::string& dtype) {
  if (dtype != "bfloat16" && dtype != "float16" && dtype != "float32" && dtype != "float64")
    fail<ValueError>("", cat("Unknown `floatx` value: ", dtype, ". Expected one of {'bfloat16', 'float16', 'float32', 'float64'}"));
  set_dtype_policy(DTypePolicy(dtype));
}

int64_t max_epochs() { return epochs_bound; }
void set_max_epochs(int64_t epochs) { epochs_bound = epochs; }
int64_t max_steps_per_epoch() { return steps_bound; }
void set_max_steps_per_epoch(int64_t steps) { steps_bound = steps; }
int64_t bounded(int64_t wanted, int64_t bound) {
  if (wanted < 0 || bound < 0) return std::max(wanted, bound);
  return std::min(wanted, bound);
}

bool is_interactive_logging_enabled() { return interactive; }
void set_interactive_logging(bool on) { interactive = on; }

bool is_unsafe_deserialization_enabled() { return unsafe; }
void enable_unsafe_deserialization() { unsafe = true; }

}  // namespace runnel::inline v0::keras::config
