#include "runnel/core/dtype.h"

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {
struct Row {
  DType::Code code;
  const char* name;
  const char* short_name;
  int size;
};
constexpr Row kRows[] = {
    {DType::kInvalid, "invalid", "invalid", 0},
    {DType::kFloat32, "float32", "float", 4},
    {DType::kFloat64, "float64", "double", 8},
    {DType::kInt32, "int32", "int32", 4},
    {DType::kUint8, "uint8", "uint8", 1},
    {DType::kInt16, "int16", "int16", 2},
    {DType::kInt8, "int8", "int8", 1},
    {DType::kString, "string", "string", sizeof(std::string)},
    {DType::kComplex64, "complex64", "complex64", 8},
    {DType::kInt64, "int64", "int64", 8},
    {DType::kBool, "bool", "bool", 1},
    {DType::kBfloat16, "bfloat16", "bfloat16", 2},
    {DType::kUint16, "uint16", "uint16", 2},
    {DType::kComplex128, "complex128", "complex128", 16},
    {DType::kFloat16, "float16", "half", 2},
    {DType::kResource, "resource", "resource", sizeof(ResourceRef)},
    {DType::kVariant, "variant", "variant", sizeof(ResourceRef)},
    {DType::kUint32, "uint32", "uint32", 4},
    {DType::kUint64, "uint64", "uint64", 8},
};
const Row& row(DType::Code code) {
  for (const Row& r : kRows)
    if (r.code == code) return r;
  return kRows[0];
}
constexpr int kSizes[DType::kCodes] = {0, 4, 8, 4, 1, 2, 1, sizeof(std::string), 8, 8, 1, 0,
                                       0, 0, 2, 0, 0, 2, 16, 2, sizeof(ResourceRef), sizeof(ResourceRef), 4, 8};
}  // namespace

const char* DType::name() const { return row(code_).name; }
const char* DType::short_name() const { return row(code_).short_name; }
int DType::size() const { return kSizes[code_]; }
std::string to_text(DType dtype) { return dtype.name(); }

DType DType::from_name(std::string_view name) {
  for (const Row& r : kRows)
    if (r.code != kInvalid && (name == r.name || name == r.short_name)) return r.code;
  fail<TypeError>("", cat("Cannot convert value '", name, "' to a TensorFlow DType"),
                  {.expected = "a name such as float32, float16, bfloat16, int32, bool or string"});
}

}  // namespace runnel::inline v0
