// Arithmetic of two operands, broadcasting as NumPy does.
#include <cmath>

#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"
#include "runnel/ops/math/text.h"

namespace runnel::inline v0 {

using namespace math_internal;

namespace {

Gradients add_gradient(const GradientContext& c) {
  return both(c, [&] { return c.grad(); }, [&] { return c.grad(); });
}
Gradients sub_gradient(const GradientContext& c) {
  return both(c, [&] { return c.grad(); }, [&] { return negative(c.grad()); });
}
Tensor by_x_of_product(X x, X y) { return y; }
Tensor by_y_of_product(X x, X y) { return x; }
Gradients div_gradient(const GradientContext& c) {
  Tensor y = conj(c.input(1));
  return both(c, [&] { return divide(c.grad(), y); },
              [&] { return multiply(c.grad(), divide(divide(negative(conj(c.input(0))), y), y)); });
}
Gradients div_no_nan_gradient(const GradientContext& c) {
  Tensor y = conj(c.input(1));
  return both(c, [&] { return divide_no_nan(c.grad(), y); },
              [&] { return multiply(c.grad(), divide_no_nan(divide_no_nan(negative(conj(c.input(0))), y), y)); });
}
Gradients mul_no_nan_gradient(const GradientContext& c) {
  Tensor x = conj(c.input(0)), y = conj(c.input(1));
  return both(c, [&] { return multiply_no_nan(c.grad(), y); }, [&] { return multiply_no_nan(x, c.grad()); });
}

// The larger (smaller) operand gets the gradient; the first of equals.
template <auto XWins>
Gradients extreme_gradient(const GradientContext& c) {
  Tensor wins = XWins(c.input(0), c.input(1)), zero = zeros_like(c.grad());
  return both(c, [&] { return select(wins, c.grad(), zero); }, [&] { return select(wins, zero, c.grad()); });
}

// d |x - y|^2 = 2 Re(conj(x - y) (dx - dy))
Gradients squared_difference_gradient(const GradientContext& c) {
  Tensor twice = multiply(add(c.grad(), conj(c.grad())), subtract(c.input(0), c.input(1)));
  return both(c, [&] { return twice; }, [&] { return negative(twice); });
}

// d x^y = y x^(y-1) dx + x^y log(x) dy; the logarithm counts as 0 where x has none.
Gradients pow_gradient(const GradientContext& c) {
  Tensor x = conj(c.input(0)), y = conj(c.input(1));
  auto for_y = [&] {
    Tensor has_log = x.dtype().is_complex() ? not_equal(x, 0) : greater(x, 0);
    Tensor log_x = select(has_log, log(select(has_log, x, ones_like(x))), zeros_like(x));
    return multiply(multiply(c.grad(), conj(c.output())), log_x);
  };
  return both(c, [&] { return multiply(multiply(c.grad(), y), pow(x, subtract(y, 1))); }, for_y);
}

Gradients next_after_gradient(const GradientContext& c) {
  return both(c, [&] { return c.grad(); }, [&] { return zeros_like(c.grad()); });
}

template <class T>
T int_power(T base, T exponent) {
  std::make_unsigned_t<T> out = 1, square = std::make_unsigned_t<T>(base);
  for (auto e = std::make_unsigned_t<T>(exponent); e; e >>= 1) {
    if (e & 1) out = std::make_unsigned_t<T>(out * uint64_t(1) * square);
    square = std::make_unsigned_t<T>(square * uint64_t(1) * square);
  }
  return T(out);
}
template <class T>
T power(T base, T exponent) {
  if constexpr (std::is_integral_v<T>) return int_power(base, exponent);
  else return std::pow(base, exponent);
}
template <class T>
T divided(T a, T b) {
  return T(a / b);
}

constexpr auto kAdd = [](auto a, auto b) { return decltype(a)(a + b); };
constexpr auto kSub = [](auto a, auto b) { return decltype(a)(a - b); };
constexpr auto kMul = [](auto a, auto b) { return decltype(a)(a * b); };
constexpr auto kDiv = [](auto a, auto b) { return divided(a, b); };
constexpr auto kDivNoNan = [](auto a, auto b) { return b == decltype(b)(0) ? decltype(a)(0) : a / b; };
constexpr auto kMulNoNan = [](auto a, auto b) { return b == decltype(b)(0) ? decltype(a)(0) : a * b; };
constexpr auto kSquaredDifference = [](auto a, auto b) {
  auto d = decltype(a)(a - b);
  if constexpr (kIsComplex<decltype(d)>) return decltype(d)(d * std::conj(d));
  else return decltype(d)(d * d);
};
constexpr auto kMaximum = [](auto a, auto b) { return a > b || a != a ? a : b; };
constexpr auto kMinimum = [](auto a, auto b) { return a < b || a != a ? a : b; };

/// Sub: x - y, broadcast.
/// Mul: x * y, broadcast.
/// Div: x / y, broadcast; of integers, rounded towards zero.
/// DivNoNan: x / y, broadcast, and 0 where y is 0.
/// MulNoNan: x * y, broadcast, and 0 where y is 0, even where x is infinite or NaN.
constexpr OpDef kOps[] = {
    binary_op("AddV2", kAllNumbers, binary_with<kAdd, Numeric>, add_gradient, nullptr, kCommutative),
    binary_op("Add", "T: {bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, int64, complex64, complex128, string}",
              add_or_join<kAdd>, add_gradient),
    binary_op("Sub", kAllNumbers, binary_with<kSub, Numeric>, sub_gradient),
    binary_op("Mul", kAllNumbers, binary_with<kMul, Numeric>, chain2<by_x_of_product, by_y_of_product>, nullptr, kCommutative),
    binary_op("RealDiv", kAllNumbers, binary_with<kDiv, FloatComplex>, div_gradient),
    binary_op("Div", kAllNumbers, binary_with<kDiv, Numeric, kFaultsAtZero>, div_gradient),
    binary_op("DivNoNan", kFloatComplex, binary_with<kDivNoNan, FloatComplex>, div_no_nan_gradient),
    binary_op("MulNoNan", kFloatComplex, binary_with<kMulNoNan, FloatComplex>, mul_no_nan_gradient),
    binary_op("Maximum", kReals, binary_with<kMaximum, Real>, extreme_gradient<[](X x, X y) { return greater_equal(x, y); }>),
    binary_op("Minimum", kReals, binary_with<kMinimum, Real>, extreme_gradient<[](X x, X y) { return less_equal(x, y); }>),
    binary_op("SquaredDifference", kSignedNumbers, binary_with<kSquaredDifference, Numeric>, squared_difference_gradient, nullptr, kCommutative),
    binary_op("Pow", "T: {bfloat16, float, half, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}",
              binary_with<[](auto a, auto b) { return power(a, b); }, Numeric, kFaultsBelowZero>, pow_gradient),
    binary_op("NextAfter", "T: {double, float} = float", binary_with<[](auto a, auto b) { return std::nextafter(a, b); }, FullFloats>,
              next_after_gradient, nullptr, kElementwise, "x1: T, x2: T -> output: T"),
};

}  // namespace
RUNNEL_OPS(math_binary, kOps)

RUNNEL_BINARY(subtract, "Sub")
RUNNEL_BINARY(multiply, "Mul")
RUNNEL_BINARY(multiply_no_nan, "MulNoNan")
RUNNEL_BINARY(maximum, "Maximum")
RUNNEL_BINARY(minimum, "Minimum")
RUNNEL_BINARY(squared_difference, "SquaredDifference")
RUNNEL_BINARY(pow, "Pow")

Tensor add(const Operand& x, const Operand& y) {
  static const Op &numbers = get_op("AddV2"), &texts = get_op("Add");
  std::array<Tensor, 2> operands = match(x, y);
  return run(operands[0].dtype() == string ? texts : numbers, operands);
}
Tensor nextafter(const Operand& x1, const Operand& x2) {
  static const Op& op = get_op("NextAfter");
  return run(op, match(x1, x2));
}

}  // namespace runnel::inline v0
