// Small helpers of the gradients and composites of this family.
#pragma once

#include "runnel/op/op.h"
#include "runnel/op/operand.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::math_internal {

/// x where `condition` holds, else y; numbers take the tensors' dtype.
Tensor select(const Tensor& condition, const Operand& x, const Operand& y);
/// Slices params[indices[i]].
Tensor take(const Tensor& params, const Tensor& indices);
/// 1 where x is not zero, else 0, in x's dtype.
Tensor nonzero_mask(const Tensor& x);

}  // namespace runnel::inline v0::math_internal
