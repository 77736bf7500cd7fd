// tf.random: stateless random numbers, equal to TensorFlow's.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::random {

/// Uniform in [minval, maxval). seed: two integers.
/// python: random.stateless_uniform
Tensor stateless_uniform(const Ints& shape, const Tensor& seed, const Operand& minval = 0.0, const Operand& maxval = 1.0,
                         DType dtype = float32);
/// Normal with the given mean and standard deviation. seed: two integers.
/// python: random.stateless_normal
Tensor stateless_normal(const Ints& shape, const Tensor& seed, const Operand& mean = 0.0, const Operand& stddev = 1.0,
                        DType dtype = float32);
/// Normal, numbers beyond two standard deviations drawn again. seed: two integers.
/// python: random.stateless_truncated_normal
Tensor stateless_truncated_normal(const Ints& shape, const Tensor& seed, const Operand& mean = 0.0, const Operand& stddev = 1.0,
                                  DType dtype = float32);

}  // namespace runnel::inline v0::random
