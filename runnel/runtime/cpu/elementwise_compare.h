// Comparisons, logic and selection.
#pragma once

#include "runnel/runtime/cpu/elementwise_rows.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

struct Equal { template <class T> static bool f(T a, T b) { return a == b; } };
struct NotEqual { template <class T> static bool f(T a, T b) { return a != b; } };
struct Less { template <class T> static bool f(T a, T b) { return a < b; } };
struct LessEqual { template <class T> static bool f(T a, T b) { return a <= b; } };
struct Greater { template <class T> static bool f(T a, T b) { return a > b; } };
struct GreaterEqual { template <class T> static bool f(T a, T b) { return a >= b; } };
struct LogicalAnd { template <class T> static bool f(T a, T b) { return a & b; } };
struct LogicalOr { template <class T> static bool f(T a, T b) { return a | b; } };
struct LogicalNot { template <class T> static bool f(T a) { return !a; } };

struct Choose {
  // By a mask: compilers make a branch of c ? a : b, which is slow where c is random.
  template <class T>
  static T f(bool c, T a, T b) {
    if constexpr (sizeof(T) > sizeof(uint64_t)) return c ? a : b;
    else return T(b ^ ((a ^ b) & (T(0) - T(c))));
  }
};
/// NaN stays; where the limits cross, the upper one holds.
struct Clip {
  template <class T> static T f(T x, T low, T high) {
    T y = x < low ? low : x;
    return y > high ? high : y;
  }
};
struct ApproximateEqual {
  template <class T> static bool f(T a, T b, T tolerance) {
    T d = a - b;
    return (d < T(0) ? -d : d) < tolerance;
  }
};

struct Raw128 {  // complex128 when only moved
  uint64_t parts[2];
};

/// Selection moves bits: one loop per element size serves all types.
static constexpr TernaryRow selection(const char* name) {
  TernaryRow row{name, {}, {}, {}};
  TernaryBlock by_size[17] = {};
  by_size[1] = ternary_block<Choose, bool, uint8_t>;
  by_size[2] = ternary_block<Choose, bool, uint16_t>;
  by_size[4] = ternary_block<Choose, bool, uint32_t>;
  by_size[8] = ternary_block<Choose, bool, uint64_t>;
  by_size[16] = ternary_block<Choose, bool, Raw128>;
  constexpr struct { int code, size; } kSizes[] = {
      {kBoolCode, 1},    {kInt8Code, 1},    {kUint8Code, 1},  {kInt16Code, 2},  {kUint16Code, 2},
      {kFloat16Code, 2}, {kBfloat16Code, 2}, {kInt32Code, 4},  {kUint32Code, 4}, {kFloat32Code, 4},
      {kInt64Code, 8},   {kUint64Code, 8},  {kFloat64Code, 8}, {kComplex64Code, 8}, {kComplex128Code, 16}};
  for (auto [code, size] : kSizes) {
    row.run[code] = kCompiled & type_bit(kBoolCode) ? by_size[size] : nullptr;
    row.first[code] = kBoolCode;
    row.out[code] = uint8_t(code);
  }
  return row;
}

static constexpr UnaryRow kUnary[] = {unary<LogicalNot, kBool>("LogicalNot")};
static constexpr BinaryRow kBinary[] = {
    binary<Equal, kAllTypes>("Equal"),
    binary<NotEqual, kAllTypes>("NotEqual"),
    binary<Less, kFloats | kIntegers>("Less"),
    binary<LessEqual, kFloats | kIntegers>("LessEqual"),
    binary<Greater, kFloats | kIntegers>("Greater"),
    binary<GreaterEqual, kFloats | kIntegers>("GreaterEqual"),
    heavy_binary<LogicalAnd, kBool>("LogicalAnd"),
    heavy_binary<LogicalOr, kBool>("LogicalOr"),
};
static constexpr TernaryRow kTernary[] = {
    selection("SelectV2"),
    selection("Select"),
    ternary<Clip, kFloats | kIntegers>("ClipByValue"),
    ternary<ApproximateEqual, kFullFloats>("ApproximateEqual"),
};

extern const ElementwiseTable compare_table;
const ElementwiseTable compare_table = {.unary = kUnary, .binary = kBinary, .ternary = kTernary};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
