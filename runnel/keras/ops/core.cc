#include "runnel/keras/ops/core.h"

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// Elements of a box, as the places of all its elements: (sizes..., rank).
Tensor places_of_box(const Tensor& starts, const Tensor& sizes, int rank) {
  std::vector<Tensor> along;
  for (int i = 0; i < rank; ++i) along.push_back(tf::range(tf::gather(sizes, i, 0)) + tf::gather(starts, i, 0));
  return tf::stack(tf::meshgrid(along, "ij"), -1);
}

// Indices as one row for each update, so that products can be collected: the flat number of each index.
Tensor multiplied(const Tensor& x, const Tensor& indices, const Tensor& updates) {
  int64_t depth = indices.partial_shape().dim(-1);
  Tensor sizes = tf::slice(tf::shape(x), {0}, {depth}), strides = tf::cumprod(sizes, 0, true, true);
  Tensor number = tf::reshape(tf::reduce_sum(tf::cast(indices, int32) * strides, -1), {-1}), count = tf::reduce_prod(sizes);
  Tensor inner = tf::slice(tf::shape(x), {depth}, {-1}), rows = tf::reshape(updates, tf::concat({vector({-1}), inner}, 0));
  Tensor factors = tf::unsorted_segment_prod(rows, number, count);
  return x * tf::reshape(factors, tf::shape(x));
}

}  // namespace

Tensor cast(const Operand& x, DType dtype) { return to_tensor(x, dtype); }
Tensor saturate_cast(const Operand& x, DType dtype) { return tf::saturate_cast(to_tensor(x), dtype); }
Tensor convert_to_tensor(const Operand& x, DType dtype, std::optional<bool> sparse, std::optional<bool> ragged) {
  if (sparse.value_or(false) || ragged.value_or(false))
    fail<ValueError>("convert_to_tensor", "sparse and ragged tensors are not supported yet");
  return to_tensor(x, dtype);
}
Tensor stop_gradient(const Operand& variable) { return tf::stop_gradient(to_tensor(variable)); }
Tensor scatter(const Operand& indices, const Operand& values, const Ints& shape) { return tf::scatter_nd(to_tensor(indices), to_tensor(values), shape); }

Tensor scatter_update(const Operand& inputs, const Operand& indices, const Operand& updates, const std::optional<std::string>& reduction) {
  Tensor x = to_tensor(inputs), at = to_tensor(indices), values = to_tensor(updates, x.dtype());
  if (!reduction) return tf::tensor_scatter_nd_update(x, at, values);
  if (*reduction == "add") return tf::tensor_scatter_nd_add(x, at, values);
  if (*reduction == "max") return tf::tensor_scatter_nd_max(x, at, values);
  if (*reduction == "min") return tf::tensor_scatter_nd_min(x, at, values);
  if (*reduction == "mul") return multiplied(x, at, values);
  fail<ValueError>("", cat("Unsupported reduction: ", *reduction));
}

Tensor slice(const Operand& inputs, const Ints& start_indices, const Ints& shape) { return tf::slice(to_tensor(inputs), start_indices, shape); }

Tensor slice_update(const Operand& inputs, const Operand& start_indices, const Operand& updates) {
  Tensor x = to_tensor(inputs), starts = to_tensor(start_indices, int32), values = to_tensor(updates, x.dtype());
  int rank = rank_of(x, "slice_update");
  return rank == 0 ? values : tf::tensor_scatter_nd_update(x, places_of_box(starts, tf::shape(values), rank), values);
}

std::vector<Tensor> unstack(const Operand& x, std::optional<int64_t> num, int64_t axis) { return tf::unstack(to_tensor(x), num, axis); }

}  // namespace runnel::inline v0::keras::ops
