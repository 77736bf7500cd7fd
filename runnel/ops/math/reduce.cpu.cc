// How reductions, cumulative operators and argmax run: by the blocks of runtime/cpu.
#include "runnel/runtime/cpu/reduce.h"

#include <algorithm>

#include "runnel/ops/math/axis.h"
#include "runnel/ops/math/reduce_shape.h"

namespace runnel::inline v0 {

void reduction_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  cpu::ReduceKernel kernel = cpu::reduction(c.op().name(), x.dtype());
  if (!kernel) fail<errors::UnimplementedError>(c.op().name(), cat("is not implemented for dtype ", x.dtype()));
  SmallVector<int, 8> axes = reduction_axes(c.input(1), x.rank());
  // Nothing to add up: the elements stay as they are, -0 as well (TensorFlow's do).
  bool keeps_all = std::all_of(axes.begin(), axes.end(), [&](int axis) { return x.dim(axis) == 1; });
  if (keeps_all && std::string_view(c.op().name()) != "EuclideanNorm") return c.set_output(0, x.reshaped(c.output_shape()));
  Tensor& y = c.output();
  cpu::run_reduction(kernel, x.raw(), x.shape().dims(), {axes.data(), size_t(axes.size())}, y.mutable_raw());
}

void scan_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();  // the shape function checks the axis
  Split at = split_at(x.shape(), scalar_axis(c.input(1)), c.op().name());
  if (x.num_elements() == 0) return;
  if (!cpu::run_scan(c.op().name(), x.dtype(), x.raw(), at.outer, at.count, at.inner, c.bool_attr("exclusive"), c.bool_attr("reverse"),
                     y.mutable_raw()))
    fail<errors::UnimplementedError>(c.op().name(), cat("is not implemented for dtype ", x.dtype()));
}

void arg_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();  // the shape function checks the axis
  Split at = split_at(x.shape(), scalar_axis(c.input(1)), c.op().name());
  if (y.num_elements() == 0) return;
  if (at.count == 0)
    c.invalid(cat("Reduction axis ", scalar_axis(c.input(1)), " is empty in shape ", bracketed(x.shape())));
  bool largest = std::string_view(c.op().name()) == "ArgMax";
  cpu::arg_extreme(largest, x.dtype() == bool_ ? uint8 : x.dtype(), x.raw(), at.outer, at.count, at.inner, y.dtype(), y.mutable_raw());
}

}  // namespace runnel::inline v0
