// keras.random: numbers that follow from a seed, a pair of integers (SeedGenerator in runnel/keras/random.h gives such pairs).
// python module: keras.random
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// Numbers between 0 and 1 with the density of the beta distribution.
/// python: _beta
Tensor random_beta(const Ints& shape, const Operand& alpha, const Operand& beta, const Tensor& seed, DType dtype = {});
/// Numbers of successes.
/// python: _binomial
Tensor random_binomial(const Ints& shape, const Operand& counts, const Operand& probabilities, const Tensor& seed, DType dtype = {});
/// (batch, num_samples) classes with probabilities softmax(logits).
/// python: _categorical
Tensor random_categorical(const Operand& logits, int64_t num_samples, const Tensor& seed, DType dtype = {});
/// The inputs with a share `rate` of zeros, the others divided by 1 - rate; noise_shape: axes of size 1 share a draw.
/// python: _dropout
Tensor random_dropout(const Operand& inputs, double rate, const PartialShape& noise_shape, const Tensor& seed);
/// Numbers with the density of the gamma distribution.
/// python: _gamma
Tensor random_gamma(const Ints& shape, const Operand& alpha, const Tensor& seed, DType dtype = {});
/// Whole numbers in [minval, maxval).
/// python: _randint
Tensor random_randint(const Ints& shape, const Operand& minval, const Operand& maxval, const Tensor& seed, DType dtype = {});
/// The slices of an axis in random order.
/// python: _shuffle
Tensor random_shuffle(const Operand& x, int64_t axis, const Tensor& seed);

}  // namespace runnel::inline v0::keras::ops
