#include "runnel/keras/ops/linalg.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/numpy_shape.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// The square root of the sum of squares.
Tensor euclidean(const Tensor& x, const Axes& axis, bool keepdims) { return tf::sqrt(tf::reduce_sum(x * tf::conj(x), axis, keepdims)); }

// The order as a number; a name is left to the caller. No operator is called: inside a trace it would give no number.
double number_of(const Operand& ord) {
  if (ord.is_weak()) return *ord.tensor(float64).data<double>();
  Tensor t = ord.tensor();
  if (t.dtype() == float32) return double(t.item<float>());
  return t.dtype() == float64 ? t.item<double>() : t.dtype() == int32 ? double(t.item<int32_t>()) : double(t.item<int64_t>());
}
bool is_name(const Operand& ord) { return !ord.is_weak() && ord.dtype() == string; }

[[noreturn]] void invalid_order(const char* kind, const Operand& ord) {
  std::string text = is_name(ord) ? *ord.tensor().data<std::string>() : to_text(number_of(ord));
  fail<ValueError>("", cat("Invalid `ord` argument for ", kind, " norm. Received: ord=", text));
}

Tensor vector_norm(const Tensor& x, const std::optional<Operand>& ord, int64_t axis, bool keepdims) {
  if (!ord) return euclidean(x, axis, keepdims);
  if (is_name(*ord)) invalid_order("vector", *ord);
  double p = number_of(*ord);
  if (p == 2) return euclidean(x, axis, keepdims);
  if (std::isinf(p)) return (p > 0 ? tf::reduce_max : tf::reduce_min)(tf::abs(x), axis, keepdims);
  if (p == 0) return tf::reduce_sum(tf::cast(tf::not_equal(x, 0), x.dtype()), axis, keepdims);
  return tf::pow(tf::reduce_sum(tf::pow(tf::abs(x), p), axis, keepdims), 1.0 / p);
}

using Reduction = Tensor (*)(const Tensor&, const Axes&, bool);

// The largest (smallest) of the sums along one of two axes.
Tensor of_sums(Reduction reduce, const Tensor& x, int64_t summed, int64_t other, bool keepdims) {
  Tensor out = reduce(tf::reduce_sum(tf::abs(x), summed, true), other, true);
  return keepdims ? out : tf::squeeze(out, {summed, other});
}
Tensor of_singular_values(Reduction reduce, const Tensor& x, int64_t rows, int64_t columns, bool keepdims) {
  Tensor out = reduce(linalg::svd(moveaxis(x, {rows, columns}, {-2, -1}), false, false)[0], -1, false);
  return keepdims ? expand_dims(out, {rows, columns}) : out;
}

Tensor matrix_norm(const Tensor& x, const std::optional<Operand>& ord, const Dims& axes, bool keepdims) {
  int64_t rows = axes[0], columns = axes[1];
  if (!ord) return euclidean(x, axes, keepdims);
  if (is_name(*ord)) {
    const std::string name = *ord->tensor().data<std::string>();
    if (name == "fro") return euclidean(x, axes, keepdims);
    if (name == "nuc") return of_singular_values(tf::reduce_sum, x, rows, columns, keepdims);
    invalid_order("matrix", *ord);
  }
  double p = number_of(*ord);
  Reduction reduce = p > 0 ? tf::reduce_max : tf::reduce_min;
  if (std::isinf(p)) return of_sums(reduce, x, columns, rows, keepdims);
  if (std::abs(p) == 1) return of_sums(reduce, x, rows, columns, keepdims);
  if (std::abs(p) == 2) return of_singular_values(reduce, x, rows, columns, keepdims);
  invalid_order("matrix", *ord);
}

// A right side that is a vector for each matrix counts as one column.
template <class F>
Tensor with_columns(const Tensor& a, const Tensor& b, F&& solve) {
  bool vector = rank_of(b, "solve") == rank_of(a, "solve") - 1;
  return vector ? tf::squeeze(solve(tf::expand_dims(b, -1)), -1) : solve(b);
}

double epsilon_of(DType dtype) {
  return dtype == float64 || dtype == complex128 ? std::numeric_limits<double>::epsilon() : double(std::numeric_limits<float>::epsilon());
}

}  // namespace

Tensor cholesky(const Operand& x, bool upper) {
  Tensor factor = tf::check_numerics(linalg::cholesky(as_float(x)), "Cholesky");
  return upper ? linalg::adjoint(factor) : factor;
}
Tensor cholesky_inverse(const Operand& x, bool upper) {
  Tensor factor = as_float(x), n = size_along(factor, -1);
  Tensor inverse = linalg::triangular_solve(factor, tf::eye(n, n, {}, factor.dtype()), !upper);
  return upper ? tf::matmul(inverse, inverse, false, true) : tf::matmul(inverse, inverse, true);
}
Tensor det(const Operand& x) { return linalg::det(as_float(x)); }
Results eig(const Operand& x) {
  auto [e, v] = linalg::eig(as_float(x));
  return {{e, v}};
}
Results eigh(const Operand& x) {
  auto [e, v] = linalg::eigh(as_float(x));
  return {{e, v}};
}
Tensor inv(const Operand& x) { return linalg::inv(as_float(x)); }

Tensor lstsq(const Operand& a, const Operand& b, std::optional<double> rcond) {
  Tensor x = to_tensor(a), y = to_tensor(b);
  if (rank_of(x, "lstsq") != 2) fail<TypeError>("", cat(rank_of(x, "lstsq"), "-dimensional array given. Array must be two-dimensional"));
  if (rank_of(y, "lstsq") > 2) fail<TypeError>("", cat(rank_of(y, "lstsq"), "-dimensional array given. Array must be one or two-dimensional"));
  int64_t m = x.partial_shape()[0], n = x.partial_shape()[1];
  if (m >= 0 && y.partial_shape()[0] >= 0 && m != y.partial_shape()[0]) fail<ValueError>("", "Leading dimensions of input arrays must match");
  double epsilon = epsilon_of(x.dtype()), least = !rcond ? epsilon * double(std::max(m, n)) : *rcond < 0 ? epsilon : *rcond;
  linalg::Svd parts = linalg::svd_parts(x);
  Tensor kept = parts.s >= at(parts.s, 0, 0) * least;
  Tensor inverse = tf::where(kept, tf::reciprocal(tf::where(kept, parts.s, tf::ones_like(parts.s))), tf::zeros_like(parts.s));
  Tensor columns = rank_of(y, "lstsq") == 1 ? tf::expand_dims(y, -1) : y;
  Tensor out = tf::matmul(parts.v, tf::expand_dims(tf::cast(inverse, x.dtype()), -1) * tf::matmul(parts.u, columns, false, false, true));
  return rank_of(y, "lstsq") == 1 ? tf::reshape(out, {-1}) : out;
}

// TensorFlow's permutation says which row comes where; Keras's where each row went.
Results lu_factor(const Operand& x) {
  auto [factors, rows] = linalg::lu(as_float(x));
  return {{factors, rank_of(rows, "lu_factor") == 1 ? tf::invert_permutation(rows) : tf::argsort(rows)}};
}

Tensor matrix_rank(const Operand& x, const std::optional<Operand>& tol) { return linalg::matrix_rank(as_float(x), tol); }

Tensor norm(const Operand& x, const std::optional<Operand>& ord, const Axes& axis, bool keepdims) {
  Tensor t = as_float(x);
  Dims axes = axes_of(axis, rank_of(t, "norm"));
  if (axes.size() == 1) return vector_norm(t, ord, axes[0], keepdims);
  if (axes.size() == 2) return matrix_norm(t, ord, axes, keepdims);
  fail<ValueError>("", cat("Invalid axis values. Received: axis=(", join(axes), ")"));
}

Tensor pinv(const Operand& x, const std::optional<Operand>& rcond) { return linalg::pinv(as_float(x), rcond); }

Results qr(const Operand& x, const std::string& mode) {
  if (mode != "reduced" && mode != "complete")
    fail<ValueError>("", cat("`mode` argument value not supported. Expected one of {'reduced', 'complete'}. Received: mode=", mode));
  auto [q, r] = linalg::qr(as_float(x), mode == "complete");
  return {{q, r}};
}

Tensor solve(const Operand& a, const Operand& b) {
  auto [x, y] = promoted(as_float(a), as_float(b));
  return with_columns(x, y, [&x = x](const Tensor& columns) { return linalg::solve(x, columns); });
}
Tensor solve_triangular(const Operand& a, const Operand& b, bool lower) {
  auto [x, y] = promoted(as_float(a), as_float(b));
  return with_columns(x, y, [&x = x, lower](const Tensor& columns) { return linalg::triangular_solve(x, columns, lower); });
}

Results svd(const Operand& x, bool full_matrices, bool compute_uv) {
  Tensor t = as_float(x);
  if (!compute_uv) return linalg::svd(t, full_matrices, false);
  linalg::Svd parts = linalg::svd_parts(t, full_matrices);
  return {{parts.u, parts.s, linalg::adjoint(parts.v)}};
}

}  // namespace runnel::inline v0::keras::ops
