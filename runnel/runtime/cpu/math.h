// Scalar mathematics without branches, which the compiler turns into vector code for each instruction set.
// Included only by *.simd.cc files. Everything is forced inline, so that the loops around it vectorise.
// Polynomials are minimax fits made with the Remez exchange; the largest errors are asserted in math_test.cc.
#pragma once

#include <float.h>
#include <math.h>
#include <stdint.h>

#ifndef RUNNEL_ISA
#define RUNNEL_ISA portable
#endif

#define RUNNEL_MATH static inline __attribute__((always_inline))

namespace runnel::inline v0::cpu::RUNNEL_ISA::math {

// --- building stones -------------------------------------------------------------------------------------------------

#if defined(__FMA__) || defined(__aarch64__)
constexpr bool kFusedMultiplyAdd = true;
RUNNEL_MATH float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
RUNNEL_MATH double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
constexpr bool kFusedMultiplyAdd = false;  // a call of fmaf would keep the loop from vectorising
RUNNEL_MATH float fma(float a, float b, float c) { return a * b + c; }
RUNNEL_MATH double fma(double a, double b, double c) { return a * b + c; }
#endif

RUNNEL_MATH int32_t bits(float x) { return __builtin_bit_cast(int32_t, x); }
RUNNEL_MATH int64_t bits(double x) { return __builtin_bit_cast(int64_t, x); }
RUNNEL_MATH float from_bits(int32_t x) { return __builtin_bit_cast(float, x); }
RUNNEL_MATH double from_bits(int64_t x) { return __builtin_bit_cast(double, x); }
RUNNEL_MATH float abs(float x) { return __builtin_fabsf(x); }
RUNNEL_MATH double abs(double x) { return __builtin_fabs(x); }
RUNNEL_MATH float with_sign(float x, float sign) { return __builtin_copysignf(x, sign); }
RUNNEL_MATH double with_sign(double x, double sign) { return __builtin_copysign(x, sign); }
RUNNEL_MATH float sqrt(float x) { return __builtin_sqrtf(x); }
RUNNEL_MATH double sqrt(double x) { return __builtin_sqrt(x); }

/// c0 + c1 x + c2 x^2 + ...
template <class T>
RUNNEL_MATH T poly(T, T c) {
  return c;
}
template <class T, class... Rest>
RUNNEL_MATH T poly(T x, T c0, Rest... rest) {
  return fma(poly(x, T(rest)...), x, c0);
}

// Adding it rounds to an integer, which then stands in the low bits.
constexpr float kRounderF = 0x1.8p23f;
constexpr double kRounder = 0x1.8p52;
constexpr float kInfF = __builtin_inff(), kNanF = __builtin_nanf("");
constexpr double kInf = __builtin_inf(), kNan = __builtin_nan("");

RUNNEL_MATH float pow2(int32_t k) { return from_bits((k + 127) << 23); }
RUNNEL_MATH double pow2(int64_t k) { return from_bits(int64_t(uint64_t(k + 1023) << 52)); }

// --- exponentials ----------------------------------------------------------------------------------------------------

/// x = n ln 2 + r and e^r - 1, for |x| below 127 ln 2 or so.
struct ExpPartsF {
  float n;
  int32_t k;
  float em1;
};
RUNNEL_MATH ExpPartsF exp_parts(float x) {
  float t = fma(x, 0x1.715476p0f, kRounderF);
  float n = t - kRounderF;
  float r = fma(n, -0x1.62e4p-1f, x);  // ln 2 in two parts; the first times n is exact
  r = fma(n, -0x1.7f7d1cp-20f, r);
  float q = poly(r, 0.4999999341f, 0.1666652011f, 0.04166839425f, 0.008368780674f, 0.001381447178f);
  return {n, bits(t) - bits(kRounderF), fma(r * r, q, r)};
}
struct ExpPartsD {
  double n;
  int64_t k;
  double em1;
};
RUNNEL_MATH ExpPartsD exp_parts(double x) {
  double t = fma(x, 0x1.71547652b82fep0, kRounder);
  double n = t - kRounder;
  double r = fma(n, -0x1.62e42fee00000p-1, x);
  r = fma(n, -0x1.a39ef35793c76p-33, r);
  double q = poly(r, 0.50000000000000010315, 0.16666666666666674589, 0.041666666666623817457, 0.0083333333333221424401,
                  0.0013888888917368432987, 0.00019841269886786431656, 2.4801521055959415096e-5,
                  2.7557242115079950705e-6, 2.7620202424318348551e-7, 2.5110134144819737482e-8);
  return {n, bits(t) - bits(kRounder), fma(r * r, q, r)};
}

/// e^x where the result is a normal number.
RUNNEL_MATH float exp_normal(float x) {
  ExpPartsF e = exp_parts(x);
  return (1.0f + e.em1) * pow2(e.k);
}
RUNNEL_MATH double exp_normal(double x) {
  ExpPartsD e = exp_parts(x);
  return (1.0 + e.em1) * pow2(e.k);
}
RUNNEL_MATH float exp(float x) {
  float c = x < -104.0f ? -104.0f : x;
  c = c > 89.0f ? 89.0f : c;
  ExpPartsF e = exp_parts(c);
  int32_t half = e.k >> 1;  // two factors, for results that are subnormal or overflow
  return (1.0f + e.em1) * pow2(half) * pow2(e.k - half);
}
RUNNEL_MATH double exp(double x) {
  double c = x < -746.0 ? -746.0 : x;
  c = c > 710.0 ? 710.0 : c;
  ExpPartsD e = exp_parts(c);
  int64_t half = bits(fma(e.n, 0.5, kRounder)) - bits(kRounder);
  return (1.0 + e.em1) * pow2(half) * pow2(e.k - half);
}

RUNNEL_MATH float expm1(float x) {
  float c = x < -18.0f ? -18.0f : x;
  c = c > 89.0f ? 89.0f : c;
  ExpPartsF e = exp_parts(c);
  float s = pow2(e.k - 1);
  float y = fma(s, e.em1, s - 0.5f) * 2.0f;
  return abs(x) < 0x1p-24f ? x : y;
}
RUNNEL_MATH double expm1(double x) {
  double c = x < -40.0 ? -40.0 : x;
  c = c > 710.0 ? 710.0 : c;
  ExpPartsD e = exp_parts(c);
  double s = pow2(e.k - 1);
  double y = fma(s, e.em1, s - 0.5) * 2.0;
  return abs(x) < 0x1p-53 ? x : y;
}

// --- logarithms ------------------------------------------------------------------------------------------------------

/// k ln 2 + log(1 + f), for f in [sqrt(1/2) - 1, sqrt(2) - 1].
RUNNEL_MATH float log_of_parts(float k, float f) {
  float f2 = f * f;
  float p = poly(f, 0.3333331261f, -0.2500000958f, 0.2000211818f, -0.1666799633f, 0.1421956094f, -0.1240558609f,
                 0.1188810439f, -0.1167564704f, 0.06746751203f);
  float low = fma(f2 * f, p, fma(k, 0x1.7f7d1cp-20f, -0.5f * f2));
  return fma(k, 0x1.62e4p-1f, f + low);
}
RUNNEL_MATH double log_of_parts(double k, double f) {
  double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
  double p = z * poly(z, 0.66666666666667344488, 0.39999999999414394246, 0.28571428742458657854, 0.22222198565179595943,
                      0.18183564776158256962, 0.15314038227997159471, 0.14796080643259953332);
  return fma(k, 0x1.62e42fee00000p-1, f - (half - fma(k, 0x1.a39ef35793c76p-33, s * (half + p))));
}

RUNNEL_MATH float log(float x) {
  bool subnormal = x < FLT_MIN;
  float scaled = subnormal ? x * 0x1p23f : x;
  int32_t u = int32_t(uint32_t(bits(scaled)) - 0x3f3504f3u);  // sqrt(1/2)
  float k = float(u >> 23) - (subnormal ? 23.0f : 0.0f);
  float y = log_of_parts(k, from_bits((u & 0x7fffff) + 0x3f3504f3) - 1.0f);
  y = x > 0.0f ? y : (x == 0.0f ? -kInfF : kNanF);
  return x == kInfF ? x : y;
}
/// For positive normal numbers.
RUNNEL_MATH double log_normal(double x) {
  constexpr int64_t kLow = 0x3fe6a09e667f3bcd;  // sqrt(1/2)
  uint64_t u = uint64_t(bits(x)) - kLow + (uint64_t(1024) << 52);
  double k = from_bits(int64_t((u >> 52) | 0x4330000000000000)) - (0x1p52 + 1024.0);
  return log_of_parts(k, from_bits(int64_t((u & 0xfffffffffffff) + kLow)) - 1.0);
}
RUNNEL_MATH double log(double x) {
  bool subnormal = x < DBL_MIN;
  double y = log_normal(subnormal ? x * 0x1p52 : x);
  y = subnormal ? y - 52 * 0x1.62e42fefa39efp-1 : y;
  y = x > 0.0 ? y : (x == 0.0 ? -kInf : kNan);
  return x == kInf ? x : y;
}

RUNNEL_MATH float log1p(float x) {
  float u = 1.0f + x;
  float lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
  int32_t b = int32_t(uint32_t(bits(u)) - 0x3f3504f3u), k = b >> 23;
  float rest = k < 60 ? lost * pow2(k < 60 ? -k : 0) : 0.0f;
  float f = (from_bits((b & 0x7fffff) + 0x3f3504f3) - 1.0f) + rest;
  float y = log_of_parts(float(k), f);
  y = x > -1.0f ? y : (x == -1.0f ? -kInfF : kNanF);
  y = abs(x) < 0x1p-24f ? x : y;
  return x == kInfF ? x : y;
}
RUNNEL_MATH double log1p(double x) { return __builtin_log1p(x); }

// --- functions made of them ------------------------------------------------------------------------------------------

template <class T>
RUNNEL_MATH T tanh(T x) {
  constexpr T kOne = sizeof(T) == 4 ? T(9.1) : T(19.1);  // from here on the result rounds to 1
  T a = abs(x);
  a = a > kOne ? kOne : a;
  auto e = exp_parts(a + a);
  auto s = pow2(e.k);
  T t = fma(s, e.em1, s - T(1));
  T y = with_sign(t / (t + T(2)), x);
  return a < (sizeof(T) == 4 ? T(0x1p-13) : T(0x1p-27)) ? x : y;
}

/// e^-|x| decides both sides, so that small results keep their relative accuracy.
template <class T>
RUNNEL_MATH T sigmoid(T x) {
  T e = exp(-abs(x));
  return (x < T(0) ? e : T(1)) / (T(1) + e);
}
template <class T>
RUNNEL_MATH T softplus(T x) {
  T y = log1p(exp(-abs(x)));
  return (x > T(0) ? x : T(0)) + (x == x ? y : x);
}

RUNNEL_MATH float erf(float x) {
  float a = abs(x), z = a * a;
  float small = fma(a, poly(z, 0.1283791664f, -0.3761263161f, 0.1128366398f, -0.02685770461f, 0.005196951212f,
                            -0.0008097695738f, 8.185067141e-5f), a);
  float c = a > 4.0f ? 4.0f : a;
  float large = 1.0f - exp_normal(poly(c, -0.00019568868f, -1.127675568f, -0.637182352f, -0.1039314989f, 0.02222687024f,
                                       -0.003043204153f, 0.0001959358244f));
  return with_sign(a < 0.94f ? small : large, x);
}
RUNNEL_MATH double erf(double x) { return __builtin_erf(x); }

/// x Phi(x), the Gaussian error linear unit, and its usual approximation by tanh.
template <class T>
RUNNEL_MATH T gelu(T x) {
  return T(0.5) * x * (T(1) + erf(x * T(0.70710678118654752440)));
}
template <class T>
RUNNEL_MATH T gelu_tanh(T x) {
  T inner = T(0.79788456080286535588) * fma(T(0.044715) * x * x, x, x);
  return T(0.5) * x * (T(1) + tanh(inner));
}

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA::math
