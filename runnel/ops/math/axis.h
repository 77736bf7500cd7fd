// Operators that work along one axis, given as a scalar tensor.
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// The integer in a scalar of int16, int32 or int64.
int64_t scalar_axis(const Tensor& axis);
/// A shape seen as (outer, count, inner) around one axis.
struct Split {
  int64_t outer = 1, count = 1, inner = 1;
};
Split split_at(const Shape& shape, int64_t axis, const char* where);

void scan_kernel(OpContext& c);
void arg_kernel(OpContext& c);

}  // namespace runnel::inline v0
