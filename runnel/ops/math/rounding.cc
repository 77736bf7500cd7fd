// Signs, absolute values, rounding, and tests of single numbers.
#include <cmath>

#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"

namespace runnel::inline v0 {



namespace {

// Halves go to the even neighbour, whatever the processor's rounding mode.
template <class T>
T round_half_even(T x) {
  if constexpr (std::is_integral_v<T>) {
    return x;
  } else {
    T low = std::floor(x), rest = x - low;
    if (rest > T(0.5) || (rest == T(0.5) && std::fmod(low, T(2)) != 0)) low += 1;
    return std::copysign(low, x);
  }
}

template <class T>
T sign_of(T x) {
  if constexpr (kIsComplex<T>) {
    auto length = std::abs(x);
    return length == 0 ? T(0) : x / length;
  } else {
    return x > T(0) ? T(1) : x < T(0) ? T(-1) : T(x + T(0)) == T(0) ? T(0) : x;  // NaN stays
  }
}

// A real sign is constant between jumps. A complex one, y = x / |x|, turns: dy = i y Im(conj(y) dx) / |x|.
Gradients sign_gradient(const GradientContext& c) {
  if (!c.input(0).dtype().is_complex()) return {zeros_like(c.input(0))};
  X y = c.output();
  Tensor turn = imag(multiply(conj(y), c.grad())), length = complex_abs(c.input(0));
  return {multiply(y, complex(zeros_like(turn), divide_no_nan(turn, length)))};
}

/// Neg: -x.
constexpr OpDef kOps[] = {
    unary_op("Abs", "T: {bfloat16, half, float, double, int8, int16, int32, int64}",
             unary_with<[](auto x) { return x < 0 ? decltype(x)(-x) : x == 0 ? decltype(x)(0) : x; }, SignedReals>,
             chain<[](X x, X y) { return sign(x); }>),
    unary_op("Neg", kSignedNumbers, unary_with<[](auto x) { return decltype(x)(-x); }, SignedNumbers>,
             [](const GradientContext& c) -> Gradients { return {negative(c.grad())}; }),
    unary_op("Sign", kSignedNumbers, unary_with<[](auto x) { return sign_of(x); }, SignedNumbers>, sign_gradient),
    unary_op("Floor", kFloating, unary_with<[](auto x) { return std::floor(x); }, Floating>, nullptr, kFlat),
    unary_op("Ceil", kFloating, unary_with<[](auto x) { return std::ceil(x); }, Floating>, nullptr, kFlat),
    unary_op("Round", kSignedNumbers, unary_with<[](auto x) { return round_half_even(x); }, SignedReals>, nullptr, kFlat),
    unary_op("Rint", kFloating, unary_with<[](auto x) { return round_half_even(x); }, Floating>, nullptr, kFlat),
    predicate_op("IsNan", kFloating, unary_with<[](auto x) { return std::isnan(x); }, Floating>),
    predicate_op("IsInf", kFloating, unary_with<[](auto x) { return std::isinf(x); }, Floating>),
    predicate_op("IsFinite", kFloating, unary_with<[](auto x) { return std::isfinite(x); }, Floating>),
};

}  // namespace
RUNNEL_OPS(math_rounding, kOps)

RUNNEL_UNARY(negative, "Neg")
RUNNEL_UNARY(sign, "Sign")
RUNNEL_UNARY(floor, "Floor")
RUNNEL_UNARY(ceil, "Ceil")
RUNNEL_UNARY(rint, "Rint")
RUNNEL_UNARY(is_nan, "IsNan")
RUNNEL_UNARY(is_inf, "IsInf")
RUNNEL_UNARY(is_finite, "IsFinite")

Tensor abs(const Tensor& x) {
  static const Op& op = get_op("Abs");
  return x.dtype().is_complex() ? complex_abs(x) : run(op, {x});
}
Tensor round(const Tensor& x) {
  static const Op& op = get_op("Round");
  return x.dtype().is_integer() ? x : run(op, {x});
}

}  // namespace runnel::inline v0
