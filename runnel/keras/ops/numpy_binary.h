// keras.ops.numpy: functions of two tensors, element by element, broadcasting. Dtypes are promoted (promotion.h).
// python module: keras.ops, keras.ops.numpy
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// x1 + x2.
/// python: add
Tensor add(const Operand& x1, const Operand& x2);
/// The angle of the point (x2, x1).
/// python: arctan2
Tensor arctan2(const Operand& x1, const Operand& x2);
/// x1 / x2, floating.
/// python: divide, true_divide
Tensor divide(const Operand& x1, const Operand& x2);
/// x1 / x2, and 0 where x2 is 0.
/// python: divide_no_nan
Tensor divide_no_nan(const Operand& x1, const Operand& x2);
/// The quotient rounded down.
/// python: floor_divide
Tensor floor_divide(const Operand& x1, const Operand& x2);
/// The larger one; of a number and a NaN the number.
/// python: fmax
Tensor fmax(const Operand& x1, const Operand& x2);
/// The smaller one; of a number and a NaN the number.
/// python: fmin
Tensor fmin(const Operand& x1, const Operand& x2);
/// The remainder with the sign of x1.
/// python: fmod
Tensor fmod(const Operand& x1, const Operand& x2);
/// The greatest common divisor. TypeError where the operands are no integers.
/// python: gcd
Tensor gcd(const Operand& x1, const Operand& x2);
/// 0 below zero, x2 at zero, 1 above.
/// python: heaviside
Tensor heaviside(const Operand& x1, const Operand& x2);
/// sqrt(x1^2 + x2^2), without overflow.
/// python: hypot
Tensor hypot(const Operand& x1, const Operand& x2);
/// The least common multiple. TypeError where the operands are no integers.
/// python: lcm
Tensor lcm(const Operand& x1, const Operand& x2);
/// x1 * 2^x2. TypeError where x2 is no integer.
/// python: ldexp
Tensor ldexp(const Operand& x1, const Operand& x2);
/// log(e^x1 + e^x2).
/// python: logaddexp
Tensor logaddexp(const Operand& x1, const Operand& x2);
/// log2(2^x1 + 2^x2).
/// python: logaddexp2
Tensor logaddexp2(const Operand& x1, const Operand& x2);
/// The larger one; NaN where one is NaN.
/// python: maximum
Tensor maximum(const Operand& x1, const Operand& x2);
/// The smaller one; NaN where one is NaN.
/// python: minimum
Tensor minimum(const Operand& x1, const Operand& x2);
/// The remainder with the sign of x2.
/// python: mod
Tensor mod(const Operand& x1, const Operand& x2);
/// x1 * x2.
/// python: multiply
Tensor multiply(const Operand& x1, const Operand& x2);
/// The floating number that follows x1 towards x2, of the neighbours in float64.
/// python: nextafter
Tensor nextafter(const Operand& x1, const Operand& x2);
/// x1 to the power x2.
/// python: power
Tensor power(const Operand& x1, const Operand& x2);
/// x1 - x2.
/// python: subtract
Tensor subtract(const Operand& x1, const Operand& x2);

/// The bits that are set in both.
/// python: bitwise_and
Tensor bitwise_and(const Operand& x, const Operand& y);
/// All bits turned.
/// python: bitwise_invert, bitwise_not
Tensor bitwise_invert(const Operand& x);
/// The bits that are set in one at least.
/// python: bitwise_or
Tensor bitwise_or(const Operand& x, const Operand& y);
/// The bits that are set in exactly one.
/// python: bitwise_xor
Tensor bitwise_xor(const Operand& x, const Operand& y);
/// x << y.
/// python: bitwise_left_shift, left_shift
Tensor bitwise_left_shift(const Operand& x, const Operand& y);
/// x >> y: signed numbers keep their sign.
/// python: bitwise_right_shift, right_shift
Tensor bitwise_right_shift(const Operand& x, const Operand& y);

}  // namespace runnel::inline v0::keras::ops
