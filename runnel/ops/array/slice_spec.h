// The meaning of StridedSlice's inputs and masks for a given shape.
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

struct SliceSpec {
  Dims begin, step;            ///< Per dimension of the input.
  Dims dims;                   ///< Sizes of the sliced box, one per dimension of the input.
  Dims final_dims;             ///< The result: indexed axes left out, new axes put in.
  Dims final_axes;             ///< The input's axis behind each axis of the result; -1 for a new one.
};

/// Throws InvalidArgumentError for an index out of range, a stride of 0, too many indices.
SliceSpec slice_spec(const AttrReader& c, const Shape& shape, const Tensor& begin, const Tensor& end, const Tensor& strides);
/// The result's shape as far as it is known; begin, end or strides may be null.
PartialShape slice_shape(const AttrReader& c, const PartialShape& shape, const Tensor* begin, const Tensor* end, const Tensor* strides, int count);

}  // namespace runnel::inline v0
