// Calling a template for the C++ type of a dtype:
//   dispatch<Floating>(x.dtype(), "Softmax", [&]<class T>() { softmax<T>(...); });
#pragma once

#include "runnel/base/error.h"
#include "runnel/core/dtype.h"

namespace runnel::inline v0 {

template <class... Ts>
struct TypeList {};

using Floating = TypeList<float, double, half_t, bfloat16_t>;
using Complex = TypeList<complex64_t, complex128_t>;
using FloatComplex = TypeList<float, double, half_t, bfloat16_t, complex64_t, complex128_t>;
using Integers = TypeList<int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t>;
using Real = TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t>;
using Numeric = TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t,
                         complex64_t, complex128_t>;
using Plain = TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t,
                       complex64_t, complex128_t, bool>;
using Indices = TypeList<int32_t, int64_t>;

template <class T>
inline constexpr bool kIsHalf = std::is_same_v<T, half_t> || std::is_same_v<T, bfloat16_t>;
template <class T>
inline constexpr bool kIsComplex = std::is_same_v<T, complex64_t> || std::is_same_v<T, complex128_t>;
/// The type that sums of T are held in: float for the half types, otherwise T.
template <class T>
using Accumulator = std::conditional_t<kIsHalf<T>, float, T>;

template <class F, class... Ts>
bool try_dispatch(TypeList<Ts...>, DType dtype, F& f) {
  return ((dtype == dtype_of<Ts>() && (f.template operator()<Ts>(), true)) || ...);
}

/// Calls f.operator()<T>() for the T of `dtype`; UnimplementedError where the list lacks it.
template <class List, class F>
void dispatch(DType dtype, const char* where, F&& f) {
  if (!try_dispatch(List{}, dtype, f)) fail<errors::UnimplementedError>(where, cat("is not implemented for dtype ", dtype));
}

}  // namespace runnel::inline v0
