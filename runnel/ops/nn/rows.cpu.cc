// How softmax and the cross entropies run: by the row kernels of runtime/cpu, which read a row while it is in the cache.
#include "runnel/ops/nn/rows.h"

#include "runnel/op/types.h"
#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/reduce.h"

namespace runnel::inline v0 {

namespace {

using RowsOf = void (*)(DType type, const void* x, int64_t rows, int64_t cols, void* y);

void map_rows(OpContext& c, RowsOf run) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  if (y.num_elements() != 0) run(x.dtype(), x.raw(), x.num_elements() / x.dim(-1), x.dim(-1), y.mutable_raw());
}

/// x itself, or repeated to `shape`.
Tensor repeated(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Tensor out(x.dtype(), shape);
  cpu::broadcast_to(x.raw(), x.shape().dims(), out.mutable_raw(), shape.dims(), x.dtype().size());
  return out;
}

template <class Label>
void check_labels(OpContext& c, std::span<const Label> labels, int64_t classes) {
  for (Label label : labels)
    if (label < 0 || label >= classes)
      c.invalid(cat("Received a label value of ", label, " which is outside the valid range of [0, ", classes, ").  Label values: ",
                    join(labels.first(std::min<size_t>(labels.size(), 100)), " ")),
                {.hint = "classes count from 0, and the last layer needs a unit for each"});
}

}  // namespace

void softmax_kernel(OpContext& c) { map_rows(c, cpu::softmax); }
void log_softmax_kernel(OpContext& c) { map_rows(c, cpu::log_softmax); }

void dense_cross_entropy_kernel(OpContext& c) {
  Tensor &loss = c.output(0), &backprop = c.output(1);
  Tensor logits = repeated(c.input(0), backprop.shape()), labels = repeated(c.input(1), backprop.shape());
  cpu::softmax_cross_entropy(logits.dtype(), logits.raw(), labels.raw(), backprop.dim(0), backprop.dim(1), loss.mutable_raw(),
                             backprop.mutable_raw());
}

void sparse_cross_entropy_kernel(OpContext& c) {
  const Tensor &logits = c.input(0), &labels = c.input(1);
  Tensor &loss = c.output(0), &backprop = c.output(1);
  dispatch<Indices>(labels.dtype(), c.op().name(), [&]<class Label>() { check_labels(c, labels.values<Label>(), backprop.dim(1)); });
  cpu::sparse_softmax_cross_entropy(logits.dtype(), logits.raw(), labels.dtype(), labels.raw(), backprop.dim(0), backprop.dim(1),
                                    loss.mutable_raw(), backprop.mutable_raw());
}

}  // namespace runnel::inline v0
