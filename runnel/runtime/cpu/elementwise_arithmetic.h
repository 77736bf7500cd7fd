// The four operations and their kin: one row an operator, for all types.
#pragma once

#include "runnel/runtime/cpu/elementwise_rows.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

struct Add { template <class T> static T f(T a, T b) { return T(Wrap<T>(a) + Wrap<T>(b)); } };
struct Sub { template <class T> static T f(T a, T b) { return T(Wrap<T>(a) - Wrap<T>(b)); } };
struct Mul { template <class T> static T f(T a, T b) { return times(a, b); } };
struct RealDiv { template <class T> static T f(T a, T b) { return a / b; } };
// NaN wins, and of equals the first.
struct Maximum { template <class T> static T f(T a, T b) { return a < b || b != b ? b : a; } };
struct Minimum { template <class T> static T f(T a, T b) { return a > b || b != b ? b : a; } };
struct SquaredDifference {
  template <class T> static T f(T a, T b) {
    T d = Sub::f(a, b);
    return times(d, conjugate(d));
  }
};
struct DivNoNan { template <class T> static T f(T a, T b) { return is_zero(b) ? T(0) : a / b; } };
struct MulNoNan { template <class T> static T f(T a, T b) { return is_zero(b) ? T(0) : times(a, b); } };
struct Xdivy { template <class T> static T f(T a, T b) { return is_zero(a) ? T(0) : a / b; } };

static constexpr BinaryRow kBinary[] = {
    binary<Add, kFloats | kIntegers | kComplex>("AddV2"),
    binary<Add, kFloats | kIntegers | kComplex>("Add"),
    binary<Sub, kFloats | kIntegers | kComplex>("Sub"),
    binary<Mul, kFloats | kIntegers | kComplex>("Mul"),
    binary<RealDiv, kFloats | kComplex>("RealDiv"),
    binary<RealDiv, kFloats | kComplex>("Div"),  // of integers: elementwise_integer.h
    binary<Maximum, kFloats | kIntegers>("Maximum"),
    binary<Minimum, kFloats | kIntegers>("Minimum"),
    binary<SquaredDifference, kFloats | kSigned | kComplex>("SquaredDifference"),
    binary<DivNoNan, kFloats | kComplex>("DivNoNan"),
    binary<MulNoNan, kFloats | kComplex>("MulNoNan"),
    binary<Xdivy, kFloats | kComplex>("Xdivy"),
};

extern const ElementwiseTable arithmetic_table;
const ElementwiseTable arithmetic_table = {.binary = kBinary};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
