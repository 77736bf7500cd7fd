// Bessel functions and integrals. The Bessel functions come from their integral representations: the trapezoidal rule
// converges exponentially there.
#include <cmath>
#include <complex>
#include <limits>

#include "runnel/ops/math/special_functions.h"

namespace runnel::inline v0::special {

namespace {
constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();
constexpr double kEuler = 0.57721566490153286061;

// e^-x I_n(x) for large x, DLMF 10.40.1.
double bessel_i_far(int order, double x) {
  double mu = 4.0 * order * order, term = 1, sum = 1;
  for (int k = 1; k < 30; ++k) {
    double next = -term * (mu - (2 * k - 1) * (2 * k - 1)) / (8 * x * k);
    if (std::abs(next) > std::abs(term) || std::abs(next) < 1e-17) break;
    sum += term = next;
  }
  return sum / std::sqrt(2 * M_PI * x);
}
// I_n(x) = sum (x/2)^(2k+n) / (k! (k+n)!), DLMF 10.25.2; all terms have one sign.
double bessel_i_near(int order, double x) {
  double term = order ? x / 2 : 1, sum = term, step = x * x / 4;
  for (int k = 1; k < 200 && term > 1e-18 * sum; ++k) sum += term *= step / (double(k) * (k + order));
  return sum;
}
}  // namespace

double bessel_i(int order, double x, bool scaled) {
  if (std::isnan(x)) return x;
  double size = std::abs(x), value;
  if (std::isinf(x)) value = scaled ? 0 : kNan;  // as TensorFlow
  else if (size < 30) value = bessel_i_near(order, size) * (scaled ? std::exp(-size) : 1);
  else value = bessel_i_far(order, size) * (scaled ? 1 : std::exp(size));
  return order && x < 0 ? -value : value;
}

// e^x K_n(x) = integral over t >= 0 of e^(-x (cosh t - 1)) cosh(n t), DLMF 10.32.9.
double bessel_k(int order, double x, bool scaled) {
  if (std::isnan(x) || x < 0) return kNan;
  if (x == 0) return kInf;
  if (std::isinf(x)) return 0;
  double end = std::acosh(1 + 750 / x), step = std::min(0.1, end / 100), sum = 0.5;
  for (double t = step; t < end; t += step) {
    double half = std::sinh(t / 2);
    sum += std::exp(-2 * x * half * half) * (order ? std::cosh(t) : 1);
  }
  return step * sum * (scaled ? 1 : std::exp(-x));
}

// Rybicki's sum: 1/sqrt(pi) * sum over odd n of e^-(x - n h)^2 / n; the error falls as e^-(pi / 2h)^2.
double dawsn(double x) {
  if (std::isnan(x)) return x;
  double size = std::abs(x);
  if (size < 0.2) {
    double term = x, sum = x;
    for (int k = 1; k < 20; ++k) sum += term *= -2 * x * x / (2 * k + 1);
    return sum;
  }
  if (size > 1e8) return 0.5 / x;
  constexpr double h = 0.25;
  double middle = 2 * std::round(size / (2 * h)), sum = 0;
  for (int k = -31; k <= 31; k += 2) {
    double n = middle + k, off = size - n * h;
    sum += std::exp(-off * off) / n;
  }
  return std::copysign(sum / std::sqrt(M_PI), x);
}

double expint(double x) {
  if (std::isnan(x) || x < 0) return kNan;  // as TensorFlow's
  if (x == 0) return -kInf;
  if (std::isinf(x)) return kNan;  // as TensorFlow
  if (x < 40) {  // DLMF 6.6.1
    double term = 1, sum = 0;
    for (int k = 1; k < 200; ++k) {
      term *= x / k;
      sum += term / k;
      if (term / k < 1e-18 * sum) break;
    }
    return kEuler + std::log(x) + sum;
  }
  double term = 1, sum = 1;  // DLMF 6.12.2
  for (int k = 1; k < x && term > 1e-17; ++k) sum += term *= k / x;
  return std::exp(x) / x * sum;
}

// Near 0 the power series DLMF 7.6.4 and 7.6.6, further out the continued fraction of the complementary error function.
void fresnel(double x, double& cosine, double& sine) {
  double size = std::abs(x), angle = M_PI / 2 * size * size;
  if (std::isinf(x)) {
    cosine = sine = 0.5;
  } else if (size < 2.5) {
    double term = size;
    cosine = sine = 0;
    for (int k = 0; k < 200; ++k) {  // terms angle^k / k!, in turn of the cosine and of the sine
      double part = term / (2 * k + 1) * (k / 2 % 2 ? -1 : 1);
      (k % 2 ? sine : cosine) += part;
      term *= angle / (k + 1);
      if (term < 1e-20 && k > angle) break;
    }
  } else if (size > 1e7) {
    cosine = sine = 0.5;
  } else {
    using C = std::complex<double>;
    C b(1, -M_PI * size * size), c(1e300, 0), d = 1.0 / b, h = d;
    for (int n = 1; n < 1000; ++n) {
      double a = -(2.0 * n - 1) * (2 * n);
      b += 4.0;
      d = 1.0 / (a * d + b);
      c = b + a / c;
      C step = c * d;
      h *= step;
      if (std::abs(step - 1.0) < 1e-16) break;
    }
    h *= C(size, -size);
    double turns = std::fmod(size * size, 4.0) * (M_PI / 2);
    C out = C(0.5, 0.5) * (1.0 - C(std::cos(turns), std::sin(turns)) * h);
    cosine = out.real(), sine = out.imag();
  }
  cosine = std::copysign(cosine, x), sine = std::copysign(sine, x);
}

namespace {
// Li2(z) = sum z^k / k^2 for 0 <= |z| <= 1/2.
double dilogarithm(double z) {
  double power = 1, sum = 0;
  for (int k = 1; k < 80; ++k) {
    power *= z;
    sum += power / (double(k) * k);
  }
  return sum;
}
}  // namespace

// Li2(1 - x), by the reflections DLMF 25.12.4 and 25.12.6.
double spence(double x) {
  if (std::isnan(x) || x < 0) return kNan;
  if (x == 0) return M_PI * M_PI / 6;
  if (std::isinf(x)) return kNan;  // as TensorFlow
  double log_x = std::log(x);
  if (x > 2) return -0.5 * log_x * log_x - spence(1 / x);
  if (x > 1.5) return -dilogarithm((x - 1) / x) - 0.5 * log_x * log_x;
  if (x >= 0.5) return dilogarithm(1 - x);
  return M_PI * M_PI / 6 - log_x * std::log1p(-x) - dilogarithm(x);
}

}  // namespace runnel::inline v0::special
