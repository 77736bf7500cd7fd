// The gamma function's family.
#include <cmath>
#include <initializer_list>
#include <limits>

#include "runnel/ops/math/special_functions.h"

namespace runnel::inline v0::special {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();
constexpr double kTiny = 1e-300, kEpsilon = 1e-17;

// B_2k / (2k)! for Euler-Maclaurin's formula.
constexpr double kBernoulli[] = {1.0 / 12,
                                 -1.0 / 720,
                                 1.0 / 30240,
                                 -1.0 / 1209600,
                                 1.0 / 47900160,
                                 -691.0 / 1307674368000,
                                 1.0 / 74724249600,
                                 -3617.0 / 10670622842880000};

/// A number and its derivative: carries d/da through a formula.
struct Dual {
  double v = 0, d = 0;
};
Dual operator+(Dual a, Dual b) { return {a.v + b.v, a.d + b.d}; }
Dual operator*(Dual a, Dual b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
Dual operator/(Dual a, Dual b) { return {a.v / b.v, (a.d - a.v / b.v * b.d) / b.v}; }

// x^a e^-x / Gamma(a), as a function of a.
Dual prefactor(double a, double x) {
  double v = std::exp(a * std::log(x) - x - std::lgamma(a));
  return {v, v * (std::log(x) - digamma(a))};
}
// P(a, x), the series DLMF 8.11.4:  prefactor * sum x^n / (a (a+1) ... (a+n))
Dual lower_series(double a, double x) {
  Dual term = Dual{1, 0} / Dual{a, 1}, sum = term;
  for (int n = 1; n < 10000; ++n) {
    term = term * (Dual{x, 0} / Dual{a + n, 1});
    sum = sum + term;
    if (std::abs(term.v) < kEpsilon * std::abs(sum.v) && std::abs(term.d) < kEpsilon * std::abs(sum.d)) break;
  }
  return prefactor(a, x) * sum;
}
// Q(a, x), Legendre's continued fraction DLMF 8.9.2 by Lentz's method.
Dual upper_fraction(double a, double x) {
  Dual b{x + 1 - a, -1}, c{1 / kTiny, 0}, d = Dual{1, 0} / b, h = d;
  for (int n = 1; n < 10000; ++n) {
    Dual factor = Dual{double(-n), 0} * Dual{n - a, -1};
    b = b + Dual{2, 0};
    d = Dual{1, 0} / (factor * d + b);
    c = b + factor / c;
    Dual step = c * d;
    h = h * step;
    if (std::abs(step.v - 1) < 1e-16 && std::abs(step.d) < 1e-16) break;
  }
  return prefactor(a, x) * h;
}
bool by_series(double a, double x) { return x <= 1 || x <= a; }

}  // namespace

double digamma(double x) {
  if (x <= 0 && x == std::floor(x)) return kNan;  // as TensorFlow
  if (x < 0) return digamma(1 - x) - M_PI / std::tan(M_PI * (x - std::floor(x)));
  double sum = 0;
  for (; x < 12; ++x) sum -= 1 / x;
  double y = 1 / (x * x);
  double tail = y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
  return sum + std::log(x) - 0.5 / x - tail;
}

// Ten terms, then Euler-Maclaurin's formula (DLMF 25.11.5).
double zeta(double x, double q) {
  if (x == 1) return kInf;
  if (x < 1 || std::isnan(q)) return kNan;
  if (q <= 0) {
    if (q == std::floor(q)) return kInf;
    if (x != std::floor(x)) return kNan;
  }
  double sum = 0, at = q;
  for (int n = 0; n < 12 || at < 12; ++n, ++at) sum += std::pow(at, -x);
  double power = std::pow(at, -x);
  sum += at * power / (x - 1) + 0.5 * power;
  double term = x * power / at;
  for (int k = 0; k < 8; ++k) {
    sum += kBernoulli[k] * term;
    term *= (x + 2 * k + 1) * (x + 2 * k + 2) / (at * at);
  }
  return sum;
}

double polygamma(double order, double x) {
  if (order != std::floor(order) || order < 0) return kNan;
  if (order == 0) return digamma(x);
  double sign = std::fmod(order, 2) == 0 ? -1 : 1;
  return sign * std::tgamma(order + 1) * zeta(order + 1, x);
}

double igamma(double a, double x) {
  if (x < 0 || a < 0 || std::isnan(a) || std::isnan(x)) return kNan;
  if (a == 0) return x > 0 ? 1 : kNan;
  if (x == 0) return 0;
  if (std::isinf(a)) return std::isinf(x) ? kNan : 0;
  if (std::isinf(x)) return 1;
  return by_series(a, x) ? lower_series(a, x).v : 1 - upper_fraction(a, x).v;
}
double igammac(double a, double x) {
  if (x < 0 || a < 0 || std::isnan(a) || std::isnan(x)) return kNan;
  if (a == 0) return x > 0 ? 0 : kNan;
  if (x == 0) return 1;
  if (std::isinf(a)) return std::isinf(x) ? kNan : 1;
  if (std::isinf(x)) return 0;
  return by_series(a, x) ? 1 - lower_series(a, x).v : upper_fraction(a, x).v;
}
double igamma_by_a(double a, double x) {
  if (x < 0 || a <= 0 || std::isnan(a) || std::isnan(x)) return kNan;
  if (x == 0 || std::isinf(x)) return 0;
  return by_series(a, x) ? lower_series(a, x).d : -upper_fraction(a, x).d;
}

double gamma_sample_by_alpha(double a, double x) {
  if (x == 0) return 0;
  return -igamma_by_a(a, x) / std::exp((a - 1) * std::log(x) - x - std::lgamma(a));
}

namespace {
// The continued fraction DLMF 8.17.22 by Lentz's method.
double beta_fraction(double a, double b, double x) {
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double h = d;
  for (int m = 1; m < 20000; ++m) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (double factor : {even, odd}) {
      d = 1 + factor * d;
      c = 1 + factor / c;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      if (std::abs(c) < kTiny) c = kTiny;
      step = c * d;
      h *= step;
    }
    if (std::abs(step - 1) < 1e-16) break;
  }
  return h;
}
}  // namespace

double betainc(double a, double b, double x) {
  if (!(a > 0) || !(b > 0) || !(x >= 0) || !(x <= 1)) return kNan;
  if (x == 0 || x == 1) return x;
  double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace runnel::inline v0::special
