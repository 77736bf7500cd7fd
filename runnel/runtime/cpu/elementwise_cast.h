// Conversions between all types. The common types among each other for every instruction set, the other pairs once.
#pragma once

#include "runnel/runtime/cpu/elementwise_rows.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

/// A float to a 32 or 64 bit signed integer, towards zero; NaN and what does not fit give the lowest number, as x86 does.
template <class Int, class Float>
static inline Int truncated(Float x) {
  constexpr Float kEnd = sizeof(Int) == 8 ? Float(0x1p63) : Float(0x1p31);
  constexpr Int kLowest = Int(sizeof(Int) == 8 ? INT64_MIN : int64_t(INT32_MIN));
  return x >= -kEnd && x < kEnd ? Int(x) : kLowest;
}

template <class To, class From>
static inline To converted(From x) {
  if constexpr (kIsFloat<From> && !kIsFloat<To> && !requires(To t) { t.real(); }) {
    if constexpr (CodeOf<To>::value == kBoolCode) return x != From(0);
    else if constexpr (CodeOf<To>::value == kUint64Code)
      return x >= From(0x1p63) && x < From(0x1p64) ? To(int64_t(x - From(0x1p63))) + (To(1) << 63) : To(truncated<int64_t>(x));
    else if constexpr (CodeOf<To>::value == kInt64Code || CodeOf<To>::value == kUint32Code) return To(truncated<int64_t>(x));
    else return To(truncated<int32_t>(x));
  } else if constexpr (requires { x.real(); } && requires(To t) { t.real(); }) {
    return To(x);
  } else if constexpr (requires { x.real(); }) {
    return converted<To>(x.real());
  } else if constexpr (requires(To t) { t.real(); }) {
    return To(typename To::value_type(x));
  } else {
    return To(x);  // to bool: whether it differs from zero; between integers: the low bits
  }
}

template <class To>
struct Cast {
  template <class From> static To f(From x) { return converted<To>(x); }
};

// A half goes through float on either side.
template <int From, int To>
void cast_block(const void* x, void* y, int64_t n) {
  constexpr bool kFromHalf = (type_bit(From) & kHalves) != 0, kToHalf = (type_bit(To) & kHalves) != 0;
  constexpr int kFrom = kFromHalf ? kFloat32Code : From, kTo = kToHalf ? kFloat32Code : To;
  using FromType = typename TypeOf<kFrom>::type;
  using ToType = typename TypeOf<kTo>::type;
  if constexpr (!kFromHalf && !kToHalf) {
    unary_block<Cast<ToType>, FromType>(x, y, n);
  } else {
    float in[kHalfBlock], out[kHalfBlock];
    for (int64_t i = 0; i < n; i += kHalfBlock) {
      int64_t m = n - i < kHalfBlock ? n - i : kHalfBlock;
      const void* from = in;
      void* to = out;
      if constexpr (kFromHalf) widen(static_cast<const typename HalfOf<From>::type*>(x) + i, in, m);
      else from = static_cast<const FromType*>(x) + i;
      if constexpr (!kToHalf) to = static_cast<ToType*>(y) + i;
      unary_block<Cast<ToType>, FromType>(from, to, m);
      if constexpr (kToHalf) narrow(out, static_cast<typename HalfOf<To>::type*>(y) + i, m);
    }
  }
}

template <int From>
constexpr void set_casts_from(CastTable& table) {
#ifdef RUNNEL_CAST_RARE
#define RUNNEL_SET(TO) if constexpr ((type_bit(From) | type_bit(TO)) & ~kCommonTypes) table.run[From][TO] = cast_block<From, TO>;
#else
#define RUNNEL_SET(TO) if constexpr (((type_bit(From) | type_bit(TO)) & ~kCommonTypes) == 0) table.run[From][TO] = cast_block<From, TO>;
#endif
  RUNNEL_EACH_CODE(RUNNEL_SET)
#undef RUNNEL_SET
}
static constexpr CastTable all_casts() {
  CastTable table{};
#define RUNNEL_SET(FROM) set_casts_from<FROM>(table);
  RUNNEL_EACH_CODE(RUNNEL_SET)
#undef RUNNEL_SET
  return table;
}

extern const CastTable cast_table;
constinit const CastTable cast_table = all_casts();

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
