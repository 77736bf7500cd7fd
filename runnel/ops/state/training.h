// The kernels of the optimizers' updates (training.cpu.cc).
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// Inputs: var, alpha, delta.
void descent_kernel(OpContext& c);
/// Inputs: var, accum, lr, grad, momentum.
void momentum_kernel(OpContext& c);
/// Inputs: var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad.
void adam_kernel(OpContext& c);
/// Inputs: var, m, v, beta1_power, beta2_power, lr, grad, perhaps what stands for grad^2; the rest are attributes.
void keras_adam_kernel(OpContext& c);

}  // namespace runnel::inline v0
