// Blocks of float16 and bfloat16 to float and back, rounding to nearest even. C headers only.
#pragma once

#include <stdint.h>
#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "runnel/runtime/cpu/elementwise_table.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

constexpr int64_t kHalfBlock = 512;  // elements converted at a time; three such float blocks stay in L1

struct Half {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};
template <int Code>
struct HalfOf {
  using type = Half;
};
template <>
struct HalfOf<kBfloat16Code> {
  using type = Bfloat16;
};

static inline float to_float(Half h) {
  uint32_t magnitude = uint32_t(h.bits & 0x7fff) << 13, sign = uint32_t(h.bits & 0x8000) << 16;
  float subnormal = float(int32_t(magnitude)) * 0x1p-37f;  // by way of an integer: denormal floats are flushed to zero
  uint32_t x = magnitude >= 0x00800000u ? magnitude + 0x38000000u : __builtin_bit_cast(uint32_t, subnormal);
  x = magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : x;
  return __builtin_bit_cast(float, x | sign);
}
static inline Half to_half(float f) {
  uint32_t x = __builtin_bit_cast(uint32_t, f), sign = (x >> 16) & 0x8000u;
  x &= 0x7fffffffu;
  uint32_t normal = (x + 0xfffu + ((x >> 13) & 1u) - 0x38000000u) >> 13;
  float shifted = __builtin_bit_cast(float, x) + 0.5f;  // the addition rounds at a subnormal's last bit
  uint32_t subnormal = __builtin_bit_cast(uint32_t, shifted) - 0x3f000000u;
  uint32_t y = x >= 0x38800000u ? normal : subnormal;
  y = x >= 0x477ff000u ? 0x7c00u : y;
  y = x > 0x7f800000u ? (0x7e00u | ((x >> 13) & 0x3ffu)) : y;
  return Half{uint16_t(y | sign)};
}
static inline float to_float(Bfloat16 b) { return __builtin_bit_cast(float, uint32_t(b.bits) << 16); }
static inline Bfloat16 to_bfloat16(float f) {
  uint32_t x = __builtin_bit_cast(uint32_t, f);
  uint32_t rounded = (x + 0x7fffu + ((x >> 16) & 1u)) >> 16;
  uint32_t nan = ((x >> 16) & 0x8000u) | 0x7fc0u;
  return Bfloat16{uint16_t((x & 0x7fffffffu) > 0x7f800000u ? nan : rounded)};
}

inline __attribute__((noinline)) void widen(const Half* x, float* y, int64_t n) {
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
#endif
  for (; i < n; ++i) y[i] = to_float(x[i]);
}
inline __attribute__((noinline)) void narrow(const float* x, Half* y, int64_t n) {
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), 0));
#endif
  for (; i < n; ++i) y[i] = to_half(x[i]);
}
inline __attribute__((noinline)) void widen(const Bfloat16* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = to_float(x[i]);
}
inline __attribute__((noinline)) void narrow(const float* x, Bfloat16* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = to_bfloat16(x[i]);
}

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
