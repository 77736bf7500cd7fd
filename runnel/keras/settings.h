// keras.config: what holds for the whole process.
#pragma once

#include <cstdint>
#include <string>

namespace runnel::inline v0::keras::config {

/// The small number that keeps logarithms and quotients finite: 1e-7.
double epsilon();
void set_epsilon(double value);

/// "channels_last": where layers find the channels unless they are told.
std::string image_data_format();
void set_image_data_format(const std::string& format);  ///< ValueError for another word than Keras's two.

/// "float32": the dtype of Variables, from the global dtype policy.
std::string floatx();
void set_floatx(const std::string& dtype);  ///< ValueError for one that is not floating.

/// Bounds on every fit(), evaluate() and predict(), so that a script can be tried in a moment; -1: none.
int64_t max_epochs();
void set_max_epochs(int64_t epochs);
int64_t max_steps_per_epoch();
void set_max_steps_per_epoch(int64_t steps);
/// The smaller of the two, where -1 stands for no bound.
int64_t bounded(int64_t wanted, int64_t bound);

/// Whether progress goes to standard output; a binding sends it to its log otherwise.
bool is_interactive_logging_enabled();
void set_interactive_logging(bool on);

/// Allows load_model() to make lambdas from bytecode, for this process.
bool is_unsafe_deserialization_enabled();
void enable_unsafe_deserialization();

}  // namespace runnel::inline v0::keras::config
