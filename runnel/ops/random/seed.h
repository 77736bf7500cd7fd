// TensorFlow's seed rules: the global seed, operators' seeds, and the generators that eager operators keep between calls.
#pragma once

#include <optional>

#include "runnel/op/op_context.h"
#include "runnel/ops/random/philox.h"

namespace runnel::inline v0 {

struct SeedPair {
  int64_t seed = 0, seed2 = 0;  ///< Both 0: not repeatable.
};
/// The seed that holds here: that of the graph that is being traced, else what set_seed was given.
std::optional<int64_t> current_seed();
/// The attributes seed and seed2 of a call whose user gave `op_seed`. Inside a trace they follow the graph's seed, not the process's.
SeedPair seeds_for(std::optional<int64_t> op_seed);

/// The generator of this call, moved on by `blocks` for the next one, until set_seed. An operator in a program has its own; eager
/// calls of one operator (by name, dtype and seeds) share one.
Philox reserve(const OpContext& c, uint64_t blocks);

/// What a shuffle of Keras's rows starts from, in each epoch: the global seed and 0; without one, other numbers each time.
Philox generator_of_rows();

/// What TensorFlow sets aside for n outputs: 256 blocks each.
uint64_t blocks_for_outputs(int64_t n);

/// Key and counter that a stateless operator makes of its two seeds.
Philox scrambled(uint64_t seed0, uint64_t seed1);

}  // namespace runnel::inline v0
