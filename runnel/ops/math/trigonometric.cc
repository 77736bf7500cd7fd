// Circular and hyperbolic functions.
#include <cmath>

#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

Gradients tanh_gradient(const GradientContext& c) {
  static const Op& op = get_op("TanhGrad");
  return {run(op, {conj(c.output()), c.grad()})};
}
Tensor one_minus_square(X x) { return subtract(1, square(x)); }
Tensor one_plus_square(X x) { return add(1, square(x)); }
Tensor squared_length(X y, X x) { return add(square(x), square(y)); }

/// TanhGrad: The gradient of Tanh by its output y: dy (1 - y²).
constexpr OpDef kOps[] = {
    unary_op("Sin", kFloatComplex, unary_with<[](auto x) { return std::sin(x); }, FloatComplex>, chain<[](X x, X y) { return cos(x); }>),
    unary_op("Cos", kFloatComplex, unary_with<[](auto x) { return std::cos(x); }, FloatComplex>,
             chain<[](X x, X y) { return negative(sin(x)); }>),
    unary_op("Tan", kFloatComplex, unary_with<[](auto x) { return std::tan(x); }, FloatComplex>,
             chain<[](X x, X y) { return square(reciprocal(cos(x))); }>),
    unary_op("Asin", kFloatComplex, unary_with<[](auto x) { return std::asin(x); }, FloatComplex>,
             chain<[](X x, X y) { return reciprocal(sqrt(one_minus_square(x))); }>),
    unary_op("Acos", kFloatComplex, unary_with<[](auto x) { return std::acos(x); }, FloatComplex>,
             chain<[](X x, X y) { return negative(reciprocal(sqrt(one_minus_square(x)))); }>),
    unary_op("Atan", kFloatComplex, unary_with<[](auto x) { return std::atan(x); }, FloatComplex>,
             chain<[](X x, X y) { return reciprocal(one_plus_square(x)); }>),
    unary_op("Sinh", kFloatComplex, unary_with<[](auto x) { return std::sinh(x); }, FloatComplex>, chain<[](X x, X y) { return cosh(x); }>),
    unary_op("Cosh", kFloatComplex, unary_with<[](auto x) { return std::cosh(x); }, FloatComplex>, chain<[](X x, X y) { return sinh(x); }>),
    unary_op("Tanh", kFloatComplex, unary_with<[](auto x) { return std::tanh(x); }, FloatComplex>, tanh_gradient),
    unary_op("Asinh", kFloatComplex, unary_with<[](auto x) { return std::asinh(x); }, FloatComplex>,
             chain<[](X x, X y) { return reciprocal(cosh(y)); }>),
    unary_op("Acosh", kFloatComplex, unary_with<[](auto x) { return std::acosh(x); }, FloatComplex>,
             chain<[](X x, X y) { return reciprocal(sinh(y)); }>),
    unary_op("Atanh", kFloatComplex, unary_with<[](auto x) { return std::atanh(x); }, FloatComplex>,
             chain<[](X x, X y) { return reciprocal(one_minus_square(x)); }>),
    gradient_op("TanhGrad", binary_with<[](auto y, auto dy) { return dy * (decltype(y)(1) - y * y); }, FloatComplex>,
                chain2<[](X y, X dy) { return multiply(-2, multiply(dy, y)); }, [](X y, X dy) { return one_minus_square(y); }>),
    binary_op("Atan2", kFloating, binary_with<[](auto y, auto x) { return std::atan2(y, x); }, Floating>,
              chain2<[](X y, X x) { return divide(x, squared_length(y, x)); },
                     [](X y, X x) { return negative(divide(y, squared_length(y, x))); }>,
              nullptr, kElementwise, "y: T, x: T -> z: T"),
};

}  // namespace
RUNNEL_OPS(math_trigonometric, kOps)

RUNNEL_UNARY(sin, "Sin")
RUNNEL_UNARY(cos, "Cos")
RUNNEL_UNARY(tan, "Tan")
RUNNEL_UNARY(asin, "Asin")
RUNNEL_UNARY(acos, "Acos")
RUNNEL_UNARY(atan, "Atan")
RUNNEL_UNARY(sinh, "Sinh")
RUNNEL_UNARY(cosh, "Cosh")
RUNNEL_UNARY(tanh, "Tanh")
RUNNEL_UNARY(asinh, "Asinh")
RUNNEL_UNARY(acosh, "Acosh")
RUNNEL_UNARY(atanh, "Atanh")

Tensor atan2(const Operand& y, const Operand& x) {
  static const Op& op = get_op("Atan2");
  return run(op, match(y, x));
}

}  // namespace runnel::inline v0
