// Small integer tensors: shapes, permutations and indices as data.
#pragma once

#include <optional>

#include "runnel/core/tensor.h"
#include "runnel/op/operand.h"
#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// The integers of a tensor of any integer dtype, in order.
Dims read_ints(const Tensor& tensor);
/// The same where the values are known now (not symbolic).
std::optional<Dims> known_ints(const Tensor& tensor);
/// The integer of a one-element tensor of any integer dtype.
int64_t read_int(const Tensor& tensor);
/// A vector (a scalar) of dtype int32, int64, ...
Tensor int_vector(DType dtype, const Dims& values);
Tensor int_scalar(DType dtype, int64_t value);
/// Writes the integers into an int32 or int64 tensor.
void write_ints(Tensor& out, const Dims& values);

}  // namespace runnel::inline v0
