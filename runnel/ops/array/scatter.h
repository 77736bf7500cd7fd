// Writing slices by index: what the scatter operators of tensors and Variables share.
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

enum class ScatterKind { kUpdate, kAdd, kSub, kMul, kDiv, kMin, kMax };

/// data[rows[i], :] op= updates[i, :], in order, with rows of `width` elements; one update for all where `repeat`.
void scatter_rows(ScatterKind kind, const Tensor& data, int64_t width, const std::vector<int64_t>& rows, const Tensor& updates, bool repeat);

/// The flat row numbers that indices (..., depth) name in the leading `depth` dimensions of `shape`.
/// Throws InvalidArgumentError for an index out of range; `what` says there what `shape` is. Where the operator's attribute
/// bad_indices_policy is "IGNORE", such rows are -1, which scatter_rows() leaves out.
std::vector<int64_t> nd_rows(const AttrReader& c, const Tensor& indices, const Shape& shape, const char* what = "shape");
/// The elements of a row: the product of the dimensions behind the leading `depth`.
int64_t nd_width(const Shape& shape, int64_t depth);

/// Checks that updates have the shape indices[:-1] + shape[depth:], as far as all is known.
void check_nd_update(const AttrReader& c, const PartialShape& indices, const PartialShape& updates, const PartialShape& shape);

/// The gradient of gather(params, indices, axis, batch_dims): the slices of grad added up where they came from. params_shape: a vector.
Tensor scatter_back(const Tensor& grad, const Tensor& params_shape, const Tensor& indices, int64_t axis, int64_t batch_dims);

}  // namespace runnel::inline v0
