#include "runnel/keras/ops/promotion.h"

#include <bit>

#include "runnel/base/error.h"
#include "runnel/keras/fields.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras::ops {

namespace {

// Nodes of the lattice. kWeakInt and kWeakFloat stand for numbers without a dtype.
enum Node { kBool, kU8, kU16, kU32, kU64, kWeakInt, kI8, kI16, kI32, kI64, kWeakFloat, kBf16, kF16, kF32, kF64, kC64, kC128, kNodes };
using Set = uint32_t;
constexpr Set bit(Node n) { return Set(1) << n; }

// The next higher types of each.
constexpr Set kHigher[kNodes] = {
    bit(kWeakInt), bit(kI16) | bit(kU16), bit(kI32) | bit(kU32), bit(kI64) | bit(kU64), bit(kWeakFloat),
    bit(kU8) | bit(kI8) | bit(kC64), bit(kI16), bit(kI32), bit(kI64), bit(kWeakFloat), bit(kBf16) | bit(kF16), bit(kF32), bit(kF32),
    bit(kF64) | bit(kC64), bit(kC128), bit(kC128), 0};
constexpr DType::Code kCodes[kNodes] = {
    DType::kBool, DType::kUint8, DType::kUint16, DType::kUint32, DType::kUint64, DType::kInt32, DType::kInt8, DType::kInt16, DType::kInt32,
    DType::kInt64, DType::kFloat32, DType::kBfloat16, DType::kFloat16, DType::kFloat32, DType::kFloat64, DType::kComplex64, DType::kComplex128};

Set upper_bounds(Node node) {
  Set all = bit(node);
  for (Set last = 0; last != all;) {
    last = all;
    for (int n = 0; n < kNodes; ++n)
      if (all & bit(Node(n))) all |= kHigher[n];
  }
  return all;
}

Node node_of(DType dtype, bool weak) {
  if (weak && dtype.is_integer()) return kWeakInt;
  if (weak && dtype.is_floating()) return kWeakFloat;
  for (int n = 0; n < kNodes; ++n)
    if (n != kWeakInt && n != kWeakFloat && kCodes[n] == dtype.code()) return Node(n);
  fail<ValueError>("", cat("dtype='", dtype.name(), "' is not a valid dtype for Keras type promotion."));
}

[[noreturn]] void no_path(std::span<const Promotable> types) {
  std::vector<std::string> names;
  for (const Promotable& t : types) names.push_back(cat("'", t.dtype.name(), "'"));
  fail<ValueError>("", cat("Input dtypes (", join(names), ") have no available implicit dtype promotion path. Try explicitly casting inputs to "
                           "the desired output type."));
}

// The lowest of the common upper bounds; one of the given nodes where it is among them.
Node least_upper_bound(std::span<const Promotable> types, bool all_weak) {
  Set common = ~Set(0), given = 0;
  for (const Promotable& t : types) {
    Node node = node_of(t.dtype, t.weak && !all_weak);
    common &= upper_bounds(node);
    given |= bit(node);
  }
  Set found = common & given;
  for (int n = 0; n < kNodes && !(common & given); ++n)
    if ((common & bit(Node(n))) && (common & ~upper_bounds(Node(n))) == 0) found |= bit(Node(n));
  if (std::popcount(found) != 1) no_path(types);
  return Node(std::countr_zero(found));
}

DType at_default_width(DType dtype) {
  int size = floatx().size();
  if (dtype.is_signed_integer()) return size == 8 ? int64 : size == 4 ? int32 : int16;
  return size == 8 ? float64 : size == 4 ? float32 : float16;
}

DType narrowed(DType dtype) { return dtype == uint64 ? DType(uint32) : dtype == complex128 ? DType(complex64) : dtype; }

}  // namespace

DType floatx() {
  DType compute = DTypePolicy().variable_dtype();
  return compute ? compute : DType(float32);
}

Promotable::Promotable(const Operand& operand)
    : dtype(operand.is_weak() ? operand.tensor().dtype() : operand.dtype()),
      weak(operand.is_weak() && operand.tensor().rank() == 0 && (dtype.is_integer() || dtype.is_floating())) {
  if (weak) dtype = dtype.is_integer() ? int64 : float32;
}

DType result_type(std::span<const Promotable> types) {
  if (types.empty()) return floatx();
  bool all_weak = true, one_dtype = true;
  for (const Promotable& t : types) {
    all_weak &= t.weak;
    one_dtype &= t.dtype == types[0].dtype;
  }
  if (types.size() == 1 || (one_dtype && !all_weak)) {
    bool weak = types.size() == 1 && types[0].weak;
    return narrowed(weak ? at_default_width(types[0].dtype) : types[0].dtype);
  }
  Node node = least_upper_bound(types, all_weak);
  bool weak = all_weak ? node != kBool : node == kWeakInt || node == kWeakFloat;
  return narrowed(weak ? at_default_width(kCodes[node]) : DType(kCodes[node]));
}

Tensor to_tensor(const Operand& x, DType dtype) {
  if (!x.is_weak() || !dtype) return !dtype || x.dtype() == dtype ? x.tensor() : cast(x.tensor(), dtype);
  Tensor own = x.tensor();
  bool exact = own.dtype().is_integer() ? !dtype.is_bool() : own.dtype().is_floating() && (dtype.is_floating() || dtype.is_complex());
  return exact ? x.tensor(dtype) : cast(own, dtype);
}

std::array<Tensor, 2> promoted(const Operand& a, const Operand& b, bool with_float) {
  DType dtype = with_float ? result_type({a, b, any_float}) : result_type({a, b});
  return {to_tensor(a, dtype), to_tensor(b, dtype)};
}

std::vector<Tensor> promoted(const Operands& operands) {
  std::vector<Promotable> types;
  for (const Operand& o : operands.items()) types.emplace_back(o);
  DType dtype = types.empty() ? floatx() : result_type(types);
  std::vector<Tensor> out;
  for (const Operand& o : operands.items()) out.push_back(to_tensor(o, dtype));
  return out;
}

Tensor as_float(const Operand& x) {
  Tensor t = to_tensor(x);
  return t.dtype().is_integer() || t.dtype().is_bool() ? cast(t, floatx()) : t;
}

Tensor as_number(const Operand& x) {
  Tensor t = to_tensor(x);
  return t.dtype().is_bool() ? cast(t, int32) : t;
}

DType sum_dtype(DType dtype) {
  if (dtype.is_bool() || dtype == int8 || dtype == int16) return int32;
  return dtype == uint8 || dtype == uint16 ? DType(uint32) : dtype;
}

}  // namespace runnel::inline v0::keras::ops
