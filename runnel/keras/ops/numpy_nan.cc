#include "runnel/keras/ops/numpy_nan.h"

#include <limits>

#include "runnel/keras/ops/numpy_elementwise.h"
#include "runnel/keras/ops/numpy_reduce.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

Axes as_axes(std::optional<int64_t> axis) { return axis ? Axes(*axis) : Axes(); }
Tensor replaced(const Tensor& x, double value) { return x.dtype().is_floating() ? tf::where(tf::is_nan(x), value, x) : x; }
Tensor all_nan(const Tensor& x, const Axes& axis, bool keepdims) { return tf::reduce_all(tf::is_nan(x), axis, keepdims); }

using Place = Tensor (*)(const Operand&, std::optional<int64_t>, bool);
Tensor place_of_number(Place place, const Operand& x, double filler, std::optional<int64_t> axis, bool keepdims) {
  Tensor t = to_tensor(x);
  if (!t.dtype().is_floating()) return place(t, axis, keepdims);
  return tf::where(all_nan(t, as_axes(axis), keepdims), -1, place(replaced(t, filler), axis, keepdims));
}

bool is_noop(const Axes& axis) { return !axis.is_all() && axis.ints().values() && axis.ints().values()->empty(); }

}  // namespace

Tensor nanargmax(const Operand& x, std::optional<int64_t> axis, bool keepdims) { return place_of_number(argmax, x, -kInfinity, axis, keepdims); }
Tensor nanargmin(const Operand& x, std::optional<int64_t> axis, bool keepdims) { return place_of_number(argmin, x, kInfinity, axis, keepdims); }
Tensor nancumprod(const Operand& x, std::optional<int64_t> axis, DType dtype) { return cumprod(nan_to_num(x, 1.0), axis, dtype); }
Tensor nancumsum(const Operand& x, std::optional<int64_t> axis, DType dtype) { return cumsum(nan_to_num(x), axis, dtype); }

Tensor nanmax(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  if (t.dtype().is_bool()) return tf::reduce_any(t, axis, keepdims);
  if (!t.dtype().is_floating()) return tf::reduce_max(t, axis, keepdims);
  return tf::where(all_nan(t, axis, keepdims), kNan, tf::reduce_max(replaced(t, -kInfinity), axis, keepdims));
}
Tensor nanmin(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  if (t.dtype().is_bool()) return tf::reduce_all(t, axis, keepdims);
  if (!t.dtype().is_floating()) return tf::reduce_min(t, axis, keepdims);
  return tf::where(all_nan(t, axis, keepdims), kNan, tf::reduce_min(replaced(t, kInfinity), axis, keepdims));
}

Tensor nanmean(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  if (is_noop(axis)) return t;
  if (!t.dtype().is_floating()) return tf::reduce_mean(tf::cast(t, float32), axis, keepdims);
  Tensor count = tf::reduce_sum(tf::cast(tf::logical_not(tf::is_nan(t)), t.dtype()), axis, keepdims);
  return tf::reduce_sum(replaced(t, 0.0), axis, keepdims) / count;
}

Tensor nanprod(const Operand& x, const Axes& axis, bool keepdims) { return prod(replaced(to_tensor(x), 1.0), axis, keepdims); }
Tensor nansum(const Operand& x, const Axes& axis, bool keepdims) { return sum(replaced(to_tensor(x), 0.0), axis, keepdims); }
Tensor nanstd(const Operand& x, const Axes& axis, bool keepdims) { return tf::sqrt(nanvar(x, axis, keepdims)); }

Tensor nanvar(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  t = tf::cast(t, result_type({t, any_float}));
  Tensor number = tf::logical_not(tf::is_nan(t)), centred = tf::where(number, t - nanmean(t, axis, true), tf::zeros_like(t));
  Tensor count = tf::reduce_sum(tf::cast(number, t.dtype()), axis, keepdims);
  return tf::reduce_sum(tf::square(centred), axis, keepdims) / count;
}

}  // namespace runnel::inline v0::keras::ops
