// The global seed and the seeds of operators, by TensorFlow's rules for eager calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runnel/ops/random/philox.h"

namespace runnel::inline v0 {

struct SeedPair {
  int64_t seed = 0, seed2 = 0;  ///< Both zero: not determined.
};

/// The two seeds of a call that was given `op_seed` or none. Advances the global generator where none was given.
SeedPair get_seed(std::optional<int64_t> op_seed);

/// Sets aside `blocks` blocks of the generator that belongs to the operator's kernel with these seeds, and returns its
/// state before. Such a generator lives until set_seed; without seeds every call has a new one.
Philox reserve_blocks(const std::string& kernel, SeedPair seeds, uint64_t blocks);

}  // namespace runnel::inline v0
