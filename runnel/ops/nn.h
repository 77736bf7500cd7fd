// tf.nn: neural-network operators.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::nn {

/// exp(logits) / sum(exp(logits)) along `axis`. logits: floating, rank >= 1.
/// python: nn.softmax, math.softmax
Tensor softmax(const Tensor& logits, int64_t axis = -1);
/// logits - log(sum(exp(logits))) along `axis`.
/// python: nn.log_softmax, math.log_softmax
Tensor log_softmax(const Tensor& logits, int64_t axis = -1);

}  // namespace runnel::inline v0::nn
