// Filling a tensor with random numbers, the ones that TensorFlow's CPU kernels draw from the same Philox state.
#pragma once

#include "runnel/op/op_context.h"
#include "runnel/ops/random/philox.h"

namespace runnel::inline v0 {

enum class Distribution { kUniform, kNormal, kTruncatedNormal, kFullInt };

/// Blocks that a stateful generator sets aside for each number of an output, so that rejected draws have room.
inline constexpr int64_t kReservedPerNumber = 256;

/// Uniform in [0, 1), standard normal, the same cut at two, or all bits of an integer.
void fill_random(Philox start, Distribution distribution, Tensor& out);
/// Integers in [low, high); low and high are scalars of out's dtype. InvalidArgumentError unless low < high.
void fill_random_int(Philox start, const char* where, const Tensor& low, const Tensor& high, Tensor& out);

/// The generator of a stateless operator's two-integer seed.
Philox philox_of_seed(const Tensor& seed);

}  // namespace runnel::inline v0
