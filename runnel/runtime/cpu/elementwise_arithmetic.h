// The four operations and their kin.
#pragma once

#include "runnel/runtime/cpu/elementwise_rows.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

struct Add { template <class T> static T f(T a, T b) { return T(Wrap<T>(a) + Wrap<T>(b)); } };
struct Sub { template <class T> static T f(T a, T b) { return T(Wrap<T>(a) - Wrap<T>(b)); } };
struct Mul { template <class T> static T f(T a, T b) { return T(Wrap<T>(a) * Wrap<T>(b)); } };
struct Maximum { template <class T> static T f(T a, T b) { return a > b || a != a ? a : b; } };
struct Minimum { template <class T> static T f(T a, T b) { return a < b || a != a ? a : b; } };

static constexpr BinaryRow kBinary[] = {
    binary<Add, kFloats | kIntegers | kComplex>("AddV2"),
    binary<Sub, kFloats | kIntegers | kComplex>("Sub"),
    binary<Mul, kFloats | kIntegers | kComplex>("Mul"),
    binary<Maximum, kFloats | kIntegers>("Maximum"),
    binary<Minimum, kFloats | kIntegers>("Minimum"),
};

extern const ElementwiseTable arithmetic_table;
const ElementwiseTable arithmetic_table = {.binary = kBinary};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
