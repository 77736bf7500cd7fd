// float16 and bfloat16: storage types whose arithmetic goes through float and rounds to nearest even, as TensorFlow's does.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace runnel::inline v0 {

namespace detail {
constexpr float half_to_float(uint16_t h) {
  uint32_t sign = uint32_t(h & 0x8000u) << 16, exponent = (h >> 10) & 0x1f, mantissa = h & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  float magnitude = float(mantissa) * 0x1p-24f;  // subnormal
  return sign ? -magnitude : magnitude;
}
constexpr uint16_t float_to_half(float f) {
  uint32_t x = std::bit_cast<uint32_t>(f), sign = (x >> 16) & 0x8000u;
  x &= 0x7fffffffu;
  if (x > 0x7f800000u) return uint16_t(sign | 0x7e00u | ((x >> 13) & 0x3ffu));  // NaN
  if (x >= 0x477ff000u) return uint16_t(sign | 0x7c00u);                        // rounds to infinity
  if (x >= 0x38800000u) {                                                       // normal
    uint32_t rounded = x + 0xfffu + ((x >> 13) & 1u);
    return uint16_t(sign | ((rounded - 0x38000000u) >> 13));
  }
  // subnormal: adding 0.5 places the rounding at the right bit
  float shifted = std::bit_cast<float>(x) + 0.5f;
  return uint16_t(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
}
constexpr float bfloat16_to_float(uint16_t b) { return std::bit_cast<float>(uint32_t(b) << 16); }
constexpr uint16_t float_to_bfloat16(float f) {
  uint32_t x = std::bit_cast<uint32_t>(f);
  if ((x & 0x7fffffffu) > 0x7f800000u) return uint16_t((x >> 16 & 0x8000u) | 0x7fc0u);
  return uint16_t((x + 0x7fffu + ((x >> 16) & 1u)) >> 16);
}
}  // namespace detail

#define RUNNEL_HALF_TYPE(NAME, TO_FLOAT, FROM_FLOAT)                                 \
  struct NAME {                                                                      \
    uint16_t bits = 0;                                                               \
    constexpr NAME() = default;                                                      \
    constexpr NAME(float f) : bits(FROM_FLOAT(f)) {}                                 \
    constexpr NAME(double d) : NAME(float(d)) {}                                     \
    constexpr NAME(int i) : NAME(float(i)) {}                                        \
    constexpr operator float() const { return TO_FLOAT(bits); }                      \
    static constexpr NAME from_bits(uint16_t b) {                                    \
      NAME x;                                                                        \
      x.bits = b;                                                                    \
      return x;                                                                      \
    }                                                                                \
    friend constexpr NAME operator+(NAME a, NAME b) { return NAME(float(a) + float(b)); } \
    friend constexpr NAME operator-(NAME a, NAME b) { return NAME(float(a) - float(b)); } \
    friend constexpr NAME operator*(NAME a, NAME b) { return NAME(float(a) * float(b)); } \
    friend constexpr NAME operator/(NAME a, NAME b) { return NAME(float(a) / float(b)); } \
    friend constexpr NAME operator-(NAME a) { return from_bits(uint16_t(a.bits ^ 0x8000u)); } \
    constexpr NAME& operator+=(NAME b) { return *this = *this + b; }                 \
    constexpr NAME& operator-=(NAME b) { return *this = *this - b; }                 \
    constexpr NAME& operator*=(NAME b) { return *this = *this * b; }                 \
    constexpr NAME& operator/=(NAME b) { return *this = *this / b; }                 \
    friend constexpr bool operator==(NAME a, NAME b) { return float(a) == float(b); } \
    friend constexpr bool operator!=(NAME a, NAME b) { return float(a) != float(b); } \
    friend constexpr bool operator<(NAME a, NAME b) { return float(a) < float(b); }  \
    friend constexpr bool operator<=(NAME a, NAME b) { return float(a) <= float(b); } \
    friend constexpr bool operator>(NAME a, NAME b) { return float(a) > float(b); }  \
    friend constexpr bool operator>=(NAME a, NAME b) { return float(a) >= float(b); } \
  };

/// IEEE 754 binary16 (1 sign, 5 exponent, 10 mantissa bits).
RUNNEL_HALF_TYPE(half_t, detail::half_to_float, detail::float_to_half)
/// The upper half of a float (1 sign, 8 exponent, 7 mantissa bits).
RUNNEL_HALF_TYPE(bfloat16_t, detail::bfloat16_to_float, detail::float_to_bfloat16)
#undef RUNNEL_HALF_TYPE

}  // namespace runnel::inline v0
