// The element types of tensors. Codes and names are TensorFlow's (tensorflow/core/framework/types.proto).
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>

#include "runnel/base/ref.h"
#include "runnel/core/half.h"

namespace runnel::inline v0 {

using complex64_t = std::complex<float>;
using complex128_t = std::complex<double>;

class DType {
 public:
  enum Code : uint8_t {
    kInvalid = 0, kFloat32 = 1, kFloat64 = 2, kInt32 = 3, kUint8 = 4, kInt16 = 5, kInt8 = 6, kString = 7, kComplex64 = 8,
    kInt64 = 9, kBool = 10, kBfloat16 = 14, kUint16 = 17, kComplex128 = 18, kFloat16 = 19, kResource = 20, kVariant = 21,
    kUint32 = 22, kUint64 = 23,
  };
  static constexpr int kCodes = 24;

  constexpr DType() = default;
  constexpr DType(Code code) : code_(code) {}
  /// From a name: "float32", "half", ... Throws TypeError for an unknown one.
  static DType from_name(std::string_view name);

  constexpr Code code() const { return code_; }
  constexpr bool operator==(const DType&) const = default;
  constexpr explicit operator bool() const { return code_ != kInvalid; }

  /// TensorFlow's Python name: "float32". The error sentences of operators use short_name(): "float".
  const char* name() const;
  const char* short_name() const;
  /// Bytes of an element (for string, resource and variant: of the C++ object that holds it).
  int size() const;

  constexpr bool is_floating() const {
    return code_ == kFloat32 || code_ == kFloat64 || code_ == kFloat16 || code_ == kBfloat16;
  }
  constexpr bool is_complex() const { return code_ == kComplex64 || code_ == kComplex128; }
  constexpr bool is_bool() const { return code_ == kBool; }
  constexpr bool is_signed_integer() const {
    return code_ == kInt8 || code_ == kInt16 || code_ == kInt32 || code_ == kInt64;
  }
  constexpr bool is_unsigned_integer() const {
    return code_ == kUint8 || code_ == kUint16 || code_ == kUint32 || code_ == kUint64;
  }
  constexpr bool is_integer() const { return is_signed_integer() || is_unsigned_integer(); }
  /// Plain numbers and bool: elements can be copied with memcpy.
  constexpr bool is_plain() const { return code_ != kInvalid && code_ != kString && code_ != kResource && code_ != kVariant; }
  /// Gradients flow through floating and complex types (and through the handles of Variables).
  constexpr bool is_differentiable() const { return is_floating() || is_complex() || code_ == kResource || code_ == kVariant; }
  /// float32 for complex64, float64 for complex128, otherwise itself.
  constexpr DType real() const {
    return code_ == kComplex64 ? DType(kFloat32) : code_ == kComplex128 ? DType(kFloat64) : *this;
  }

 private:
  Code code_ = kInvalid;
};

std::string to_text(DType dtype);

inline constexpr DType half{DType::kFloat16}, float16{DType::kFloat16}, float32{DType::kFloat32}, float64{DType::kFloat64}, bfloat16{DType::kBfloat16},
    int8{DType::kInt8}, int16{DType::kInt16}, int32{DType::kInt32}, int64{DType::kInt64}, uint8{DType::kUint8},
    uint16{DType::kUint16}, uint32{DType::kUint32}, uint64{DType::kUint64}, bool_{DType::kBool},
    complex64{DType::kComplex64}, complex128{DType::kComplex128}, string{DType::kString}, resource{DType::kResource},
    variant{DType::kVariant};

/// The object behind an element of a resource tensor (a Variable's state, a generator, a lookup table, ...).
using Resource = RefCounted;
/// One element of a resource or variant tensor.
using ResourceRef = Ref<Resource>;

/// dtype_of<float>() == float32; a compile error for a type that no tensor holds.
template <class T>
constexpr DType dtype_of();
#define RUNNEL_DTYPE(TYPE, CODE) \
  template <>                    \
  constexpr DType dtype_of<TYPE>() { return DType::CODE; }
RUNNEL_DTYPE(float, kFloat32)
RUNNEL_DTYPE(double, kFloat64)
RUNNEL_DTYPE(half_t, kFloat16)
RUNNEL_DTYPE(bfloat16_t, kBfloat16)
RUNNEL_DTYPE(int8_t, kInt8)
RUNNEL_DTYPE(int16_t, kInt16)
RUNNEL_DTYPE(int32_t, kInt32)
RUNNEL_DTYPE(int64_t, kInt64)
RUNNEL_DTYPE(uint8_t, kUint8)
RUNNEL_DTYPE(uint16_t, kUint16)
RUNNEL_DTYPE(uint32_t, kUint32)
RUNNEL_DTYPE(uint64_t, kUint64)
RUNNEL_DTYPE(bool, kBool)
RUNNEL_DTYPE(complex64_t, kComplex64)
RUNNEL_DTYPE(complex128_t, kComplex128)
RUNNEL_DTYPE(std::string, kString)
RUNNEL_DTYPE(ResourceRef, kResource)
#undef RUNNEL_DTYPE

}  // namespace runnel::inline v0
