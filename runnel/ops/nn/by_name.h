// where, concat and slice for this room, called by the operators' names.
#pragma once

#include "runnel/op/op.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::nn {

inline Tensor select(const Tensor& condition, const Tensor& x, const Tensor& y) { return run(get_op("SelectV2"), {condition, x, y}); }
inline Tensor join_along(std::vector<Tensor> values, int64_t axis) {
  values.push_back(Tensor::scalar(int32_t(axis)));
  return run(get_op("ConcatV2"), values);
}
inline Tensor cut(const Tensor& x, const Tensor& begin, const Tensor& size) { return run(get_op("Slice"), {x, begin, size}); }

}  // namespace runnel::inline v0::nn
