// DynamicPartition, and the stitching that undoes it.
#include <algorithm>

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 32768;  // elements a task

// Row from[i] of x to row to[i] of y, in rows of `width` elements.
struct Move {
  int64_t from, to;
};
void move_rows(DType dtype, int64_t width, const std::vector<Move>& moves, const void* x, void* y) {
  if (width == 0) return;
  dispatch_storage(dtype, [&]<class T>() {
    parallel_for(int64_t(moves.size()), std::max<int64_t>(1, kGrain / width), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        std::copy_n(static_cast<const T*>(x) + moves[size_t(i)].from * width, width, static_cast<T*>(y) + moves[size_t(i)].to * width);
    });
  });
}

// --- DynamicPartition ---

void partition_shape(ShapeContext& c) {
  PartialShape data = c.input(0), ids = c.input(1);
  if (!data.has_rank() || !ids.has_rank()) return;
  if (ids.rank() > data.rank() || !ids.is_compatible_with(data.slice(0, ids.rank())))
    c.invalid(cat("data.shape must start with partitions.shape, got data.shape = ", bracketed(data), ", partitions.shape = ", bracketed(ids)));
  PartialShape out = PartialShape({-1}).concatenate(data.slice(ids.rank(), data.rank()));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, out);
}
void partition_kernel(OpContext& c) {
  c.output_shape();
  const Tensor &data = c.input(0), &ids = c.input(1);
  std::vector<std::vector<Move>> moves(size_t(c.num_outputs()));
  std::span<const int32_t> to = ids.values<int32_t>();
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i] < 0 || to[i] >= c.num_outputs()) c.invalid(cat("partitions[", i, "] = ", to[i], " is not in [0, ", c.num_outputs(), ")"));
    auto& rows = moves[size_t(to[i])];
    rows.push_back({int64_t(i), int64_t(rows.size())});
  }
  Dims inner = PartialShape(data.shape()).slice(ids.rank(), data.rank()).dims();
  int64_t width = Shape(inner).num_elements();
  for (int p = 0; p < c.num_outputs(); ++p) {
    Dims dims = inner;
    dims.insert(0, int64_t(moves[size_t(p)].size()));
    Tensor& y = c.allocate(p, Shape(dims));
    move_rows(data.dtype(), width, moves[size_t(p)], data.raw(), y.mutable_raw());
  }
}
// The places of the rows go the same way as the rows; stitching by them brings the gradients back.
std::vector<Tensor> partition_gradient(const GradientContext& c) {
  const Tensor &data = c.input(0), &ids = c.input(1);
  Tensor places = reshape(range(size(ids)), shape(ids));
  std::vector<Tensor> grads;
  for (int i = 0; i < c.num_outputs(); ++i) grads.push_back(c.grad(i));
  Tensor merged = dynamic_stitch(dynamic_partition(places, ids, c.num_outputs()), grads);
  return {reshape(merged, shape(data)), Tensor()};
}

// --- DynamicStitch, ParallelDynamicStitch ---

void stitch_shape(ShapeContext& c) {
  int n = c.num_inputs() / 2;
  PartialShape rest = PartialShape::unknown_rank();
  int64_t rows = 0;
  for (int i = 0; i < n; ++i) {
    PartialShape ids = c.input(i), data = c.input(n + i);
    if (const Tensor* known = c.constant(i)) {
      for (int32_t at : known->values<int32_t>()) rows = rows < 0 ? rows : std::max<int64_t>(rows, int64_t(at) + 1);
    } else {
      rows = -1;
    }
    if (!ids.has_rank() || !data.has_rank()) continue;
    if (ids.rank() > data.rank() || !ids.is_compatible_with(data.slice(0, ids.rank())))
      c.invalid(cat("data[", i, "].shape = ", bracketed(data), " does not start with indices[", i, "].shape = ", bracketed(ids)));
    PartialShape inner = data.slice(ids.rank(), data.rank());
    if (!inner.is_compatible_with(rest))
      c.invalid(cat("Need data[0].shape[", c.input(0).rank(), ":] = data[", i, "].shape[", ids.rank(), ":], got data[0].shape = ",
                    bracketed(c.input(n)), ", data[", i, "].shape = ", bracketed(data)));
    rest = rest.merge_with(inner);
  }
  if (rest.has_rank()) c.set_output(0, PartialShape({rows}).concatenate(rest));
}
// Rows that several indices name take the last one's value; rows that none names are zeros.
void stitch_kernel(OpContext& c) {
  int n = c.num_inputs() / 2;
  Tensor& y = c.output();
  int64_t rows = y.dim(0), width = rows == 0 ? 0 : y.num_elements() / rows;
  if (y.dtype().is_plain() && rows > 0) fill_elements(y.dtype(), y.num_elements(), zeros(Shape(), y.dtype()).raw(), y.mutable_raw());
  std::vector<bool> taken(static_cast<size_t>(rows));
  for (int i = n - 1; i >= 0; --i) {
    std::span<const int32_t> ids = c.input(i).values<int32_t>();
    std::vector<Move> moves;
    for (size_t k = ids.size(); k-- > 0;) {
      if (ids[k] < 0) c.invalid(cat("indices[", k, "] = ", ids[k], " is out of range"));
      if (!taken[size_t(ids[k])]) moves.push_back({int64_t(k), ids[k]});
      taken[size_t(ids[k])] = true;
    }
    move_rows(y.dtype(), width, moves, c.input(n + i).raw(), y.mutable_raw());
  }
}
// As TensorFlow's: a value that another one has overwritten gets that one's gradient as well.
std::vector<Tensor> stitch_gradient(const GradientContext& c) {
  int n = c.num_inputs() / 2;
  std::vector<Tensor> out(static_cast<size_t>(2 * n));
  for (int i = 0; i < n; ++i)
    if (c.needs(n + i)) out[size_t(n + i)] = gather(c.grad(), c.input(i), 0);
  return out;
}

/// ParallelDynamicStitch: Rows of several tensors put to their indices in one; which row wins among equal indices is not defined.
constexpr OpDef kOps[] = {
    {.name = "DynamicPartition", .signature = "data: T, partitions: int32 -> outputs: num_partitions*T", .attrs = "num_partitions: int >= 1; T: type",
     .shape = partition_shape, .gradient = partition_gradient, .kernel = partition_kernel},
    {.name = "DynamicStitch", .signature = "indices: N*int32, data: N*T -> merged: T", .attrs = "N: int >= 1; T: type",
     .shape = stitch_shape, .gradient = stitch_gradient, .kernel = stitch_kernel},
    {.name = "ParallelDynamicStitch", .signature = "indices: N*int32, data: N*T -> merged: T", .attrs = "N: int >= 1; T: type",
     .shape = stitch_shape, .gradient = stitch_gradient, .kernel = stitch_kernel},
};

}  // namespace
RUNNEL_OPS(array_partition, kOps)

std::vector<Tensor> dynamic_partition(const Tensor& data, const Operand& partitions, int64_t num_partitions) {
  static const Op& op = get_op("DynamicPartition");
  if (num_partitions < 1) fail<ValueError>("dynamic_partition", cat("num_partitions must be at least 1"), {.got = to_text(num_partitions)});
  return run_all(op, {data, partitions.tensor(int32)}, {{"num_partitions", num_partitions}});
}

Tensor dynamic_stitch(const std::vector<Tensor>& indices, const std::vector<Tensor>& data) {
  static const Op& op = get_op("DynamicStitch");
  if (indices.size() != data.size())
    fail<ValueError>("", cat("List argument 'data' to 'dynamic_stitch' Op with length ", data.size(), " must match length ", indices.size(),
                             " of argument 'indices'."));
  std::vector<Tensor> inputs = indices;
  inputs.insert(inputs.end(), data.begin(), data.end());
  return run(op, inputs, {{"N", int64_t(indices.size())}});
}

}  // namespace runnel::inline v0
