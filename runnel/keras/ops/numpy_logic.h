// keras.ops.numpy: comparisons and logic.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// True where all elements along `axis` are true.
/// python: all
Tensor all(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// One bool: isclose() everywhere.
/// python: allclose
Tensor allclose(const Operand& x1, const Operand& x2, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// True where an element along `axis` is true.
/// python: any
Tensor any(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// x1 == x2.
/// python: equal
Tensor equal(const Operand& x1, const Operand& x2);
/// x1 > x2.
/// python: greater
Tensor greater(const Operand& x1, const Operand& x2);
/// x1 >= x2.
/// python: greater_equal
Tensor greater_equal(const Operand& x1, const Operand& x2);
/// |x1 - x2| <= atol + rtol * |x2|; equality for integers.
/// python: isclose
Tensor isclose(const Operand& x1, const Operand& x2, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// True where x is neither infinite nor NaN.
/// python: isfinite
Tensor isfinite(const Operand& x);
/// True where an element of x1 is among those of x2 (`invert`: is not).
/// python: isin
Tensor isin(const Operand& x1, const Operand& x2, bool assume_unique = false, bool invert = false);
/// True where x is infinite.
/// python: isinf
Tensor isinf(const Operand& x);
/// True where x is NaN.
/// python: isnan
Tensor isnan(const Operand& x);
/// True where x is minus infinity.
/// python: isneginf
Tensor isneginf(const Operand& x);
/// True where x is plus infinity.
/// python: isposinf
Tensor isposinf(const Operand& x);
/// True where the imaginary part is 0.
/// python: isreal
Tensor isreal(const Operand& x);
/// x1 < x2.
/// python: less
Tensor less(const Operand& x1, const Operand& x2);
/// x1 <= x2.
/// python: less_equal
Tensor less_equal(const Operand& x1, const Operand& x2);
/// x1 and x2, as bools.
/// python: logical_and
Tensor logical_and(const Operand& x1, const Operand& x2);
/// not x.
/// python: logical_not
Tensor logical_not(const Operand& x);
/// x1 or x2.
/// python: logical_or
Tensor logical_or(const Operand& x1, const Operand& x2);
/// x1 or x2, but not both.
/// python: logical_xor
Tensor logical_xor(const Operand& x1, const Operand& x2);
/// x1 != x2.
/// python: not_equal
Tensor not_equal(const Operand& x1, const Operand& x2);

}  // namespace runnel::inline v0::keras::ops
