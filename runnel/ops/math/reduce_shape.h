// What the cards of reductions share: which axes are reduced, and the shape of the result.
#pragma once

#include "runnel/op/op_context.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0 {

/// The axes named by an int32 or int64 tensor, in [0, rank) and in order. Throws InvalidArgumentError
/// "Invalid reduction dimension" for one that is out of range.
SmallVector<int, 8> reduction_axes(const Tensor& axes, int rank);
/// Shape function of (input, reduction_indices) with the attribute keep_dims.
void reduction_shape(ShapeContext& c);
/// Runs a reduction operator; all axes where `axis` is not given.
Tensor run_reduce(const Op& op, const Tensor& input, const Axes& axis, bool keepdims);

}  // namespace runnel::inline v0
