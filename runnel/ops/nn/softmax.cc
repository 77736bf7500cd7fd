// Softmax and LogSoftmax over the last axis; nn::softmax and nn::log_softmax move any axis there.
#include <algorithm>

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/rows.h"

namespace runnel::inline v0 {

namespace {

void softmax_shape(ShapeContext& c) { c.set_output(0, c.with_rank_at_least(0, 1)); }

// dx = (dy - sum(dy * y)) * y
std::vector<Tensor> softmax_gradient(const GradientContext& c) {
  Tensor y = c.output();
  Tensor weighted = reduce_sum(multiply(c.grad(), y), -1, true);
  return {multiply(subtract(c.grad(), weighted), y)};
}

// dx = dy - sum(dy) * softmax(x)
std::vector<Tensor> log_softmax_gradient(const GradientContext& c) {
  Tensor softmax = exp(c.output());
  return {subtract(c.grad(), multiply(reduce_sum(c.grad(), -1, true), softmax))};
}

constexpr OpDef kOps[] = {
    {.name = "Softmax", .signature = "logits: T -> softmax: T", .attrs = "T: {half, bfloat16, float, double}",
     .shape = softmax_shape, .gradient = softmax_gradient, .kernel = softmax_kernel},
    {.name = "LogSoftmax", .signature = "logits: T -> logsoftmax: T", .attrs = "T: {half, bfloat16, float, double}",
     .shape = softmax_shape, .gradient = log_softmax_gradient, .kernel = log_softmax_kernel},
};

// The operators work on the last axis: another one is swapped with it before and after.
Tensor along(const Op& op, const Tensor& logits, int64_t axis) {
  PartialShape shape = logits.partial_shape();
  if (!shape.has_rank()) return run(op, {logits});
  int rank = shape.rank();
  if (rank == 0) fail<errors::InvalidArgumentError>(op.name(), "logits must have at least one dimension", {.got = "a scalar"});
  if (axis < -rank || axis >= rank)
    fail<errors::InvalidArgumentError>("", cat("`dim` must be in the range [", -rank, ", ", rank, ") where ", rank,
                                               " is the number of dimensions in the input. Received: dim=", axis));
  int at = int(axis < 0 ? axis + rank : axis);
  if (at == rank - 1) return run(op, {logits});
  Dims order(rank);
  for (int i = 0; i < rank; ++i) order[i] = i;
  std::swap(order[at], order[rank - 1]);
  return transpose(run(op, {transpose(logits, order)}), order);
}

}  // namespace
RUNNEL_OPS(nn_softmax, kOps)

namespace nn {
Tensor softmax(const Tensor& logits, int64_t axis) {
  static const Op& op = get_op("Softmax");
  return along(op, logits, axis);
}
Tensor log_softmax(const Tensor& logits, int64_t axis) {
  static const Op& op = get_op("LogSoftmax");
  return along(op, logits, axis);
}
}  // namespace nn

}  // namespace runnel::inline v0
