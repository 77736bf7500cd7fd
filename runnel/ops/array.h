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

/// The identity matrix (num_rows, num_columns), repeated along `batch_shape`.
/// python: eye, linalg.eye
Tensor eye(const Operand& num_rows, const std::optional<Operand>& num_columns = {}, const Ints& batch_shape = {}, DType dtype = float32);
/// `num` evenly spaced values from start to stop, both included, along a new axis.
/// python: linspace, lin_space
Tensor linspace(const Operand& start, const Operand& stop, const Operand& num, int64_t axis = 0);
/// Coordinate grids of the given vectors; indexing "xy" swaps the first two axes, "ij" does not.
/// python: meshgrid(*vectors)
std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors, const std::string& indexing = "xy");
/// Row i is true in its first lengths[i] places: shape lengths.shape + (maxlen,). Default maxlen: the largest length.
/// python: sequence_mask
Tensor sequence_mask(const Operand& lengths, const std::optional<Operand>& maxlen = {}, DType dtype = bool_);

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
/// The same, with values that do not fit replaced by the nearest that does.
/// python: saturate_cast, dtypes.saturate_cast
Tensor saturate_cast(const Tensor& value, DType dtype);
/// The same bytes under another dtype; a wider (narrower) one takes away (adds) a last axis.
/// python: bitcast
Tensor bitcast(const Tensor& input, DType type);
/// The identity, whose gradient is zero.
/// python: stop_gradient
Tensor stop_gradient(const Tensor& input);

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
/// stack(values, 0).
/// python: parallel_stack
Tensor parallel_stack(const Operands& values);
/// Takes a tensor apart along an axis: `num` tensors of one dimension less.
/// python: unstack
std::vector<Tensor> unstack(const Tensor& value, std::optional<int64_t> num = {}, int64_t axis = 0);

/// Joins tensors along an existing axis.
/// python: concat
Tensor concat(const Operands& values, const Operand& axis);
/// Cuts along an axis: a number gives equal parts, a list their sizes (one may be -1).
/// python: split
std::vector<Tensor> split(const Tensor& value, const Operand& num_or_size_splits, const Operand& axis = 0, std::optional<int64_t> num = {});
std::vector<Tensor> split(const Tensor& value, std::initializer_list<int64_t> sizes, int64_t axis = 0);
/// Adds paddings[i][0] elements before and paddings[i][1] after axis i: constants, or mirrored values (mode "REFLECT", "SYMMETRIC").
/// python: pad
Tensor pad(const Tensor& tensor, const Operand& paddings, const std::string& mode = "CONSTANT", const Operand& constant_values = 0);
Tensor pad(const Tensor& tensor, std::initializer_list<std::initializer_list<int64_t>> paddings, const std::string& mode = "CONSTANT",
           const Operand& constant_values = 0);
/// Repeats the whole tensor multiples[i] times along axis i.
/// python: tile
Tensor tile(const Tensor& input, const Ints& multiples);
/// Repeats each element along an axis (default: of the flattened tensor).
/// python: repeat
Tensor repeat(const Tensor& input, const Operand& repeats, std::optional<int64_t> axis = {});
/// Reverses the given axes.
/// python: reverse
Tensor reverse(const Tensor& tensor, const Ints& axis);
/// Reverses the first seq_lengths[i] elements of sequence i.
/// python: reverse_sequence
Tensor reverse_sequence(const Tensor& input, const Operand& seq_lengths, std::optional<int64_t> seq_axis = {}, std::optional<int64_t> batch_axis = {});
/// Shifts elements along axes; what leaves at one end comes in at the other.
/// python: roll, manip.roll
Tensor roll(const Tensor& input, const Operand& shift, const Operand& axis);

// --- blocks of space ---

/// Pads the axes after the first by `paddings` (axes, 2) with zeros, cuts them into blocks of `block_shape` and moves the
/// place in the block into the batch: (batch, space...) to (block * batch, space / block...).
/// python: space_to_batch, nn.space_to_batch, space_to_batch_nd
Tensor space_to_batch(const Tensor& input, const Ints& block_shape, const Operand& paddings);
/// Undoes space_to_batch; `crops` (axes, 2) are taken off at the end.
/// python: batch_to_space
Tensor batch_to_space(const Tensor& input, const Ints& block_shape, const Operand& crops);

struct SpaceToBatchPaddings {
  Tensor paddings, crops;
};
/// The paddings that make `input_shape` a multiple of `block_shape`, at least `base_paddings` (axes, 2), and the crops that undo them.
/// python: required_space_to_batch_paddings
SpaceToBatchPaddings required_space_to_batch_paddings(const Ints& input_shape, const Ints& block_shape, const std::optional<Operand>& base_paddings = {});

// --- slices ---

/// The box that begins at `begin` and has the sizes `size` (-1: up to the end).
/// python: slice
Tensor slice(const Tensor& input_, const Ints& begin, const Ints& size);
/// Python's x[begin:end:strides] per axis; bit i of a mask changes the meaning of entry i.
/// python: strided_slice
Tensor strided_slice(const Tensor& input_, const Ints& begin, const Ints& end, const Ints& strides = {}, int64_t begin_mask = 0,
                     int64_t end_mask = 0, int64_t ellipsis_mask = 0, int64_t new_axis_mask = 0, int64_t shrink_axis_mask = 0);
/// The tensor with a strided slice replaced by `value` (broadcast to the slice).
Tensor tensor_strided_slice_update(const Tensor& input, const Ints& begin, const Ints& end, const Ints& strides, const Operand& value);
/// The slices where `mask` holds; the mask's axes begin at `axis`.
/// python: boolean_mask
Tensor boolean_mask(const Tensor& tensor, const Operand& mask, const std::optional<Operand>& axis = {});

// --- by index ---

/// Slices params[..., indices, ...] of an axis. The first `batch_dims` axes of both belong together.
/// python: gather
Tensor gather(const Tensor& params, const Operand& indices, std::optional<bool> validate_indices = {}, const std::optional<Operand>& axis = {},
              int64_t batch_dims = 0);
Tensor gather(const Tensor& params, const Operand& indices, int64_t axis, int64_t batch_dims = 0);
/// Slices params[indices[i, 0], indices[i, 1], ...].
/// python: gather_nd
Tensor gather_nd(const Tensor& params, const Operand& indices, int64_t batch_dims = 0, const std::string& bad_indices_policy = "");
/// Zeros of `shape` with updates[i] added at indices[i]. Here and below, indices out of range are an InvalidArgumentError, or with
/// the policy "IGNORE" change nothing (and give zeros in gather_nd).
/// python: scatter_nd
Tensor scatter_nd(const Operand& indices, const Operand& updates, const Ints& shape, const std::string& bad_indices_policy = "");
/// The tensor with updates[i] written at indices[i].
/// python: tensor_scatter_nd_update
Tensor tensor_scatter_nd_update(const Tensor& tensor, const Operand& indices, const Operand& updates);
/// The tensor with updates[i] added at indices[i].
/// python: tensor_scatter_nd_add
Tensor tensor_scatter_nd_add(const Tensor& tensor, const Operand& indices, const Operand& updates,
                             const std::string& bad_indices_policy = "");
/// The tensor with updates[i] subtracted at indices[i].
/// python: tensor_scatter_nd_sub
Tensor tensor_scatter_nd_sub(const Tensor& tensor, const Operand& indices, const Operand& updates,
                             const std::string& bad_indices_policy = "");
/// The smaller of the tensor's element and the update, at indices[i].
/// python: tensor_scatter_nd_min
Tensor tensor_scatter_nd_min(const Tensor& tensor, const Operand& indices, const Operand& updates,
                             const std::string& bad_indices_policy = "");
/// The larger of the tensor's element and the update, at indices[i].
/// python: tensor_scatter_nd_max
Tensor tensor_scatter_nd_max(const Tensor& tensor, const Operand& indices, const Operand& updates,
                             const std::string& bad_indices_policy = "");
/// x where `condition` holds, else y, broadcasting. Without x and y: the coordinates (n, rank) of what is true.
/// python: where
Tensor where(const Operand& condition, const std::optional<Operand>& x = {}, const std::optional<Operand>& y = {});
/// The coordinates (rank, n) of elements numbered in row-major order, in an array of shape `dims`; a number gives (rank).
/// python: unravel_index
Tensor unravel_index(const Operand& indices, const Operand& dims);

// --- order, search, equality ---

/// Sorted along `axis`, "ASCENDING" or "DESCENDING"; NaN comes last.
/// python: sort
Tensor sort(const Tensor& values, int64_t axis = -1, const std::string& direction = "ASCENDING");
/// The places (int32) that sort takes its elements from; equal ones keep their order, whether `stable` asks for it or not.
/// python: argsort
Tensor argsort(const Tensor& values, int64_t axis = -1, const std::string& direction = "ASCENDING", bool stable = false);
/// Where `values` would be put in to keep the last axis sorted: before equal elements (side "left") or after them ("right").
/// The axes before the last are those of sorted_sequence.
/// python: searchsorted
Tensor searchsorted(const Operand& sorted_sequence, const Operand& values, const std::string& side = "left", DType out_type = int32);

struct Unique {
  Tensor y, idx;
};
/// The different elements of a vector in the order of their first appearance, and for each element its place among them.
/// python: unique
Unique unique(const Tensor& x, DType out_idx = int32);

struct UniqueWithCounts {
  Tensor y, idx, count;
};
/// The same, with the number of times each one appears.
/// python: unique_with_counts
UniqueWithCounts unique_with_counts(const Tensor& x, DType out_idx = int32);

struct ListDiff {
  Tensor out, idx;
};
/// The elements of vector x that y lacks, and their places in x.
/// python: compat.v1.setdiff1d
ListDiff setdiff1d(const Operand& x, const Operand& y, DType index_dtype = int32);

// --- parts ---

/// Part i holds the slices of `data` whose entry of `partitions` is i. partitions.shape is a prefix of data.shape.
/// python: dynamic_partition
std::vector<Tensor> dynamic_partition(const Tensor& data, const Operand& partitions, int64_t num_partitions);
/// Slice k of data[i] goes to row indices[i][k]; the last one wins, rows that none names are zeros.
/// python: dynamic_stitch
Tensor dynamic_stitch(const std::vector<Tensor>& indices, const std::vector<Tensor>& data);

namespace nn {

struct TopKV2 {
  Tensor values, indices;
};
/// The k largest along the last axis, the largest first, and their places; of equal ones the first.
/// InvalidArgumentError where the axis has fewer than k elements.
/// python: nn.top_k, math.top_k
TopKV2 top_k(const Tensor& input, const Operand& k = 1, bool sorted = true, DType index_type = int32);
/// Blocks of block_size x block_size pixels moved into the channels: (batch, h, w, c) to (batch, h / b, w / b, b * b * c).
/// python: nn.space_to_depth
Tensor space_to_depth(const Tensor& input, int64_t block_size, const std::string& data_format = "NHWC");
/// Undoes space_to_depth.
/// python: nn.depth_to_space
Tensor depth_to_space(const Tensor& input, int64_t block_size, const std::string& data_format = "NHWC");
/// The rows of `params` named by `ids`: shape ids.shape + params.shape[1:]. max_norm: longer rows are scaled down to that length.
/// python: nn.embedding_lookup
Tensor embedding_lookup(const Tensor& params, const Operand& ids, const std::optional<Operand>& max_norm = {});

}  // namespace nn

}  // namespace runnel::inline v0
