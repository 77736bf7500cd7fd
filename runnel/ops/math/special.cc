// Special functions as operators: the error function's, the gamma function's and Bessel's families, and integrals.
#include <cmath>

#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"
#include "runnel/ops/math/special_functions.h"

namespace runnel::inline v0 {

using math_internal::select;

namespace {

constexpr double kPi = 3.14159265358979323846, kSqrtPi = 1.77245385090551602730, kSqrt2 = 1.41421356237309504880;

// Computed in double, whatever the type.
#define RUNNEL_SPECIAL(EXPRESSION) unary_with<[](auto x) { return decltype(x)(EXPRESSION); }, Floating>
#define RUNNEL_SPECIAL2(EXPRESSION) binary_with<[](auto x, auto y) { return decltype(x)(EXPRESSION); }, Floating>

double erfinv_of(double x) {
  if (!(std::abs(x) <= 1)) return std::nan("");
  if (std::abs(x) == 1) return std::copysign(HUGE_VAL, x);
  double w = std::log1p(-x * x), k = 2 / (kPi * 0.147) + w / 2;  // Winitzki's approximation, then Halley's steps
  double y = std::sqrt(std::sqrt(k * k - w / 0.147) - k), target = 1 - std::abs(x);
  for (int i = 0; i < 3; ++i) {
    double step = (target - std::erfc(y)) / (-2 / kSqrtPi * std::exp(-y * y));
    y += step / (1 + y * step);
  }
  return std::copysign(y, x);
}

Tensor erf_slope(X x) { return multiply(2 / kSqrtPi, exp(negative(square(x)))); }
Tensor ratio(X y, X x) { return divide(y, x); }
Tensor where_zero(X x, double value, X otherwise) { return select(equal(x, 0), value, otherwise); }

// x^(a-1) e^-x / Gamma(a)
Tensor gamma_density(X a, X x) { return exp(subtract(subtract(xlogy(subtract(a, 1), x), x), lgamma(a))); }
Tensor igamma_slope_a(X a, X x) {
  static const Op& op = get_op("IgammaGradA");
  return run(op, {a, x});
}
Gradients zeta_gradient(const GradientContext& c) {
  X x = c.input(0), q = c.input(1);
  auto for_q = [&] { return multiply(c.grad(), multiply(negative(x), zeta(add(x, 1), q))); };
  return {Tensor(), c.needs(1) ? unbroadcast(for_q(), q) : Tensor()};
}
Gradients polygamma_gradient(const GradientContext& c) {
  X n = c.input(0), x = c.input(1);
  return {Tensor(), c.needs(1) ? unbroadcast(multiply(c.grad(), polygamma(add(n, 1), x)), x) : Tensor()};
}

/// RandomGammaGrad: The derivative of a sample of the gamma distribution with respect to its shape `alpha`.
/// IgammaGradA: The derivative of Igamma with respect to a.
constexpr OpDef kOps[] = {
    unary_op("Erf", kFloating, RUNNEL_SPECIAL(std::erf(x)), chain<[](X x, X y) { return erf_slope(x); }>),
    unary_op("Erfc", kFloating, RUNNEL_SPECIAL(std::erfc(x)), chain<[](X x, X y) { return negative(erf_slope(x)); }>),
    unary_op("Erfinv", kFloating, RUNNEL_SPECIAL(erfinv_of(x)), chain<[](X x, X y) { return multiply(kSqrtPi / 2, exp(square(y))); }>),
    unary_op("Ndtri", kFloating, RUNNEL_SPECIAL(kSqrt2 * erfinv_of(2 * double(x) - 1)),
             chain<[](X x, X y) { return multiply(kSqrt2 * kSqrtPi, exp(multiply(0.5, square(y)))); }>),
    unary_op("Lgamma", kFloating, RUNNEL_SPECIAL(std::lgamma(x)), chain<[](X x, X y) { return digamma(x); }>),
    unary_op("Digamma", kFloating, RUNNEL_SPECIAL(special::digamma(x)), chain<[](X x, X y) { return polygamma(ones_like(x), x); }>),
    unary_op("BesselI0", kFloating, RUNNEL_SPECIAL(special::bessel_i(0, x, false)), chain<[](X x, X y) { return bessel_i1(x); }>),
    unary_op("BesselI0e", kFloating, RUNNEL_SPECIAL(special::bessel_i(0, x, true)),
             chain<[](X x, X y) { return subtract(bessel_i1e(x), multiply(sign(x), y)); }>),
    unary_op("BesselI1", kFloating, RUNNEL_SPECIAL(special::bessel_i(1, x, false)),
             chain<[](X x, X y) { return where_zero(x, 0.5, subtract(bessel_i0(x), ratio(y, x))); }>),
    unary_op("BesselI1e", kFloating, RUNNEL_SPECIAL(special::bessel_i(1, x, true)),
             chain<[](X x, X y) { return where_zero(x, 0.5, subtract(bessel_i0e(x), multiply(y, add(sign(x), reciprocal(x))))); }>),
    unary_op("BesselK0", kFloating, RUNNEL_SPECIAL(special::bessel_k(0, x, false)), chain<[](X x, X y) { return negative(bessel_k1(x)); }>),
    unary_op("BesselK0e", kFloating, RUNNEL_SPECIAL(special::bessel_k(0, x, true)), chain<[](X x, X y) { return subtract(y, bessel_k1e(x)); }>),
    unary_op("BesselK1", kFloating, RUNNEL_SPECIAL(special::bessel_k(1, x, false)),
             chain<[](X x, X y) { return subtract(negative(bessel_k0(x)), ratio(y, x)); }>),
    unary_op("BesselK1e", kFloating, RUNNEL_SPECIAL(special::bessel_k(1, x, true)),
             chain<[](X x, X y) { return subtract(multiply(y, subtract(1, reciprocal(x))), bessel_k0e(x)); }>),
    unary_op("BesselJ0", kFloating, RUNNEL_SPECIAL(::j0(x)), chain<[](X x, X y) { return negative(bessel_j1(x)); }>),
    unary_op("BesselJ1", kFloating, RUNNEL_SPECIAL(::j1(x)),
             chain<[](X x, X y) { return where_zero(x, 0.5, subtract(bessel_j0(x), ratio(y, x))); }>),
    unary_op("BesselY0", kFloating, RUNNEL_SPECIAL(::y0(x)), chain<[](X x, X y) { return negative(bessel_y1(x)); }>),
    unary_op("BesselY1", kFloating, RUNNEL_SPECIAL(::y1(x)), chain<[](X x, X y) { return subtract(bessel_y0(x), ratio(y, x)); }>),
    unary_op("Dawsn", kFloating, RUNNEL_SPECIAL(special::dawsn(x)),
             chain<[](X x, X y) { return subtract(1, multiply(2, multiply(x, y))); }>),
    unary_op("Expint", kFloating, RUNNEL_SPECIAL(special::expint(x)), chain<[](X x, X y) { return divide(exp(x), x); }>),
    unary_op("FresnelCos", kFloating, unary_with<[](auto x) { double c, s; return special::fresnel(x, c, s), decltype(x)(c); }, Floating>,
             chain<[](X x, X y) { return cos(multiply(kPi / 2, square(x))); }>),
    unary_op("FresnelSin", kFloating, unary_with<[](auto x) { double c, s; return special::fresnel(x, c, s), decltype(x)(s); }, Floating>,
             chain<[](X x, X y) { return sin(multiply(kPi / 2, square(x))); }>),
    unary_op("Spence", kFloating, RUNNEL_SPECIAL(special::spence(x)),
             chain<[](X x, X y) { return select(equal(x, 1), -1.0, divide(log(x), subtract(1, x))); }>),
    binary_op("Igamma", kFloating, RUNNEL_SPECIAL2(special::igamma(x, y)), chain2<igamma_slope_a, gamma_density>, nullptr, kElementwise,
              "a: T, x: T -> z: T"),
    binary_op("Igammac", kFloating, RUNNEL_SPECIAL2(special::igammac(x, y)),
              chain2<[](X a, X x) { return negative(igamma_slope_a(a, x)); }, [](X a, X x) { return negative(gamma_density(a, x)); }>, nullptr,
              kElementwise, "a: T, x: T -> z: T"),
    binary_op("IgammaGradA", kFullFloats, RUNNEL_SPECIAL2(special::igamma_by_a(x, y)), nullptr, "TensorFlow declares none", kElementwise,
              "a: T, x: T -> z: T"),
    binary_op("RandomGammaGrad", kFullFloats, RUNNEL_SPECIAL2(special::gamma_sample_by_alpha(x, y)), nullptr, "TensorFlow declares none", kElementwise,
              "alpha: T, sample: T -> output: T"),
    binary_op("Zeta", kFullFloats, RUNNEL_SPECIAL2(special::zeta(x, y)), zeta_gradient, nullptr, kElementwise, "x: T, q: T -> z: T"),
    binary_op("Polygamma", kFullFloats, RUNNEL_SPECIAL2(special::polygamma(x, y)), polygamma_gradient, nullptr, kElementwise,
              "a: T, x: T -> z: T"),
};

}  // namespace
RUNNEL_OPS(math_special, kOps)

RUNNEL_UNARY(erf, "Erf")
RUNNEL_UNARY(erfc, "Erfc")
RUNNEL_UNARY(erfinv, "Erfinv")
RUNNEL_UNARY(ndtri, "Ndtri")
RUNNEL_UNARY(lgamma, "Lgamma")
RUNNEL_UNARY(digamma, "Digamma")
RUNNEL_UNARY(bessel_i0, "BesselI0")
RUNNEL_UNARY(bessel_i0e, "BesselI0e")
RUNNEL_UNARY(bessel_i1, "BesselI1")
RUNNEL_UNARY(bessel_i1e, "BesselI1e")
RUNNEL_UNARY(bessel_k0, "BesselK0")
RUNNEL_UNARY(bessel_k0e, "BesselK0e")
RUNNEL_UNARY(bessel_k1, "BesselK1")
RUNNEL_UNARY(bessel_k1e, "BesselK1e")
RUNNEL_UNARY(bessel_j0, "BesselJ0")
RUNNEL_UNARY(bessel_j1, "BesselJ1")
RUNNEL_UNARY(bessel_y0, "BesselY0")
RUNNEL_UNARY(bessel_y1, "BesselY1")
RUNNEL_UNARY(dawsn, "Dawsn")
RUNNEL_UNARY(expint, "Expint")
RUNNEL_UNARY(fresnel_cos, "FresnelCos")
RUNNEL_UNARY(fresnel_sin, "FresnelSin")
RUNNEL_UNARY(spence, "Spence")
#define RUNNEL_SPECIAL_BINARY(FUNCTION, A, B, OP)           \
  Tensor FUNCTION(const Operand& A, const Operand& B) {     \
    static const Op& op = get_op(OP);                       \
    return run(op, match(A, B));                            \
  }
RUNNEL_SPECIAL_BINARY(polygamma, a, x, "Polygamma")
RUNNEL_SPECIAL_BINARY(zeta, x, q, "Zeta")
RUNNEL_SPECIAL_BINARY(igamma, a, x, "Igamma")
RUNNEL_SPECIAL_BINARY(igammac, a, x, "Igammac")

Tensor erfcinv(const Tensor& x) { return multiply(-1 / kSqrt2, ndtri(multiply(0.5, x))); }

Tensor lbeta(const Tensor& x) { return subtract(reduce_sum(lgamma(x), -1), lgamma(reduce_sum(x, -1))); }

}  // namespace runnel::inline v0
