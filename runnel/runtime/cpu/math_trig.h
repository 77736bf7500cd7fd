// Trigonometric, hyperbolic and power functions of float. They go through double, where short polynomials are exact
// enough to round correctly almost always; functions of double itself are the C library's.
#pragma once

#include "runnel/runtime/cpu/math.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA::math {

constexpr double kPi = 0x1.921fb54442d18p1;

// --- circle ----------------------------------------------------------------------------------------------------------

/// x = k pi/2 + r with |r| <= pi/4, k in the low bits of `quadrant`. Right for |x| < kTrigLimit.
struct QuarterTurn {
  double r;
  int32_t quadrant;
};
constexpr float kTrigLimit = kFusedMultiplyAdd ? 0x1p40f : 0x1p20f;

RUNNEL_MATH QuarterTurn quarter_turn(float x) {
  double t = fma(double(x), 0x1.45f306dc9c883p-1, kRounder);
  double k = t - kRounder;
  double r;
  if constexpr (kFusedMultiplyAdd) {
    r = fma(k, -0x1.921fb54442d18p0, double(x));
    r = fma(k, -0x1.1a62633145c07p-54, r);
  } else {  // the first two parts times k are exact
    r = (double(x) - k * 0x1.921fb544p0) - k * 0x1.0b4611a6p-34;
    r = r - k * 0x1.3198a2e037073p-69;
  }
  return {r, int32_t(bits(t))};
}
RUNNEL_MATH float sin_poly(float r) {
  float z = r * r;
  return fma(r * z, poly(z, -0.1666665494f, 0.00833217769f, -0.0001951723421f), r);
}
RUNNEL_MATH float cos_poly(float r) {
  float z = r * r;
  return fma(z * z, poly(z, 0.04166664685f, -0.00138873669f, 2.443837888e-5f), fma(z, -0.5f, 1.0f));
}
RUNNEL_MATH float turned(float r, int32_t quadrant) {
  float y = (quadrant & 1) ? cos_poly(r) : sin_poly(r);
  return from_bits(bits(y) ^ int32_t(uint32_t(quadrant & 2) << 30));
}
RUNNEL_MATH float sin(float x) {
  QuarterTurn q = quarter_turn(x);
  return x == 0.0f ? x : turned(float(q.r), q.quadrant);
}
RUNNEL_MATH float cos(float x) {
  QuarterTurn q = quarter_turn(x);
  return turned(float(q.r), q.quadrant + 1);
}
RUNNEL_MATH float tan(float x) {
  QuarterTurn q = quarter_turn(x);
  double z = q.r * q.r;
  double s = fma(q.r * z, poly(z, -0.16666666641608711794, 0.0083333293837356159615, -0.00019839334121980107563,
                               2.7183045270907323108e-6), q.r);
  double c = fma(z * z, poly(z, 0.041666666622796010486, -0.0013888883750560163234, 2.4799519237187454553e-5,
                             -2.7210172615260668592e-7), fma(z, -0.5, 1.0));
  bool odd = q.quadrant & 1;
  float y = float((odd ? -c : s) / (odd ? s : c));
  return x == 0.0f ? x : y;
}

/// The angle of (x, y), both >= 0, in [0, pi/2].
RUNNEL_MATH double first_quadrant(double y, double x) {
  double small = y < x ? y : x, large = y < x ? x : y;
  double t = small == large ? (large == 0.0 ? 0.0 : 1.0) : small / large;
  double z = t * t;
  double p = poly(z, -0.33333332235296408546, 0.19999932196738080333, -0.14284250853630861236, 0.11095202335459847858,
                  -0.089887914327148391636, 0.072693821593392057736, -0.054704444581207919253,
                  0.034704604659294996438, -0.016471416414355994082, 0.0049992996862754928486,
                  -0.00071130170786035046974);
  double angle = fma(t * z, p, t);
  return y > x ? kPi / 2 - angle : angle;
}
RUNNEL_MATH float atan(float x) {
  float y = with_sign(float(first_quadrant(abs(double(x)), 1.0)), x);
  return x == x ? y : x;
}
RUNNEL_MATH float atan2(float y, float x) {
  double angle = first_quadrant(abs(double(y)), abs(double(x)));
  angle = bits(x) < 0 ? kPi - angle : angle;
  float sum = x + y;  // NaN in, NaN out; infinities of both signs are no NaN here
  return x == x && y == y ? with_sign(float(angle), y) : sum;
}
RUNNEL_MATH float asin(float x) {
  double d = x, a = abs(d);
  float y = with_sign(float(first_quadrant(a, sqrt((1.0 - a) * (1.0 + a)))), x);
  return a <= 1.0 ? y : kNanF;
}
RUNNEL_MATH float acos(float x) {
  double a = abs(double(x));
  double angle = first_quadrant(sqrt((1.0 - a) * (1.0 + a)), a);
  float y = float(x < 0.0f ? kPi - angle : angle);
  return a <= 1.0 ? y : kNanF;
}

// --- hyperbola -------------------------------------------------------------------------------------------------------

RUNNEL_MATH float sinh(float x) {
  double a = abs(double(x));
  double c = a > 90.0 ? 90.0 : a, e = exp_normal(c);
  double y = a < 1e-3 ? fma(a * a * a, 1.0 / 6.0, a) : 0.5 * (e - 1.0 / e);
  return with_sign(float(y), x);
}
RUNNEL_MATH float cosh(float x) {
  double a = abs(double(x));
  double c = a > 90.0 ? 90.0 : a, e = exp_normal(c);
  return float(0.5 * (e + 1.0 / e));
}
RUNNEL_MATH float asinh(float x) {
  double a = abs(double(x));
  double y = a < 1e-3 ? fma(a * a * a, -1.0 / 6.0, a) : log_normal(a + sqrt(fma(a, a, 1.0)));
  return a < kInf ? with_sign(float(y), x) : x;
}
RUNNEL_MATH float acosh(float x) {
  double d = x;
  float y = float(log_normal(d + sqrt((d - 1.0) * (d + 1.0))));
  y = x >= 1.0f ? y : kNanF;
  return x == kInfF ? x : y;
}
RUNNEL_MATH float atanh(float x) {
  double a = abs(double(x));
  double y = a < 1e-3 ? fma(a * a * a, 1.0 / 3.0, a) : 0.5 * log_normal((1.0 + a) / (1.0 - a));
  y = a < 1.0 ? y : (a == 1.0 ? kInf : kNan);
  return with_sign(float(y), x);
}

// --- powers, and the Gaussian's tail ---------------------------------------------------------------------------------

/// condition ? a : b by bits: GCC makes no branch of it, however much work a choice could skip.
RUNNEL_MATH float pick(bool condition, float a, float b) {
  int32_t mask = -int32_t(condition);
  return from_bits((bits(a) & mask) | (bits(b) & ~mask));
}
RUNNEL_MATH float pow(float x, float y) {
  float a = abs(x);
  float r = float(exp(double(y) * log_normal(double(a))));
  // Ends of the range: the logarithm of 0 and of infinity is infinite.
  float at_zero = pick(y < 0.0f, kInfF, 0.0f), at_infinity = pick(y < 0.0f, 0.0f, kInfF);
  r = pick(a == 0.0f, at_zero, r);
  r = pick(a == kInfF, at_infinity, r);
  r = pick(a == 1.0f, 1.0f, r);
  // A negative base needs a whole exponent; an odd one keeps the sign. Numbers from 2^24 on are even.
  float within = pick(abs(y) < 0x1p24f, y, 0.0f);
  int32_t whole = int32_t(within);
  bool is_whole = float(whole) == within;
  int32_t sign = bits(x) & (-int32_t(is_whole) & int32_t(uint32_t(whole) << 31));
  r = from_bits(bits(r) | sign);
  float power_of_negative = pick(is_whole, r, kNanF);
  r = pick(x < 0.0f, pick(a == kInfF, r, power_of_negative), r);
  r = pick(x == x, r, x);
  r = pick(y == y, r, pick(x == 1.0f, 1.0f, y));
  return pick(y == 0.0f, 1.0f, r);
}
RUNNEL_MATH float erfc(float x) {
  double a = abs(double(x));
  a = a > 10.2 ? 10.2 : a;
  double t = (a - 4.0) / (a + 4.0);
  double p = poly(t, 1.2329951187436882007, -0.13962111898685554071, 0.015379629091045385347, 0.06809717747054142996,
                  -0.10103826257060405504, 0.093731274456516041723, -0.066340977038155518548, 0.037169602654236262781,
                  -0.016139433623418962731, 0.0050816054022931993837, -0.00085723753092254320012,
                  -0.00038212956065577584936, 7.7574494834419191462e-5);
  double y = exp_normal(-a * a) * p / fma(2.0, a, 1.0);
  return float(x < 0.0f ? 2.0 - y : y);
}

// --- double ----------------------------------------------------------------------------------------------------------

RUNNEL_MATH double sin(double x) { return __builtin_sin(x); }
RUNNEL_MATH double cos(double x) { return __builtin_cos(x); }
RUNNEL_MATH double tan(double x) { return __builtin_tan(x); }
RUNNEL_MATH double asin(double x) { return __builtin_asin(x); }
RUNNEL_MATH double acos(double x) { return __builtin_acos(x); }
RUNNEL_MATH double atan(double x) { return __builtin_atan(x); }
RUNNEL_MATH double sinh(double x) { return __builtin_sinh(x); }
RUNNEL_MATH double cosh(double x) { return __builtin_cosh(x); }
RUNNEL_MATH double asinh(double x) { return __builtin_asinh(x); }
RUNNEL_MATH double acosh(double x) { return __builtin_acosh(x); }
RUNNEL_MATH double atanh(double x) { return __builtin_atanh(x); }
RUNNEL_MATH double erfc(double x) { return __builtin_erfc(x); }
RUNNEL_MATH double atan2(double y, double x) { return __builtin_atan2(y, x); }
RUNNEL_MATH double pow(double x, double y) { return __builtin_pow(x, y); }

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA::math
