// Axes and sizes, shared by the functions of keras.ops.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// The number of axes; ValueError where a graph does not know it.
int rank_of(const Tensor& x, const char* where);
/// The axes from 0 on, in the given order; all where none are given.
Dims axes_of(const Axes& axis, int rank);
/// One axis, from 0 on.
int axis_of(int64_t axis, int rank);
/// The other axes, in order.
Dims axes_besides(const Dims& axes, int rank);
/// An axis moved to the end.
Tensor to_last_axis(const Tensor& x, int64_t axis);
/// The size along an axis, an int32 scalar that is constant where the size is known.
Tensor size_along(const Tensor& x, int axis);
/// Several sizes, joined to the vector of a shape: known numbers stay constants.
Tensor sizes_along(const Tensor& x, const Dims& axes);
/// An int32 vector.
Tensor vector(std::initializer_list<int64_t> values);
/// What tensordot takes for lists of axes: (2, n).
Tensor paired_axes(const Dims& a, const Dims& b);
/// x[begin:] and x[:end] along an axis; negative places count from the end.
Tensor without_first(const Tensor& x, int64_t axis, int64_t count = 1);
Tensor without_last(const Tensor& x, int64_t axis, int64_t count = 1);
/// x[..., at, ...]: one place of an axis.
Tensor at(const Tensor& x, int64_t axis, int64_t place);

}  // namespace runnel::inline v0::keras::ops
