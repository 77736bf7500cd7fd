// The tables of elementwise kernels, as data. C headers only: shared by the files that are compiled per instruction set.
#pragma once

#include <stdint.h>

namespace runnel::inline v0::cpu {

// DType's codes, for files that cannot include dtype.h (elementwise.cc asserts that they agree).
constexpr int kFloat32Code = 1, kFloat64Code = 2, kInt32Code = 3, kUint8Code = 4, kInt16Code = 5, kInt8Code = 6,
              kComplex64Code = 8, kInt64Code = 9, kBoolCode = 10, kBfloat16Code = 14, kUint16Code = 17,
              kComplex128Code = 18, kFloat16Code = 19, kUint32Code = 22, kUint64Code = 23, kTypeCodes = 24;

constexpr uint32_t type_bit(int code) { return uint32_t(1) << code; }
constexpr uint32_t kHalves = type_bit(kFloat16Code) | type_bit(kBfloat16Code);
constexpr uint32_t kFullFloats = type_bit(kFloat32Code) | type_bit(kFloat64Code);
constexpr uint32_t kFloats = kHalves | kFullFloats;
constexpr uint32_t kSigned =
    type_bit(kInt8Code) | type_bit(kInt16Code) | type_bit(kInt32Code) | type_bit(kInt64Code);
constexpr uint32_t kUnsigned =
    type_bit(kUint8Code) | type_bit(kUint16Code) | type_bit(kUint32Code) | type_bit(kUint64Code);
constexpr uint32_t kIntegers = kSigned | kUnsigned;
constexpr uint32_t kComplex = type_bit(kComplex64Code) | type_bit(kComplex128Code);
constexpr uint32_t kBool = type_bit(kBoolCode);
constexpr uint32_t kAllTypes = kFloats | kIntegers | kComplex | kBool;
/// Compiled for every instruction set; the others once.
constexpr uint32_t kCommonTypes = kFloats | type_bit(kInt32Code) | type_bit(kInt64Code) | type_bit(kUint8Code) | kBool;

/// What a block may find in its data; bits, none set when all is well. The operator turns them into its error.
enum Fault : uint32_t {
  kNoFault = 0,
  kDivisionByZero = 1,  ///< "Integer division by zero"
  kNegativePower = 2,   ///< "Integers to negative integer powers are not allowed"
};

/// Contiguous blocks of n elements. y may be one of the inputs; otherwise they do not overlap.
using UnaryBlock = void (*)(const void* x, void* y, int64_t n);
using BinaryBlock = uint32_t (*)(const void* a, const void* b, void* y, int64_t n);  ///< Returns Fault bits.
using TernaryBlock = void (*)(const void* a, const void* b, const void* c, void* y, int64_t n);

// Rows are indexed by the type code of the (last) input. out: the type code of the result.
struct UnaryRow {
  const char* name;
  UnaryBlock run[kTypeCodes];
  uint8_t out[kTypeCodes];
};
struct BinaryRow {
  const char* name;
  BinaryBlock run[kTypeCodes][3];  // both arrays; the second one number; the first one number (null: repeat it)
  uint8_t out[kTypeCodes];
};
struct TernaryRow {
  const char* name;
  TernaryBlock run[kTypeCodes];
  uint8_t first[kTypeCodes];  // the type code of the first input
  uint8_t out[kTypeCodes];
};

template <class Row>
struct Rows {
  const Row* rows = nullptr;
  int count = 0;
  constexpr Rows() = default;
  template <int N>
  constexpr Rows(const Row (&array)[N]) : rows(array), count(N) {}
  const Row* begin() const { return rows; }
  const Row* end() const { return rows + count; }
};

/// A family of operators: what one source file defines.
struct ElementwiseTable {
  Rows<UnaryRow> unary{};
  Rows<BinaryRow> binary{};
  Rows<TernaryRow> ternary{};
};

/// Conversions, by the codes of source and result.
struct CastTable {
  UnaryBlock run[kTypeCodes][kTypeCodes];
};

}  // namespace runnel::inline v0::cpu
