// Which dtype a computation of several dtypes has in Keras 3: the lattice of types that JAX introduced (JEP 9407). Unlike
// TensorFlow, nothing is refused: int32 + float16 is float16, int64 + float32 is float32. Bare Python numbers are weak.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <vector>

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// The default floating dtype (keras.config.floatx).
DType floatx();

/// A dtype, or a kind of number that gives way to the dtypes beside it.
struct Promotable {
  DType dtype;
  bool weak = false;

  constexpr Promotable(DType dtype, bool weak = false) : dtype(dtype), weak(weak) {}
  Promotable(DType::Code code) : dtype(code) {}
  Promotable(const Tensor& tensor) : dtype(tensor.dtype()) {}
  /// Weak for a bare int or float; lists of numbers, and bools, have dtypes.
  Promotable(const Operand& operand);
};
inline constexpr Promotable any_int{int64, true}, any_float{float32, true};

/// The least dtype that all may become without surprise; weak results take floatx's width. ValueError where there is none.
/// Types of 64 bits narrow as Keras's do over TensorFlow: uint64 to uint32, complex128 to complex64.
DType result_type(std::span<const Promotable> types);
inline DType result_type(std::initializer_list<Promotable> types) { return result_type(std::span(types.begin(), types.size())); }

/// Keras's convert_to_tensor: any value under any dtype; without one, under its own.
Tensor to_tensor(const Operand& x, DType dtype = {});
/// The operands under their common dtype; `with_float`: at least the default floating one.
std::array<Tensor, 2> promoted(const Operand& a, const Operand& b, bool with_float = false);
std::vector<Tensor> promoted(const Operands& operands);
/// Integers and bools as the default floating dtype.
Tensor as_float(const Operand& x);
/// Bools as int32.
Tensor as_number(const Operand& x);
/// 8 and 16 bit integers, and bools, widened to 32 bits: what sums are taken in.
DType sum_dtype(DType dtype);

}  // namespace runnel::inline v0::keras::ops
