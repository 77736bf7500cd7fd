#include "runnel/ops/math/reduce_shape.h"

#include "runnel/ops/array.h"
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

namespace {

// The input's sizes with 1 at the reduced axes, where they are known only when the program runs.
Tensor kept_sizes(const Tensor& input, const Tensor& axes) {
  Tensor sizes = shape(input), count = rank(input);
  Tensor places = mod(cast(reshape(axes, {-1}), int32) + count, count);
  Tensor reduced = reduce_sum(one_hot(places, count, Operand(1), Operand(0), -1, int32), 0);
  return sizes * (1 - reduced) + reduced;
}

}  // namespace

Tensor with_kept_axes(const GradientContext& c, const Tensor& value) {
  if (c.bool_attr("keep_dims")) return value;
  PartialShape in = c.input(0).partial_shape();
  const Tensor& axes = c.input(1);
  if (!in.is_fully_known() || axes.is_symbolic()) return reshape(value, kept_sizes(c.input(0), axes));
  Dims kept = in.dims();
  for (int a : reduction_axes(axes, in.rank())) kept[a] = 1;
  return reshape(value, kept);
}

Tensor spread(const GradientContext& c, const Tensor& value) {
  PartialShape in = c.input(0).partial_shape();
  Tensor kept = with_kept_axes(c, value);
  if (in.is_fully_known()) return broadcast_to(kept, in.known());
  return broadcast_to(kept, shape(c.input(0)));
}

}  // namespace runnel::inline v0
