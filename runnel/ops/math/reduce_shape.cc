#include "runnel/ops/math/reduce_shape.h"

#include "runnel/ops/math.h"

namespace runnel::inline v0 {

SmallVector<int, 8> reduction_axes(const Tensor& axes, int rank) {
  SmallVector<int, 8> out;
  uint64_t seen = 0;
  for (int64_t i = 0; i < axes.num_elements(); ++i) {
    int64_t axis = axes.dtype() == int32 ? axes.data<int32_t>()[i] : axes.data<int64_t>()[i];
    if (axis < -rank || axis >= rank)
      fail<errors::InvalidArgumentError>(
          "", cat("Invalid reduction dimension (", axis, " for input with ", rank, " dimension(s)"), {.expected = cat("an axis in [", -rank, ", ", rank, ")")});
    uint64_t bit = uint64_t(1) << (axis < 0 ? axis + rank : axis);
    if (seen & bit)
      fail<errors::InvalidArgumentError>("", cat("Invalid reduction arguments: Axes contains duplicate dimension: ", axis));
    seen |= bit;
  }
  for (int d = 0; d < rank; ++d)
    if (seen >> d & 1) out.push_back(d);
  return out;
}

void reduction_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  bool keep = c.bool_attr("keep_dims");
  const Tensor* axes = c.constant(1);
  if (!in.has_rank()) return;
  if (!axes) {
    if (keep) c.set_output(0, PartialShape::unknown_dims(in.rank()));
    return;
  }
  SmallVector<int, 8> reduced = reduction_axes(*axes, in.rank());
  Dims out;
  for (int d = 0, next = 0; d < in.rank(); ++d) {
    bool gone = next < reduced.size() && reduced[next] == d;
    next += gone;
    if (!gone) out.push_back(in[d]);
    else if (keep) out.push_back(1);
  }
  c.set_output(0, PartialShape(out));
}

namespace {

// range(rank), also where the rank is known only when the program runs.
Tensor every_axis(const Tensor& input) {
  PartialShape shape = input.partial_shape();
  if (!shape.has_rank()) {
    static const Op &rank = get_op("Rank"), &range = get_op("Range");
    return run(range, {Tensor::scalar(int32_t(0)), run(rank, {input}), Tensor::scalar(int32_t(1))});
  }
  Tensor axes(int32, Shape({shape.rank()}));
  for (int d = 0; d < shape.rank(); ++d) axes.mutable_data<int32_t>()[d] = d;
  return axes;
}

}  // namespace

Tensor run_reduce(const Op& op, const Tensor& input, const Axes& axis, bool keepdims) {
  Tensor axes = axis.is_all() ? every_axis(input) : axis.ints().tensor();
  if (keepdims) return run(op, {input, axes}, {{"keep_dims", true}});
  return run(op, {input, axes});
}

}  // namespace runnel::inline v0
