#include "runnel/keras/ops/numpy_linear.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/numpy_shape.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// Two tensors to multiply: under a dtype that products are computed in, and the dtype of the result.
struct Factors {
  Tensor x, y;
  DType result;
};
Factors floating_factors(const Operand& a, const Operand& b) {
  Tensor x = to_tensor(a), y = to_tensor(b);
  DType result = result_type({x, y}), compute = result_type({result, any_float});
  return {tf::cast(x, compute), tf::cast(y, compute), result};
}

Tensor product_over(const Factors& f, int64_t axis_x, int64_t axis_y) {
  return tf::cast(tf::tensordot(f.x, f.y, paired_axes({axis_x}, {axis_y})), f.result);
}
bool has_scalar(const Factors& f) { return rank_of(f.x, "dot") == 0 || rank_of(f.y, "dot") == 0; }

// Vectors of two elements lie in the plane of the first two axes.
Tensor in_space(const Tensor& x) {
  if (x.partial_shape().dim(-1) != 2) return x;
  return tf::concat({x, tf::zeros_like(without_last(x, -1))}, -1);
}

DType correlation_dtype(DType dtype) {
  if (dtype == int64) return float64;
  return dtype == bfloat16 || dtype == float16 || dtype == float64 ? dtype : DType(float32);
}

// column - row of every place of the last two axes.
Tensor diagonal_number(const Tensor& x) {
  Tensor rows = tf::range(size_along(x, -2)), columns = tf::range(size_along(x, -1));
  return tf::expand_dims(columns, 0) - tf::expand_dims(rows, 1);
}

Tensor with_last_axes(const Tensor& x, int64_t axis1, int64_t axis2) { return moveaxis(x, {axis1, axis2}, {-2, -1}); }

}  // namespace

Tensor corrcoef(const Operand& x) {
  Tensor t = to_tensor(x);
  if (t.dtype().is_integer() || t.dtype().is_bool()) t = tf::cast(t, t.dtype() == int64 ? float64 : floatx());
  Tensor centred = t - tf::reduce_mean(t, -1, true), count = tf::cast(size_along(t, -1), t.dtype());
  if (rank_of(t, "corrcoef") == 1) centred = tf::expand_dims(centred, 0);
  Tensor covariance = tf::matmul(centred, centred, false, true) / (count - 1.0);
  Tensor deviation = tf::sqrt(linalg::diag_part(covariance));
  Tensor correlation = covariance / (tf::expand_dims(deviation, -1) * tf::expand_dims(deviation, -2));
  Tensor out = tf::clip_by_value(correlation, -1.0, 1.0);
  return rank_of(t, "corrcoef") == 1 ? tf::reshape(out, Dims()) : out;
}

Tensor correlate(const Operand& x1, const Operand& x2, const std::string& mode) {
  if (mode != "valid" && mode != "same" && mode != "full")
    fail<ValueError>("", cat("Invalid mode: '", mode, "'. Mode must be one of: 'full', 'same', 'valid'."));
  Tensor x = to_tensor(x1), y = to_tensor(x2);
  DType dtype = correlation_dtype(result_type({x, y}));
  Tensor n = size_along(x, 0), m = size_along(y, 0), around = m - 1;
  if (mode != "valid") x = tf::pad(x, tf::expand_dims(tf::stack({around, around}), 0));
  Tensor row = tf::reshape(tf::cast(x, dtype), {1, -1, 1}), filter = tf::reshape(tf::cast(y, dtype), {-1, 1, 1});
  Tensor out = tf::squeeze(nn::conv1d(row, filter, 1, "VALID"), {0, 2});
  if (mode != "same") return out;
  Tensor length = tf::maximum(n, m), begin = tf::floordiv(n + m - 1 - length, 2);
  return tf::slice(out, tf::reshape(begin, {1}), tf::reshape(length, {1}));
}

Tensor cross(const Operand& x1, const Operand& x2, int64_t axisa, int64_t axisb, int64_t axisc, std::optional<int64_t> axis) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2));
  x = to_last_axis(x, axis.value_or(axisa));
  y = to_last_axis(y, axis.value_or(axisb));
  bool plane = x.partial_shape().dim(-1) == 2 && y.partial_shape().dim(-1) == 2;
  x = in_space(x);
  y = in_space(y);
  Tensor sizes = tf::broadcast_dynamic_shape(tf::shape(x), tf::shape(y));
  Tensor product = linalg::cross(tf::broadcast_to(x, sizes), tf::broadcast_to(y, sizes));
  return plane ? at(product, -1, 2) : moveaxis(product, -1, axis.value_or(axisc));
}

Tensor diag(const Operand& x, int64_t k) {
  Tensor t = to_tensor(x);
  int rank = rank_of(t, "diag");
  if (rank != 1 && rank != 2) fail<ValueError>("", cat("`x` must be 1d or 2d. Received: x.shape=", to_text(t.partial_shape())));
  return rank == 1 ? linalg::diag(t, {k}) : diagonal(t, k);
}
Tensor diagflat(const Operand& x, int64_t k) { return diag(tf::reshape(to_tensor(x), {-1}), k); }

Tensor diagonal(const Operand& x, int64_t offset, int64_t axis1, int64_t axis2) {
  Tensor t = with_last_axes(to_tensor(x), axis1, axis2);
  int64_t rows = t.partial_shape().dim(-2), columns = t.partial_shape().dim(-1);
  bool outside = rows >= 0 && columns >= 0 && (offset <= -rows || offset >= columns);
  return outside ? tf::reduce_sum(tf::slice(t, Dims(rank_of(t, "diagonal"), 0), [&] {
                     Dims sizes(rank_of(t, "diagonal"), -1);
                     sizes[sizes.size() - 1] = 0;
                     return Ints(sizes);
                   }()), -2)
                 : linalg::diag_part(t, {offset});
}

Tensor dot(const Operand& x1, const Operand& x2) {
  Factors f = floating_factors(x1, x2);
  if (has_scalar(f)) return tf::cast(f.x * f.y, f.result);
  return product_over(f, rank_of(f.x, "dot") - 1, std::max(rank_of(f.y, "dot") - 2, 0));
}
Tensor inner(const Operand& x1, const Operand& x2) {
  Factors f = floating_factors(x1, x2);
  if (has_scalar(f)) return tf::cast(f.x * f.y, f.result);
  return product_over(f, rank_of(f.x, "inner") - 1, rank_of(f.y, "inner") - 1);
}
Tensor vdot(const Operand& x1, const Operand& x2) {
  Factors f = floating_factors(x1, x2);
  return tf::cast(tf::reduce_sum(tf::reshape(f.x, {-1}) * tf::reshape(f.y, {-1})), f.result);
}

Tensor einsum(const std::string& subscripts, const Operands& operands, const std::string& optimize) {
  std::vector<Promotable> types;
  for (const Operand& o : operands.items()) types.emplace_back(to_tensor(o));
  bool bytes = std::all_of(types.begin(), types.end(), [](const Promotable& t) { return t.dtype == int8; });
  DType result = bytes ? DType(int32) : result_type(types), compute = result.is_integer() ? floatx() : result;
  std::vector<Tensor> inputs;
  for (const Operand& o : operands.items()) inputs.push_back(to_tensor(o, compute));
  return tf::cast(tf::einsum(subscripts, inputs, optimize), result);
}

Tensor kron(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2));
  while (rank_of(x, "kron") < rank_of(y, "kron")) x = tf::expand_dims(x, 0);
  while (rank_of(y, "kron") < rank_of(x, "kron")) y = tf::expand_dims(y, 0);
  Tensor sizes = tf::shape(x) * tf::shape(y);
  for (int i = rank_of(x, "kron"); i > 0; --i) {
    x = tf::expand_dims(x, i);
    y = tf::expand_dims(y, i - 1);
  }
  return tf::reshape(x * y, sizes);
}

Tensor matmul(const Operand& x1, const Operand& x2) {
  Tensor x = to_tensor(x1), y = to_tensor(x2);
  int rank_x = rank_of(x, "matmul"), rank_y = rank_of(y, "matmul");
  if (x.dtype() == int8 && y.dtype() == int8 && rank_x > 1 && rank_y > 1)
    return tf::matmul(x, y, false, false, false, false, false, false, int32);
  Factors f{x, y, result_type({x, y})};
  DType compute = result_type({x, y, any_float});
  f.x = tf::cast(x, compute);
  f.y = tf::cast(y, compute);
  if (rank_y == 1) return product_over(f, rank_x - 1, 0);
  if (rank_x == 1) return product_over(f, 0, rank_y - 2);
  return tf::cast(tf::matmul(f.x, f.y), f.result);
}

Tensor outer(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2));
  return tf::reshape(x, {-1, 1}) * tf::reshape(y, {-1});
}

Results slogdet(const Operand& x) {
  auto [sign, log] = linalg::slogdet(as_float(x));
  return {{sign, log}};
}

Tensor tensordot(const Operand& x1, const Operand& x2, const Operand& axes) {
  Tensor x = to_tensor(x1), y = to_tensor(x2);
  DType result = result_type({x, y});
  bool known = result == int32 || result == int64 || result.is_floating() || result.is_complex();
  DType compute = known ? result : result_type({result, any_float});
  return tf::cast(tf::tensordot(tf::cast(x, compute), tf::cast(y, compute), axes), result);
}

Tensor trace(const Operand& x, int64_t offset, int64_t axis1, int64_t axis2) {
  Tensor t = to_tensor(x);
  t = with_last_axes(tf::cast(t, sum_dtype(t.dtype())), axis1, axis2);
  return tf::reduce_sum(tf::where(tf::equal(diagonal_number(t), int32_t(offset)), t, tf::zeros_like(t)), {-2, -1});
}

Tensor tril(const Operand& x, const Operand& k) {
  Tensor t = to_tensor(x);
  return tf::where(diagonal_number(t) <= to_tensor(k, int32), t, tf::zeros_like(t));
}
Tensor triu(const Operand& x, const Operand& k) {
  Tensor t = to_tensor(x);
  return tf::where(diagonal_number(t) >= to_tensor(k, int32), t, tf::zeros_like(t));
}

}  // namespace runnel::inline v0::keras::ops
