// How a table of elementwise kernels is written: one row an operator. Included by the *.simd.cc families and by their
// *.once.cc twins, which compile the same rows for the rarer types a single time (RUNNEL_ISA is `once` there).
//
//   struct Square { template <class T> static T f(T x) { return wrap_mul(x, x); } };
//   constexpr UnaryRow kUnary[] = { unary<Square, kFloats | kIntegers>("Square"), ... };
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/elementwise_table.h"
#include "runnel/runtime/cpu/half_block.h"

#if defined(__clang__)
#define RUNNEL_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define RUNNEL_INDEPENDENT _Pragma("GCC ivdep")  // y may be x: elements do not depend on each other
#endif

namespace runnel::inline v0::cpu::RUNNEL_ISA {

// --- types -----------------------------------------------------------------------------------------------------------

template <int Code>
struct TypeOf;
template <class T>
struct CodeOf;
#define RUNNEL_TYPE(CODE, T) \
  template <>                \
  struct TypeOf<CODE> {      \
    using type = T;          \
  };                         \
  template <>                \
  struct CodeOf<T> {         \
    static constexpr int value = CODE; \
  };
RUNNEL_TYPE(kFloat32Code, float)
RUNNEL_TYPE(kFloat64Code, double)
RUNNEL_TYPE(kInt32Code, int32_t)
RUNNEL_TYPE(kUint8Code, uint8_t)
RUNNEL_TYPE(kInt16Code, int16_t)
RUNNEL_TYPE(kInt8Code, int8_t)
RUNNEL_TYPE(kInt64Code, int64_t)
RUNNEL_TYPE(kBoolCode, bool)
RUNNEL_TYPE(kUint16Code, uint16_t)
RUNNEL_TYPE(kUint32Code, uint32_t)
RUNNEL_TYPE(kUint64Code, uint64_t)

/// The types that this compilation makes kernels for; the others are null here and found in the twin.
#ifndef RUNNEL_COMPILED_TYPES
#define RUNNEL_COMPILED_TYPES kCommonTypes
#endif
constexpr uint32_t kCompiled = RUNNEL_COMPILED_TYPES;

// Arithmetic of integers wraps around, as unsigned arithmetic does.
template <class T>
struct Unsigned {
  using type = T;
};
template <>
struct Unsigned<int8_t> {
  using type = uint32_t;
};
template <>
struct Unsigned<int16_t> {
  using type = uint32_t;
};
template <>
struct Unsigned<uint16_t> {
  using type = uint32_t;
};
template <>
struct Unsigned<int32_t> {
  using type = uint32_t;
};
template <>
struct Unsigned<int64_t> {
  using type = uint64_t;
};
template <class T>
using Wrap = typename Unsigned<T>::type;
template <class T>
constexpr bool kIsFloat = false;
template <>
inline constexpr bool kIsFloat<float> = true;
template <>
inline constexpr bool kIsFloat<double> = true;
template <class T>
constexpr bool kIsSigned = T(-1) < T(0);
// The three operations that complex numbers do in their own way (elementwise_once.h).
template <class T>
static inline T times(T a, T b) {
  return T(Wrap<T>(a) * Wrap<T>(b));
}
template <class T>
static inline T conjugate(T a) {
  return a;
}
template <class T>
static inline bool is_zero(T a) {
  return a == T(0);
}

// --- unary -----------------------------------------------------------------------------------------------------------

template <class F, class T>
__attribute__((noinline, flatten)) void unary_block(const void* x, void* y, int64_t n) {
  using R = decltype(F::f(T()));
  const T* in = static_cast<const T*>(x);
  R* out = static_cast<R*>(y);
  if constexpr (requires { F::hard(in[0]); } && sizeof(T) == sizeof(float)) {
    uint32_t hard = 0;
    for (int64_t i = 0; i < n; ++i) hard |= uint32_t(F::hard(in[i]));
    if (hard) {  // rare arguments that the vector code cannot take
      for (int64_t i = 0; i < n; ++i) out[i] = F::hard(in[i]) ? F::slow(in[i]) : F::f(in[i]);
      return;
    }
  }
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) out[i] = F::f(in[i]);
}

/// Halves: to float, block by block, and back with one rounding.
template <class F, class Half>
void unary_half(const void* x, void* y, int64_t n) {
  using R = decltype(F::f(float()));
  float in[kHalfBlock];
  for (int64_t i = 0; i < n; i += kHalfBlock) {
    int64_t m = n - i < kHalfBlock ? n - i : kHalfBlock;
    widen(static_cast<const Half*>(x) + i, in, m);
    if constexpr (sizeof(R) == sizeof(float)) {
      unary_block<F, float>(in, in, m);
      narrow(in, static_cast<Half*>(y) + i, m);
    } else {
      unary_block<F, float>(in, static_cast<R*>(y) + i, m);
    }
  }
}

template <class F, uint32_t Types, int Code>
constexpr void set_unary(UnaryRow& row) {
  if constexpr ((Types & kCompiled & type_bit(Code)) != 0) {
    if constexpr (Code == kFloat16Code || Code == kBfloat16Code) {
      using Half = typename HalfOf<Code>::type;
      row.run[Code] = unary_half<F, Half>;
      row.out[Code] = sizeof(F::f(float())) == sizeof(float) ? Code : CodeOf<decltype(F::f(float()))>::value;
    } else {
      using T = typename TypeOf<Code>::type;
      row.run[Code] = unary_block<F, T>;
      row.out[Code] = CodeOf<decltype(F::f(T()))>::value;
    }
  }
}

#define RUNNEL_EACH_CODE(DO)                                                                                       \
  DO(kFloat32Code) DO(kFloat64Code) DO(kFloat16Code) DO(kBfloat16Code) DO(kInt8Code) DO(kInt16Code) DO(kInt32Code) \
  DO(kInt64Code) DO(kUint8Code) DO(kUint16Code) DO(kUint32Code) DO(kUint64Code) DO(kBoolCode) DO(kComplex64Code)   \
  DO(kComplex128Code)

/// The row of an operator y = F::f(x) for the given types.
template <class F, uint32_t Types>
constexpr UnaryRow unary(const char* name) {
  UnaryRow row{name, {}, {}};
#define RUNNEL_SET(CODE) set_unary<F, Types, CODE>(row);
  RUNNEL_EACH_CODE(RUNNEL_SET)
#undef RUNNEL_SET
  return row;
}

// --- binary ----------------------------------------------------------------------------------------------------------

/// How the operands of a block lie: both arrays, the second one number, or the first one number.
enum Mode { kArrays = 0, kSecondOne = 1, kFirstOne = 2 };

template <class F, class T, int M>
__attribute__((noinline, flatten)) uint32_t binary_block(const void* a, const void* b, void* y, int64_t n) {
  using R = decltype(F::f(T(), T()));
  const T* p = static_cast<const T*>(a);
  const T* q = static_cast<const T*>(b);
  R* out = static_cast<R*>(y);
  if constexpr (requires { F::fault(T(), T()); }) {  // a first pass looks for what the operator refuses
    uint32_t fault = 0;
    for (int64_t i = 0; i < n; ++i) fault |= F::fault(p[M == kFirstOne ? 0 : i], q[M == kSecondOne ? 0 : i]);
    if (fault) return fault;
  }
  if constexpr (M == kArrays) {
    RUNNEL_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) out[i] = F::f(p[i], q[i]);
  } else if constexpr (M == kSecondOne) {
    const T one = *q;
    RUNNEL_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) out[i] = F::f(p[i], one);
  } else {
    const T one = *p;
    RUNNEL_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) out[i] = F::f(one, q[i]);
  }
  return 0;
}

template <class F, class Half, int M>
uint32_t binary_half(const void* a, const void* b, void* y, int64_t n) {
  using R = decltype(F::f(float(), float()));
  float p[kHalfBlock], q[kHalfBlock];
  if (M == kFirstOne) widen(static_cast<const Half*>(a), p, 1);
  if (M == kSecondOne) widen(static_cast<const Half*>(b), q, 1);
  for (int64_t i = 0; i < n; i += kHalfBlock) {
    int64_t m = n - i < kHalfBlock ? n - i : kHalfBlock;
    if (M != kFirstOne) widen(static_cast<const Half*>(a) + i, p, m);
    if (M != kSecondOne) widen(static_cast<const Half*>(b) + i, q, m);
    if constexpr (sizeof(R) == sizeof(float)) {
      float* r = M == kFirstOne ? q : p;
      binary_block<F, float, M>(p, q, r, m);
      narrow(r, static_cast<Half*>(y) + i, m);
    } else {
      binary_block<F, float, M>(p, q, static_cast<R*>(y) + i, m);
    }
  }
  return 0;
}

template <class F, uint32_t Types, int Code, int M>
constexpr void set_binary(BinaryRow& row) {
  if constexpr ((Types & kCompiled & type_bit(Code)) != 0) {
    if constexpr (Code == kFloat16Code || Code == kBfloat16Code) {
      using R = decltype(F::f(float(), float()));
      row.run[Code][M] = binary_half<F, typename HalfOf<Code>::type, M>;
      row.out[Code] = sizeof(R) == sizeof(float) ? Code : CodeOf<R>::value;
    } else {
      using T = typename TypeOf<Code>::type;
      row.run[Code][M] = binary_block<F, T, M>;
      row.out[Code] = CodeOf<decltype(F::f(T(), T()))>::value;
    }
  }
}

/// The row of an operator y = F::f(a, b), with loops of their own for an operand that is one number.
template <class F, uint32_t Types>
constexpr BinaryRow binary(const char* name) {
  BinaryRow row{name, {}, {}};
#define RUNNEL_SET(CODE)                       \
  set_binary<F, Types, CODE, kArrays>(row);    \
  set_binary<F, Types, CODE, kSecondOne>(row); \
  set_binary<F, Types, CODE, kFirstOne>(row);
  RUNNEL_EACH_CODE(RUNNEL_SET)
#undef RUNNEL_SET
  return row;
}
/// The same for functions so heavy that repeating a number in memory costs nothing beside them.
template <class F, uint32_t Types>
constexpr BinaryRow heavy_binary(const char* name) {
  BinaryRow row{name, {}, {}};
#define RUNNEL_SET(CODE) set_binary<F, Types, CODE, kArrays>(row);
  RUNNEL_EACH_CODE(RUNNEL_SET)
#undef RUNNEL_SET
  return row;
}

// --- ternary ---------------------------------------------------------------------------------------------------------

/// A is the type of the first operand: T, or bool for a selection.
template <class F, class A, class T>
__attribute__((noinline, flatten)) void ternary_block(const void* a, const void* b, const void* c, void* y, int64_t n) {
  using R = decltype(F::f(A(), T(), T()));
  const A* p = static_cast<const A*>(a);
  const T* q = static_cast<const T*>(b);
  const T* r = static_cast<const T*>(c);
  R* out = static_cast<R*>(y);
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) out[i] = F::f(p[i], q[i], r[i]);
}

template <class F, class Half>
void ternary_half(const void* a, const void* b, const void* c, void* y, int64_t n) {
  float p[kHalfBlock], q[kHalfBlock], r[kHalfBlock];
  for (int64_t i = 0; i < n; i += kHalfBlock) {
    int64_t m = n - i < kHalfBlock ? n - i : kHalfBlock;
    widen(static_cast<const Half*>(a) + i, p, m);
    widen(static_cast<const Half*>(b) + i, q, m);
    widen(static_cast<const Half*>(c) + i, r, m);
    ternary_block<F, float, float>(p, q, r, p, m);
    narrow(p, static_cast<Half*>(y) + i, m);
  }
}

template <class F, uint32_t Types, int Code>
constexpr void set_ternary(TernaryRow& row) {
  if constexpr ((Types & kCompiled & type_bit(Code)) != 0) {
    row.first[Code] = Code;
    if constexpr (Code == kFloat16Code || Code == kBfloat16Code) {
      row.run[Code] = ternary_half<F, typename HalfOf<Code>::type>;
      row.out[Code] = Code;
    } else {
      using T = typename TypeOf<Code>::type;
      row.run[Code] = ternary_block<F, T, T>;
      row.out[Code] = CodeOf<decltype(F::f(T(), T(), T()))>::value;
    }
  }
}

/// The row of an operator y = F::f(a, b, c).
template <class F, uint32_t Types>
constexpr TernaryRow ternary(const char* name) {
  TernaryRow row{name, {}, {}, {}};
#define RUNNEL_SET(CODE) set_ternary<F, Types, CODE>(row);
  RUNNEL_EACH_CODE(RUNNEL_SET)
#undef RUNNEL_SET
  return row;
}

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
