// keras.ops.numpy: functions of each element of one tensor. Integers and bools become the default floating dtype where the
// result is no integer.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// |x|; unsigned integers and bools as they are.
/// python: absolute, abs
Tensor absolute(const Operand& x);
/// |x| as a floating number.
/// python: fabs
Tensor fabs(const Operand& x);
/// The angle of complex numbers.
/// python: angle
Tensor angle(const Operand& x);
/// The inverse cosine.
/// python: arccos
Tensor arccos(const Operand& x);
/// The inverse hyperbolic cosine.
/// python: arccosh
Tensor arccosh(const Operand& x);
/// The inverse sine.
/// python: arcsin
Tensor arcsin(const Operand& x);
/// The inverse hyperbolic sine.
/// python: arcsinh
Tensor arcsinh(const Operand& x);
/// The inverse tangent.
/// python: arctan
Tensor arctan(const Operand& x);
/// The inverse hyperbolic tangent.
/// python: arctanh
Tensor arctanh(const Operand& x);
/// The cube root.
/// python: cbrt
Tensor cbrt(const Operand& x);
/// The smallest integer not below x.
/// python: ceil
Tensor ceil(const Operand& x);
/// min(max(x, x_min), x_max).
/// python: clip
Tensor clip(const Operand& x, const Operand& x_min, const Operand& x_max);
/// The complex conjugate.
/// python: conjugate, conj
Tensor conjugate(const Operand& x);
/// The same values as a new tensor.
/// python: copy
Tensor copy(const Operand& x);
/// The cosine.
/// python: cos
Tensor cos(const Operand& x);
/// The hyperbolic cosine.
/// python: cosh
Tensor cosh(const Operand& x);
/// Degrees as radians.
/// python: deg2rad
Tensor deg2rad(const Operand& x);
/// e^x.
/// python: exp
Tensor exp(const Operand& x);
/// 2^x.
/// python: exp2
Tensor exp2(const Operand& x);
/// e^x - 1.
/// python: expm1
Tensor expm1(const Operand& x);
/// The largest integer not above x.
/// python: floor
Tensor floor(const Operand& x);
/// The modified Bessel function of the first kind, order 0.
/// python: i0
Tensor i0(const Operand& x);
/// The imaginary part.
/// python: imag
Tensor imag(const Operand& x);
/// The natural logarithm.
/// python: log
Tensor log(const Operand& x);
/// The logarithm to base 10.
/// python: log10
Tensor log10(const Operand& x);
/// log(1 + x).
/// python: log1p
Tensor log1p(const Operand& x);
/// The logarithm to base 2.
/// python: log2
Tensor log2(const Operand& x);
/// NaN as `nan`, infinities as `posinf` and `neginf` (default: the largest and smallest finite numbers).
/// python: nan_to_num
Tensor nan_to_num(const Operand& x, double nan = 0.0, std::optional<double> posinf = {}, std::optional<double> neginf = {});
/// -x.
/// python: negative
Tensor negative(const Operand& x);
/// Radians as degrees.
/// python: rad2deg
Tensor rad2deg(const Operand& x);
/// The real part.
/// python: real
Tensor real(const Operand& x);
/// 1 / x.
/// python: reciprocal
Tensor reciprocal(const Operand& x);
/// The nearest number with so many decimals; halves go to the even one.
/// python: round
Tensor round(const Operand& x, int64_t decimals = 0);
/// -1, 0 or 1.
/// python: sign
Tensor sign(const Operand& x);
/// True where the sign is a minus, that of -0 included.
/// python: signbit
Tensor signbit(const Operand& x);
/// The sine.
/// python: sin
Tensor sin(const Operand& x);
/// sin(pi x) / (pi x), 1 at 0.
/// python: sinc
Tensor sinc(const Operand& x);
/// The hyperbolic sine.
/// python: sinh
Tensor sinh(const Operand& x);
/// The square root.
/// python: sqrt
Tensor sqrt(const Operand& x);
/// x^2; bools count as int32.
/// python: square
Tensor square(const Operand& x);
/// The tangent.
/// python: tan
Tensor tan(const Operand& x);
/// The hyperbolic tangent.
/// python: tanh
Tensor tanh(const Operand& x);
/// x without its fraction.
/// python: trunc
Tensor trunc(const Operand& x);
/// The same bytes under another dtype: a narrower one makes the last axis longer, a wider one shorter.
/// ValueError where the last axis does not divide.
/// python: view
Tensor view(const Operand& x, DType dtype = {});

}  // namespace runnel::inline v0::keras::ops
