// Arrays under tf.*: creation, shapes, slicing, gathering, sorting.
#pragma once

#include <optional>

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

/// The same elements under another shape; one size may be -1.
/// python: reshape, manip.reshape
Tensor reshape(const Tensor& tensor, const Ints& shape);
/// Permutes the axes by `perm` (default: reverses them).
/// python: transpose
Tensor transpose(const Tensor& a, const Ints& perm = {}, bool conjugate = false);
/// Joins tensors of equal shape along a new axis.
/// python: stack
Tensor stack(const Operands& values, int64_t axis = 0);
/// Repeats size-1 axes until the shape fits.
/// python: broadcast_to
Tensor broadcast_to(const Tensor& input, const Ints& shape);
/// on_value (1) at the index, off_value (0) elsewhere, along a new axis.
/// python: one_hot
Tensor one_hot(const Tensor& indices, const Operand& depth, const std::optional<Operand>& on_value = {},
               const std::optional<Operand>& off_value = {}, int64_t axis = -1, DType dtype = {});
/// python: zeros_like
Tensor zeros_like(const Tensor& input, DType dtype = {});

}  // namespace runnel::inline v0
