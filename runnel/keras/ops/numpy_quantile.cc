// Quantiles, by sorting.
#include <algorithm>
#include <limits>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/numpy_nan.h"
#include "runnel/keras/ops/numpy_reduce.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// The given axes flattened into the last one: (others..., n).
Tensor flattened_last(const Tensor& x, const Axes& axis) {
  if (axis.is_all()) return tf::reshape(x, {-1});
  int rank = rank_of(x, "quantile");
  Dims along = axes_of(axis, rank), others = axes_besides(along, rank), order = others;
  for (int64_t a : along) order.push_back(a);
  return tf::reshape(tf::transpose(x, order), tf::concat({sizes_along(x, others), vector({-1})}, 0));
}

// A result (q..., others...) with the reduced axes back as ones.
Tensor with_kept_axes(Tensor result, const Tensor& x, const Axes& axis, int q_rank) {
  Dims along = axes_of(axis, rank_of(x, "quantile"));
  std::sort(along.begin(), along.end());
  for (int64_t a : along) result = tf::expand_dims(result, a + q_rank);
  return result;
}

// sorted: (rows..., n); places: float64 (rows..., q...) or (q...), whole numbers. -> (rows..., q)
Tensor taken(const Tensor& sorted, const Tensor& places) {
  Tensor index = tf::cast(places, int32);
  int batch = rank_of(sorted, "quantile") - 1;
  return rank_of(index, "quantile") > 1 ? tf::gather(sorted, index, batch, batch) : tf::gather(sorted, index, batch);
}

// Between two different neighbours even at a whole place, so that there is a gradient with respect to it.
Tensor interpolated(const Tensor& sorted, const Tensor& places) {
  Tensor last = tf::cast(size_along(sorted, -1), float64) - 1.0;
  Tensor below = tf::maximum(tf::ceil(places) - 1.0, 0.0), above = tf::minimum(below + 1.0, last);
  Tensor share = tf::cast(above - places, sorted.dtype());
  return taken(sorted, above) * (1.0 - share) + taken(sorted, below) * share;
}

// The elements at the fractional places of sorted rows.
Tensor at_places(const Tensor& sorted, const Tensor& places, const std::string& method) {
  if (method == "lower") return taken(sorted, tf::floor(places));
  if (method == "higher") return taken(sorted, tf::ceil(places));
  if (method == "nearest") return taken(sorted, tf::round(places));
  if (method == "midpoint") return 0.5 * (taken(sorted, tf::floor(places)) + taken(sorted, tf::ceil(places)));
  if (method != "linear") fail<ValueError>("quantile", "unknown `method`", {.got = method, .expected = "linear, lower, higher, midpoint or nearest"});
  return interpolated(sorted, places);
}

// (rows..., q) -> (q, rows...); a scalar q leaves (rows...).
Tensor q_first(const Tensor& values, int q_rank) {
  if (q_rank == 0) return at(values, -1, 0);
  int rank = rank_of(values, "quantile");
  Dims order{rank - 1};
  for (int i = 0; i + 1 < rank; ++i) order.push_back(i);
  return tf::transpose(values, order);
}

double nan() { return std::numeric_limits<double>::quiet_NaN(); }

}  // namespace

Tensor quantile(const Operand& x, const Operand& q, const Axes& axis, const std::string& method, bool keepdims) {
  Tensor t = to_tensor(x), share = tf::cast(to_tensor(q), float64);
  t = tf::cast(t, result_type({t, any_float}));
  int q_rank = rank_of(share, "quantile");
  Tensor rows = flattened_last(t, axis), sorted = tf::sort(rows);
  Tensor last = tf::cast(size_along(rows, -1), float64) - 1.0;
  Tensor values = at_places(sorted, tf::clip_by_value(last * tf::reshape(share, {-1}), 0.0, last), method);
  values = tf::where(tf::expand_dims(tf::reduce_any(tf::is_nan(rows), -1), -1), nan(), values);
  Tensor result = q_first(values, q_rank);
  return keepdims ? with_kept_axes(result, t, axis, q_rank) : result;
}

Tensor percentile(const Operand& x, const Operand& q, const Axes& axis, const std::string& method, bool keepdims) {
  return quantile(x, to_tensor(q, floatx()) / 100.0, axis, method, keepdims);
}
Tensor median(const Operand& x, const Axes& axis, bool keepdims) { return quantile(x, 0.5, axis, "linear", keepdims); }

// NaNs sort to the end, so that the first `count` elements of a row are its numbers.
Tensor nanquantile(const Operand& x, const Operand& q, const Axes& axis, const std::string& method, bool keepdims) {
  Tensor t = to_tensor(x), share = tf::cast(to_tensor(q, floatx()), float64);
  t = tf::cast(t, result_type({t, any_float}));
  int q_rank = rank_of(share, "nanquantile");
  Tensor rows = flattened_last(t, axis), sorted = tf::sort(rows);
  Tensor count = tf::reduce_sum(tf::cast(tf::logical_not(tf::is_nan(rows)), float64), -1, true);
  Tensor places = tf::maximum(count - 1.0, 0.0) * tf::reshape(share, {-1});
  Tensor result = q_first(at_places(sorted, places, method), q_rank);
  return keepdims ? with_kept_axes(result, t, axis, q_rank) : result;
}
Tensor nanpercentile(const Operand& x, const Operand& q, const Axes& axis, const std::string& method, bool keepdims) {
  return nanquantile(x, to_tensor(q, floatx()) / 100.0, axis, method, keepdims);
}
Tensor nanmedian(const Operand& x, const Axes& axis, bool keepdims) { return nanquantile(x, 0.5, axis, "linear", keepdims); }

}  // namespace runnel::inline v0::keras::ops
