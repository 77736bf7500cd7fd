// Small questions about shapes that several files of this room ask.
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

/// True where `b` allows every shape that `a` allows.
bool is_narrower(const PartialShape& a, const PartialShape& b);
/// The most specific shape that allows both.
PartialShape common_shape(const PartialShape& a, const PartialShape& b);
/// A shape as TensorList operators take it: int32, -1 for unknown sizes; a scalar -1 for an unknown rank.
Tensor shape_tensor(const PartialShape& shape);

}  // namespace runnel::inline v0
