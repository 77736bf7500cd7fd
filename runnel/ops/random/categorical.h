// Drawing classes and permutations.
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/ops/random/philox.h"

namespace runnel::inline v0 {

/// out (batch, samples): classes drawn with probabilities softmax(logits), logits (batch, classes).
void sample_categories(const Philox& generator, const Tensor& logits, Tensor& out);
/// The slices of the first axis in random order.
Tensor shuffled(const Tensor& x, const Philox& generator);

}  // namespace runnel::inline v0
