// Arrays under tf.*: creation, shapes, slicing, gathering, sorting.
#pragma once

#include <optional>

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

// --- creation ---

/// A tensor of shape `dims` filled with a scalar value.
/// python: fill
Tensor fill(const Ints& dims, const Operand& value);
/// Zeros (false, empty strings).
/// python: zeros
Tensor zeros(const Ints& shape, DType dtype = float32);
/// Ones (true).
/// python: ones
Tensor ones(const Ints& shape, DType dtype = float32);
/// Zeros of the input's shape, and its dtype unless another is given.
/// python: zeros_like
Tensor zeros_like(const Tensor& input, DType dtype = {});
/// Ones of the input's shape, and its dtype unless another is given.
/// python: ones_like
Tensor ones_like(const Tensor& input, DType dtype = {});
/// start, start + delta, ... up to but not including limit. With one argument: from 0 up to it.
/// python: range
Tensor range(const Operand& start, const std::optional<Operand>& limit = {}, const Operand& delta = 1, DType dtype = {});
/// on_value (1) at the index, off_value (0) elsewhere, along a new axis.
/// python: one_hot
Tensor one_hot(const Tensor& indices, const Operand& depth, const std::optional<Operand>& on_value = {},
               const std::optional<Operand>& off_value = {}, int64_t axis = -1, DType dtype = {});

// --- identities ---

/// The same values as a new tensor.
/// python: identity
Tensor identity(const Tensor& input);
/// The same tensors as new tensors.
/// python: identity_n
std::vector<Tensor> identity_n(const std::vector<Tensor>& input);
/// The same values under another dtype. Floats are cut to integers; complex numbers lose their imaginary part.
/// python: cast, dtypes.cast
Tensor cast(const Tensor& x, DType dtype);

// --- shapes ---

/// The sizes of the dimensions, as a vector of int32 or int64.
/// python: shape
Tensor shape(const Tensor& input, DType out_type = int32);
/// The shapes of several tensors.
/// python: shape_n
std::vector<Tensor> shape_n(const std::vector<Tensor>& input, DType out_type = int32);
/// The number of elements.
/// python: size
Tensor size(const Tensor& input, DType out_type = int32);
/// The number of dimensions.
/// python: rank
Tensor rank(const Tensor& input);
/// The same elements under another shape; one size may be -1.
/// python: reshape, manip.reshape
Tensor reshape(const Tensor& tensor, const Ints& shape);
/// Without the given axes of size 1 (default: all of them).
/// python: squeeze
Tensor squeeze(const Tensor& input, const Axes& axis = {});
/// With a new axis of size 1 at `axis`.
/// python: expand_dims
Tensor expand_dims(const Tensor& input, const Operand& axis);
/// The tensor itself where its shape fits `shape`; InvalidArgumentError otherwise.
/// python: ensure_shape
Tensor ensure_shape(const Tensor& x, const PartialShape& shape);
/// Repeats size-1 axes until the shape fits.
/// python: broadcast_to
Tensor broadcast_to(const Tensor& input, const Ints& shape);
/// The shape that two shapes (integer vectors) broadcast to.
/// python: broadcast_dynamic_shape
Tensor broadcast_dynamic_shape(const Tensor& shape_x, const Tensor& shape_y);

// --- moving and joining ---

/// Permutes the axes by `perm` (default: reverses them).
/// python: transpose
Tensor transpose(const Tensor& a, const Ints& perm = {}, bool conjugate = false);
/// The permutation that undoes `x`.
/// python: math.invert_permutation
Tensor invert_permutation(const Tensor& x);
/// Joins tensors of equal shape along a new axis.
/// python: stack
Tensor stack(const Operands& values, int64_t axis = 0);
/// Takes a tensor apart along an axis: `num` tensors of one dimension less.
/// python: unstack
std::vector<Tensor> unstack(const Tensor& value, std::optional<int64_t> num = {}, int64_t axis = 0);

}  // namespace runnel::inline v0
