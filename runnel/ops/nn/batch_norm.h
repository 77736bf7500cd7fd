// The kernels of FusedBatchNorm and its gradient (batch_norm_kernels.cpu.cc).
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

void batch_norm_kernel(OpContext& c);
/// Inputs: the gradient of y, x, scale, mean, variance.
void batch_norm_grad_kernel(OpContext& c);

}  // namespace runnel::inline v0
