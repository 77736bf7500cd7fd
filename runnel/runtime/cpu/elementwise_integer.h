// Division in all its roundings, shifts and bits, and powers of integers.
#pragma once

#include "runnel/runtime/cpu/elementwise_rows.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

/// a / b towards zero; the lowest number divided by -1 wraps around to itself.
template <class T>
static inline T quotient(T a, T b) {
  return kIsSigned<T> && b == T(-1) ? T(Wrap<T>(0) - Wrap<T>(a)) : T(a / b);
}
template <class T>
static inline T remainder(T a, T b) {
  return kIsSigned<T> && b == T(-1) ? T(0) : T(a % b);
}
static inline float remainder(float a, float b) { return __builtin_fmodf(a, b); }
static inline double remainder(double a, double b) { return __builtin_fmod(a, b); }

/// For integers, a zero divisor is refused before anything is computed.
struct Divides {
  template <class T> static uint32_t fault(T, T b) requires(!kIsFloat<T>) { return b == T(0) ? uint32_t(kDivisionByZero) : 0; }
};

struct TruncateDiv : Divides {
  template <class T> static T f(T a, T b) {
    if constexpr (sizeof(T) == 4 && kIsFloat<T>) return __builtin_truncf(a / b);
    else if constexpr (kIsFloat<T>) return __builtin_trunc(a / b);
    else return quotient(a, b);
  }
};
struct FloorDiv : Divides {
  template <class T> static T f(T a, T b) {
    if constexpr (sizeof(T) == 4 && kIsFloat<T>) return __builtin_floorf(a / b);
    else if constexpr (kIsFloat<T>) return __builtin_floor(a / b);
    else return T(quotient(a, b) - T((a < 0) != (b < 0) && remainder(a, b) != 0));
  }
};
struct FloorMod : Divides {
  template <class T> static T f(T a, T b) {
    T r = remainder(a, b);
    return r != T(0) && (r < T(0)) != (b < T(0)) ? T(r + b) : r;
  }
};
struct TruncateMod : Divides { template <class T> static T f(T a, T b) { return remainder(a, b); } };

// Shifting by the width or more is the same as by the width less one, as in TensorFlow.
template <class T>
static inline uint32_t shift_count(T n) {
  constexpr T kMost = T(sizeof(T) * 8 - 1);
  return uint32_t(kIsSigned<T> && n < T(0) ? T(0) : n > kMost ? kMost : n);
}
struct LeftShift { template <class T> static T f(T a, T n) { return T(Wrap<T>(a) << shift_count(n)); } };
struct RightShift { template <class T> static T f(T a, T n) { return T(a >> shift_count(n)); } };
struct BitwiseAnd { template <class T> static T f(T a, T b) { return T(a & b); } };
struct BitwiseOr { template <class T> static T f(T a, T b) { return T(a | b); } };
struct BitwiseXor { template <class T> static T f(T a, T b) { return T(a ^ b); } };

struct IntegerPow {
  template <class T> static uint32_t fault(T, T y) { return kIsSigned<T> && y < T(0) ? uint32_t(kNegativePower) : 0; }
  template <class T> static T f(T x, T y) {
    T result = 1;
    for (; y > 0; y = T(y >> 1), x = times(x, x))
      if (y & 1) result = times(result, x);
    return result;
  }
};

struct Invert { template <class T> static T f(T x) { return T(~x); } };
struct PopulationCount {
  template <class T> static uint8_t f(T x) {
    uint64_t bits = uint64_t(x) & (~uint64_t(0) >> (64 - 8 * sizeof(T)));
    bits -= (bits >> 1) & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return uint8_t((bits * 0x0101010101010101) >> 56);
  }
};

static constexpr UnaryRow kUnary[] = {
    unary<Invert, kIntegers>("Invert"),
    unary<PopulationCount, kIntegers>("PopulationCount"),
};
static constexpr BinaryRow kBinary[] = {
    heavy_binary<TruncateDiv, kIntegers>("Div"),
    heavy_binary<TruncateDiv, kIntegers | kFloats>("TruncateDiv"),
    heavy_binary<FloorDiv, kIntegers | kFloats>("FloorDiv"),
    heavy_binary<FloorMod, kIntegers | kFloats>("FloorMod"),
    heavy_binary<TruncateMod, kIntegers | kFloats>("TruncateMod"),
    heavy_binary<TruncateMod, kIntegers | kFloats>("Mod"),
    heavy_binary<IntegerPow, kIntegers>("Pow"),
    heavy_binary<LeftShift, kIntegers>("LeftShift"),
    heavy_binary<RightShift, kIntegers>("RightShift"),
    heavy_binary<BitwiseAnd, kIntegers>("BitwiseAnd"),
    heavy_binary<BitwiseOr, kIntegers>("BitwiseOr"),
    heavy_binary<BitwiseXor, kIntegers>("BitwiseXor"),
};

extern const ElementwiseTable integer_table;
const ElementwiseTable integer_table = {.unary = kUnary, .binary = kBinary};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
