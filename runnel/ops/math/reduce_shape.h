// What the cards of reductions share: which axes are reduced, the shape of the result, and how a gradient goes back.
#pragma once

#include "runnel/op/gradient_context.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0 {

/// The axes named by an int32 or int64 tensor, in [0, rank) and in order. Throws InvalidArgumentError
/// "Invalid reduction dimension" for one that is out of range.
SmallVector<int, 8> reduction_axes(const Tensor& axes, int rank);
/// Shape function of (input, reduction_indices) with the attribute keep_dims.
void reduction_shape(ShapeContext& c);
/// Runs the block of runtime/cpu that has the operator's name.
void reduction_kernel(OpContext& c);
/// Runs a reduction operator; all axes where `axis` is not given.
Tensor run_reduce(const Op& op, const Tensor& input, const Axes& axis, bool keepdims);

/// A value of the reduction's output shape, with its reduced axes back as size 1.
Tensor with_kept_axes(const GradientContext& c, const Tensor& value);
/// The same, repeated along the reduced axes to the input's shape.
Tensor spread(const GradientContext& c, const Tensor& value);

}  // namespace runnel::inline v0
