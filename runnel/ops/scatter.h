// Rarer updates of Variables; the common ones are methods (ops/variable.h).
#pragma once

#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

/// value[indices[i][0], indices[i][1], ...] = the smaller (larger) of it and updates[i], indices (..., depth).
const Variable& scatter_nd_min(const Variable& variable, const Tensor& indices, const Operand& updates);
const Variable& scatter_nd_max(const Variable& variable, const Tensor& indices, const Operand& updates);
/// value[b..., indices[b..., i]] = updates[b..., i]: the axes of `indices` before the last are a batch.
const Variable& batch_scatter_update(const Variable& variable, const Tensor& indices, const Operand& updates);

}  // namespace runnel::inline v0
