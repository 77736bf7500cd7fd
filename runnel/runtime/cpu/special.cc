#include "runnel/runtime/cpu/special.h"

#include <cmath>
#include <limits>

namespace runnel::inline v0::cpu::special {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// c[0] + c[1] x + ...
template <int N>
double poly(double x, const double (&c)[N]) {
  double y = c[N - 1];
  for (int i = N - 2; i >= 0; --i) y = y * x + c[i];
  return y;
}

/// The quantile for probability 1/2 + q, whose smaller tail is `tail`. Wichura's algorithm AS 241 (1988), PPND16.
double normal_quantile(double q, double tail) {
  static constexpr double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                 1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                 3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double b[] = {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
                                 2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
                                 5.2264952788528545610e3};
  static constexpr double c[] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
                                 3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
                                 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[] = {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  if (std::abs(q) <= 0.425) {
    double r = 0.180625 - q * q;
    return q * poly(r, a) / poly(r, b);
  }
  double r = std::sqrt(-std::log(tail));
  double x = r <= 5.0 ? poly(r - 1.6, c) / poly(r - 1.6, d) : poly(r - 5.0, e) / poly(r - 5.0, f);
  return q < 0 ? -x : x;
}

}  // namespace

double lgamma(double x) {
  if (x == -kInf) return kInf;
#if defined(__GLIBC__)
  int sign;  // std::lgamma writes a global
  return ::lgamma_r(x, &sign);
#else
  return std::lgamma(x);
#endif
}

double digamma(double x) {
  if (x <= 0 && std::floor(x) == x) return kNan;
  if (x == -kInf) return kNan;
  double y = 0;
  if (x < 0) {  // reflection
    y = -kPi / std::tan(kPi * (x - std::round(x)));
    x = 1 - x;
  }
  for (; x < 10; x += 1) y -= 1 / x;
  double z = 1 / (x * x);  // Bernoulli numbers B(2k) / 2k
  static constexpr double c[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12};
  return y + std::log(x) - 0.5 / x - z * poly(z, c);
}

double ndtri(double p) {
  if (p <= 0 || p >= 1 || p != p) return p == 0 ? -kInf : p == 1 ? kInf : kNan;
  return normal_quantile(p - 0.5, p < 0.5 ? p : 1 - p);
}

double erfinv(double x) {
  if (!(std::abs(x) < 1)) return std::abs(x) == 1 ? std::copysign(kInf, x) : kNan;
  return normal_quantile(x / 2, (1 - std::abs(x)) / 2) * 0.70710678118654752440;
}

}  // namespace runnel::inline v0::cpu::special
