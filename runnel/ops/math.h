// tf.math: arithmetic, functions of elements, comparisons, reductions.
//
// How Python sees a declaration: the `python:` line lists its names (tf.*); parameters keep their names and defaults;
// `name=None` is added. Operand parameters of one call take each other's dtype.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

/// x + y, element by element, broadcasting.
/// python: add, math.add
Tensor add(const Operand& x, const Operand& y);
/// x - y.
/// python: subtract, math.subtract
Tensor subtract(const Operand& x, const Operand& y);
/// x * y.
/// python: multiply, math.multiply
Tensor multiply(const Operand& x, const Operand& y);

/// x / y for floating and complex dtypes.
/// python: divide, math.divide
Tensor divide(const Operand& x, const Operand& y);
/// -x.
/// python: negative, math.negative
Tensor negative(const Tensor& x);
/// e^x.
/// python: exp, math.exp
Tensor exp(const Tensor& x);
/// The complex conjugate; a real tensor comes back as it is.
/// python: math.conj
Tensor conj(const Tensor& x);
/// Sum over `axis` (all axes by default).
/// python: reduce_sum, math.reduce_sum
Tensor reduce_sum(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);

}  // namespace runnel::inline v0
