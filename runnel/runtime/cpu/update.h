// The updates of optimizers, each one pass over a weight and its slots. Knows pointers, no Tensor.
// No step adds across elements, so the bits are the same for every instruction set and any number of threads.
#pragma once

#include <cstdint>

#include "runnel/runtime/cpu/update_table.h"

namespace runnel::inline v0::cpu {

/// var -= alpha * grad
void update(const Descent<float>& step, int64_t n);
void update(const Descent<double>& step, int64_t n);
/// accum = momentum * accum - rate * grad;  var += accum  (Nesterov: momentum * accum - rate * grad)
void update(const Momentum<float>& step, int64_t n);
void update(const Momentum<double>& step, int64_t n);
/// m += (grad - m) take1;  v += (grad^2 - v) take2;  var -= m alpha / (sqrt(v) + epsilon);  grad^2 may be given
void update(const Adam<float>& step, int64_t n);
void update(const Adam<double>& step, int64_t n);

}  // namespace runnel::inline v0::cpu
