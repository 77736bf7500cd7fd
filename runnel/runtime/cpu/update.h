// The updates of optimizers, each one pass over a weight and its slots. Knows pointers, no Tensor.
// No step adds across elements, so the bits are the same for every instruction set and any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "runnel/runtime/cpu/update_table.h"

namespace runnel::inline v0::cpu {

/// What is done to all elements of one weight:
///   Descent:   var -= alpha * grad
///   Momentum:  accum = momentum * accum - rate * grad;  var += accum  (Nesterov: momentum * accum - rate * grad)
///   Adam:      m += (grad - m) take1;  v += (grad^2 - v) take2;  var -= m alpha / (sqrt(v) + epsilon);  grad^2 may be given
///   Decay:     var -= var * decay * rate
struct Update {
  std::variant<Descent<float>, Descent<double>, Momentum<float>, Momentum<double>, Adam<float>, Adam<double>, Decay<float>, Decay<double>> step;
  int64_t size;
};

/// All of them, of weights apart. The elements of all are shared out together: a small weight is no task of its own, a large one several.
void update_all(std::span<const Update> updates);

}  // namespace runnel::inline v0::cpu
