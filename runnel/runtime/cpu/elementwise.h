// Elementwise kernels by operator name, and the loops around them. Knows pointers and extents, no Tensor.
//
//   static const UnaryKernel exp = unary("Exp", float32);        // resolve once
//   run_unary(exp, x, y, n);                                     // any size, in parallel when large
//   uint32_t fault = broadcast_binary(binary("AddV2", float32), a, {2, 1}, b, {3}, y, {2, 3});
//
// Names are TensorFlow's operators; attributes are operands (LeakyRelu is binary: x, alpha). The kernels are those of the
// process's instruction set. Halves are computed in float and rounded once. Integers wrap around.
#pragma once

#include <span>
#include <string_view>

#include "runnel/core/dtype.h"
#include "runnel/runtime/cpu/elementwise_table.h"

namespace runnel::inline v0::cpu {

using Extents = std::span<const int64_t>;

struct UnaryKernel {
  UnaryBlock run = nullptr;
  DType in, out;
  explicit operator bool() const { return run != nullptr; }
};
struct BinaryKernel {
  BinaryBlock arrays = nullptr;
  BinaryBlock second_one = nullptr;  ///< b is one number. May be null, as the next: repeat the number then.
  BinaryBlock first_one = nullptr;
  DType in, out;
  explicit operator bool() const { return arrays != nullptr; }
};
struct TernaryKernel {
  TernaryBlock run = nullptr;
  DType first, in, out;  ///< Types of operand a, of operands b and c, and of the result.
  explicit operator bool() const { return run != nullptr; }
};

/// The kernel of `op` for inputs of type `in`; false as a condition where there is none.
/// For SelectV2, `in` is the type of the two values.
UnaryKernel unary(std::string_view op, DType in);
BinaryKernel binary(std::string_view op, DType in);
TernaryKernel ternary(std::string_view op, DType in);
/// Conversion between any two of the plain types, as TensorFlow's Cast without truncation.
UnaryKernel cast(DType from, DType to);

/// y[i] = f(x[i]), in parallel when large. y may be x where the element sizes agree.
void run_unary(const UnaryKernel& kernel, const void* x, void* y, int64_t n);

/// The same for two operands of n elements, either of which may be one number. Returns Fault bits; after a fault y is
/// unspecified.
uint32_t run_binary(const BinaryKernel& kernel, const void* a, bool a_is_one, const void* b, bool b_is_one, void* y,
                    int64_t n);

/// y = f(a, b) with NumPy's broadcasting; y_dims is the broadcast shape. Returns Fault bits.
uint32_t broadcast_binary(const BinaryKernel& kernel, const void* a, Extents a_dims, const void* b, Extents b_dims,
                          void* y, Extents y_dims);
void broadcast_ternary(const TernaryKernel& kernel, const void* a, Extents a_dims, const void* b, Extents b_dims,
                       const void* c, Extents c_dims, void* y, Extents y_dims);

/// Repeats x along the dimensions where its size is 1 (BroadcastTo).
void broadcast_to(const void* x, Extents x_dims, void* y, Extents y_dims, int element_size);

/// Copies one element n times.
void fill(void* y, const void* value, int64_t n, int element_size);
/// Copies each of `count` elements n times: a a a b b b.
void repeat_each(void* y, const void* x, int64_t count, int64_t n, int element_size);

}  // namespace runnel::inline v0::cpu
