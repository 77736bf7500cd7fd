// tf.random: random numbers equal to those of TensorFlow on the CPU, bit for bit.
#pragma once

#include <optional>

#include "runnel/op/operand.h"

namespace runnel::inline v0::random {

// --- seeded by set_seed and by `seed`: the same calls in the same order give the same numbers ---

/// The global seed: operators without a seed of their own follow it, those with one mix it in. Begins all of them anew.
/// python: random.set_seed
void set_seed(int64_t seed);
/// Uniform in [minval, maxval); maxval None is 1. Integers need a maxval.
/// python: random.uniform
Tensor uniform(const Ints& shape, const Operand& minval = 0, const std::optional<Operand>& maxval = {}, DType dtype = float32,
               const std::optional<int64_t>& seed = {});
/// Normal with the given mean and standard deviation.
/// python: random.normal
Tensor normal(const Ints& shape, const Operand& mean = 0.0, const Operand& stddev = 1.0, DType dtype = float32,
              const std::optional<int64_t>& seed = {});
/// Normal, numbers beyond two standard deviations drawn again.
/// python: random.truncated_normal
Tensor truncated_normal(const Ints& shape, const Operand& mean = 0.0, const Operand& stddev = 1.0, DType dtype = float32,
                        const std::optional<int64_t>& seed = {});
/// The rows of `value` (its first dimension) in random order.
/// python: random.shuffle
Tensor shuffle(const Tensor& value, const std::optional<int64_t>& seed = {});

// --- stateless: the same seed (two integers) gives the same numbers ---

/// Uniform in [minval, maxval); maxval None is 1. Integers: both None covers the whole range of the dtype.
/// python: random.stateless_uniform
Tensor stateless_uniform(const Ints& shape, const Tensor& seed, const std::optional<Operand>& minval = 0,
                         const std::optional<Operand>& maxval = {}, DType dtype = float32, const std::string& alg = "auto_select");
/// Normal with the given mean and standard deviation.
/// python: random.stateless_normal
Tensor stateless_normal(const Ints& shape, const Tensor& seed, const Operand& mean = 0.0, const Operand& stddev = 1.0,
                        DType dtype = float32, const std::string& alg = "auto_select");
/// Normal, numbers beyond two standard deviations drawn again.
/// python: random.stateless_truncated_normal
Tensor stateless_truncated_normal(const Ints& shape, const Tensor& seed, const Operand& mean = 0.0, const Operand& stddev = 1.0,
                                  DType dtype = float32, const std::string& alg = "auto_select");

}  // namespace runnel::inline v0::random
