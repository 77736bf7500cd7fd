// How biases run: the tensor is (outer, channels, inner), to which a column (channels, 1) is added, or which is summed over
// its outer axes.
#include "runnel/ops/nn/bias.h"

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/reduce.h"

namespace runnel::inline v0 {

namespace {

Dims as_channels(const OpContext& c, const Shape& shape) {
  int axis = bias_channel_axis(bias_is_channels_first(c), shape.rank());
  Dims dims{1, shape[axis], 1};
  for (int i = 0; i < shape.rank(); ++i)
    if (i != axis) dims[i < axis ? 0 : 2] *= shape[i];
  return dims;
}

}  // namespace

void bias_add_kernel(OpContext& c) {
  const Tensor &x = c.input(0), &bias = c.input(1);
  Tensor& y = c.output();
  Dims dims = as_channels(c, x.shape()), column{bias.dim(0), 1};
  cpu::broadcast_binary(cpu::binary("AddV2", x.dtype()), x.raw(), dims, bias.raw(), column, y.mutable_raw(), dims);
}

void bias_add_grad_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  const int around[] = {0, 2};
  cpu::run_reduction(cpu::reduction("Sum", x.dtype()), x.raw(), as_channels(c, x.shape()), around, y.mutable_raw());
}

}  // namespace runnel::inline v0
