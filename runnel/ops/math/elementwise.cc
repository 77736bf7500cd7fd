#include "runnel/ops/math/elementwise.h"

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

void unary_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }
void binary_shape(ShapeContext& c) { c.set_output(0, broadcast_shapes(c.input(0), c.input(1), c.op().name())); }

namespace {

// The axes along which `small` was repeated to become `big`.
Dims repeated_axes(const PartialShape& small, const PartialShape& big) {
  Dims axes;
  int added = big.rank() - small.rank();
  for (int i = 0; i < big.rank(); ++i)
    if (i < added || (small[i - added] == 1 && big[i] != 1)) axes.push_back(i);
  return axes;
}

// The same where sizes are known only when the program runs.
Tensor unbroadcast_unknown(const Tensor& grad, const Tensor& like) {
  static const Op &shape = get_op("Shape"), &args = get_op("BroadcastGradientArgs"), &sum = get_op("Sum"), &reshape = get_op("Reshape");
  Tensor to = run(shape, {like});
  Tensor axes = run_all(args, {to, run(shape, {grad})})[0];
  return run(reshape, {run(sum, {grad, axes}), to});
}

}  // namespace

Tensor unbroadcast(const Tensor& grad, const Tensor& like) {
  PartialShape from = grad.partial_shape(), to = like.partial_shape();
  if (from.is_fully_known() && from == to) return grad;
  if (!from.is_fully_known() || !to.is_fully_known()) return unbroadcast_unknown(grad, like);
  Dims axes = repeated_axes(to, from);
  Tensor sum = axes.empty() ? grad : reduce_sum(grad, axes);
  return reshape(sum, to.known());
}

}  // namespace runnel::inline v0
