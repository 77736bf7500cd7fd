// The kernels over rows of logits (rows.cpu.cc).
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// Softmax and LogSoftmax over the last axis.
void softmax_kernel(OpContext& c);
void log_softmax_kernel(OpContext& c);
/// Inputs: logits, labels (one a class, or the number of a class). Outputs: the loss of a row, and its gradient.
void dense_cross_entropy_kernel(OpContext& c);
void sparse_cross_entropy_kernel(OpContext& c);

}  // namespace runnel::inline v0
