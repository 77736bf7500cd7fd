// Exponentials, logarithms, roots and powers of one operand, with TensorFlow's gradient operators of their outputs.
#include <cmath>

#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"

namespace runnel::inline v0 {

namespace {

template <class T>
T expm1_of(T x) {
  if constexpr (kIsComplex<T>) {
    // e^(a+bi) - 1 = expm1(a) cos b - 2 sin(b/2)^2 + i e^a sin b, without cancellation near 0
    auto half_sine = std::sin(x.imag() / 2);
    return T(std::expm1(x.real()) * std::cos(x.imag()) - 2 * half_sine * half_sine, std::exp(x.real()) * std::sin(x.imag()));
  } else {
    return std::expm1(x);
  }
}
template <class T>
T log1p_of(T x) {
  if constexpr (kIsComplex<T>) {
    // |1+x|^2 - 1 = a (2 + a) + b^2, without cancellation near 0
    auto a = x.real(), b = x.imag();
    return T(std::log1p(a * (2 + a) + b * b) / 2, std::atan2(b, 1 + a));
  } else {
    return std::log1p(x);
  }
}
template <class T>
T reciprocal_of(T x) {
  return T(1) / x;
}
template <class T>
T rsqrt_of(T x) {
  return T(1) / std::sqrt(x);
}
template <class T>
T sigmoid_of(T x) {
  return T(1) / (T(1) + std::exp(-x));
}
template <class T>
T conj_of(T x) {
  if constexpr (kIsComplex<T>) return std::conj(x);
  else return x;
}

// dx by the gradient operator that works from the output.
template <const auto& kName>
Gradients output_gradient(const GradientContext& c) {
  static const Op& op = get_op(kName);
  return {run(op, {c.output(), c.grad()})};
}
constexpr char kSqrtGrad[] = "SqrtGrad", kRsqrtGrad[] = "RsqrtGrad", kReciprocalGrad[] = "ReciprocalGrad", kInvGrad[] = "InvGrad";

Gradients sigmoid_gradient(const GradientContext& c) {
  static const Op& op = get_op("SigmoidGrad");
  return {run(op, {conj(c.output()), c.grad()})};
}

// Second derivatives: of z = f(y, dy) for an incoming g. Where z depends on conj(y), g comes in conjugated.
Gradients sqrt_grad_gradient(const GradientContext& c) {  // z = dy / (2 conj y)
  Tensor g = divide(c.grad(), c.input(0));
  return both(c, [&] { return negative(multiply(conj(g), c.output())); }, [&] { return multiply(0.5, g); });
}
Gradients rsqrt_grad_gradient(const GradientContext& c) {  // z = -dy conj(y)^3 / 2
  Tensor y = c.input(0);
  return both(c, [&] { return multiply(multiply(-1.5, conj(c.grad())), multiply(c.input(1), square(conj(y)))); },
              [&] { return multiply(multiply(-0.5, c.grad()), multiply(y, square(y))); });
}
Gradients reciprocal_grad_gradient(const GradientContext& c) {  // z = -dy conj(y)^2
  return both(c, [&] { return multiply(multiply(-2, conj(c.grad())), multiply(c.input(1), conj(c.input(0)))); },
              [&] { return negative(multiply(c.grad(), square(c.input(0)))); });
}
// z = dy y (1 - y)
constexpr auto kSigmoidGradByY = [](X y, X dy) { return multiply(dy, subtract(1, multiply(2, y))); };
constexpr auto kSigmoidGradByDy = [](X y, X dy) { return multiply(y, subtract(1, y)); };

// Nothing comes in, nothing goes out, even where the slope is infinite.
constexpr auto kSqrtGradLoop = [](auto y, auto dy) -> decltype(y) {
  using T = decltype(y);
  return dy == T(0) ? T(0) : T(dy * T(0.5) / conj_of(y));
};
constexpr auto kRsqrtGradLoop = [](auto y, auto dy) -> decltype(y) {
  using T = decltype(y);
  return dy == T(0) ? T(0) : T(dy * T(-0.5) * (conj_of(y) * conj_of(y) * conj_of(y)));
};
constexpr auto kReciprocalGradLoop = [](auto y, auto dy) -> decltype(y) {
  using T = decltype(y);
  return dy == T(0) ? T(0) : T(-dy * conj_of(y) * conj_of(y));
};

/// ReciprocalGrad: The gradient of Reciprocal by its output y: -dy y².
/// InvGrad: The gradient of Inv by its output y: -dy y².
/// RsqrtGrad: The gradient of Rsqrt by its output y: -dy y³ / 2.
/// SqrtGrad: The gradient of Sqrt by its output y: dy / (2 y).
/// SigmoidGrad: The gradient of Sigmoid by its output y: dy y (1 - y).
constexpr OpDef kOps[] = {
    unary_op("Exp", kFloatComplex, unary_with<[](auto x) { return std::exp(x); }, FloatComplex>, chain<[](X x, X y) { return y; }>),
    unary_op("Expm1", kFloatComplex, unary_with<[](auto x) { return expm1_of(x); }, FloatComplex>, chain<[](X x, X y) { return exp(x); }>),
    unary_op("Log", kFloatComplex, unary_with<[](auto x) { return std::log(x); }, FloatComplex>, chain<[](X x, X y) { return reciprocal(x); }>),
    unary_op("Log1p", kFloatComplex, unary_with<[](auto x) { return log1p_of(x); }, FloatComplex>,
             chain<[](X x, X y) { return reciprocal(add(1, x)); }>),
    unary_op("Sigmoid", kFloatComplex, unary_with<[](auto x) { return sigmoid_of(x); }, FloatComplex>, sigmoid_gradient),
    unary_op("Sqrt", kFloatComplex, unary_with<[](auto x) { return std::sqrt(x); }, FloatComplex>, output_gradient<kSqrtGrad>),
    unary_op("Rsqrt", kFloatComplex, unary_with<[](auto x) { return rsqrt_of(x); }, FloatComplex>, output_gradient<kRsqrtGrad>),
    unary_op("Square", kAllNumbers, unary_with<[](auto x) { return decltype(x)(x * x); }, Numeric>,
             chain<[](X x, X y) { return multiply(2, x); }>),
    unary_op("Reciprocal", kSignedNumbers, unary_with<[](auto x) { return reciprocal_of(x); }, FloatComplex>, output_gradient<kReciprocalGrad>),
    unary_op("Inv", kSignedNumbers, unary_with<[](auto x) { return reciprocal_of(x); }, FloatComplex>, output_gradient<kInvGrad>),
    gradient_op("SqrtGrad", binary_with<kSqrtGradLoop, FloatComplex>, sqrt_grad_gradient),
    gradient_op("RsqrtGrad", binary_with<kRsqrtGradLoop, FloatComplex>, rsqrt_grad_gradient),
    gradient_op("ReciprocalGrad", binary_with<kReciprocalGradLoop, FloatComplex>, reciprocal_grad_gradient),
    gradient_op("InvGrad", binary_with<kReciprocalGradLoop, FloatComplex>, reciprocal_grad_gradient),
    gradient_op("SigmoidGrad",
                binary_with<[](auto y, auto dy) { return dy * y * (decltype(y)(1) - y); }, FloatComplex>,
                chain2<kSigmoidGradByY, kSigmoidGradByDy>),
};

}  // namespace
RUNNEL_OPS(math_exponential, kOps)

RUNNEL_UNARY(exp, "Exp")
RUNNEL_UNARY(expm1, "Expm1")
RUNNEL_UNARY(log, "Log")
RUNNEL_UNARY(log1p, "Log1p")
RUNNEL_UNARY(sigmoid, "Sigmoid")
RUNNEL_UNARY(sqrt, "Sqrt")
RUNNEL_UNARY(rsqrt, "Rsqrt")
RUNNEL_UNARY(square, "Square")
RUNNEL_UNARY(reciprocal, "Reciprocal")

Tensor log_sigmoid(const Tensor& x) {
  static const Op& softplus = get_op("Softplus");
  return negative(run(softplus, {negative(x)}));
}
Tensor reciprocal_no_nan(const Tensor& x) { return divide_no_nan(ones_like(x), x); }

}  // namespace runnel::inline v0
