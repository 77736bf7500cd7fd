#include "runnel/keras/ops/numpy_reduce.h"

#include <limits>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// -0 counts as less than 0: as the largest number below it.
Tensor with_ordered_zeros(const Tensor& x) {
  if (!x.dtype().is_floating() || x.partial_shape().rank() == 0) return x;
  DType wide = result_type({x, float32});
  Tensor t = tf::cast(x, wide), negative = tf::bitcast(tf::cast(t, float32), int32) < 0;
  double tiny = wide == float64 ? std::numeric_limits<double>::min() : double(std::numeric_limits<float>::min());
  return tf::where(tf::logical_and(tf::equal(t, 0.0), negative), -tiny, t);
}

using Search = Tensor (*)(const Tensor&, const std::optional<Operand>&, DType);

Tensor place_of(Search search, const Operand& x, std::optional<int64_t> axis, bool keepdims) {
  Tensor t = with_ordered_zeros(to_tensor(x));
  int rank = rank_of(t, "argmax");
  if (t.dtype().is_bool()) t = tf::cast(t, int32);
  Tensor place = search(axis ? t : tf::reshape(t, {-1}), Operand(axis.value_or(0)), int32);
  if (!keepdims) return place;
  return axis ? tf::expand_dims(place, *axis) : tf::reshape(place, Dims(rank, 1));
}

void expect_elements(const Tensor& x, const char* what) {
  if (!x.is_symbolic() && x.num_elements() == 0)
    fail<errors::InvalidArgumentError>("", cat("Cannot compute the ", what, " of an empty tensor."));
}

Tensor flat_unless(const Tensor& x, std::optional<int64_t> axis) { return axis ? x : tf::reshape(x, {-1}); }

}  // namespace

Tensor argmax(const Operand& x, std::optional<int64_t> axis, bool keepdims) { return place_of(tf::argmax, x, axis, keepdims); }
Tensor argmin(const Operand& x, std::optional<int64_t> axis, bool keepdims) { return place_of(tf::argmin, x, axis, keepdims); }

Tensor average(const Operand& x, const Axes& axis, const std::optional<Operand>& weights) {
  Tensor t = to_tensor(x);
  if (!weights) return tf::reduce_mean(to_tensor(t, result_type({t, any_float})), axis);
  Tensor w = to_tensor(*weights);
  DType dtype = result_type({t, w, any_float});
  t = to_tensor(t, dtype);
  w = to_tensor(w, dtype);
  if (axis.is_all() || rank_of(t, "average") == rank_of(w, "average"))
    return tf::reduce_sum(t * w, axis) / tf::reduce_sum(w, axis);
  return tf::tensordot(t, w, paired_axes(axes_of(axis, rank_of(t, "average")), {0})) / tf::reduce_sum(w);
}

Tensor count_nonzero(const Operand& x, const Axes& axis) { return tf::count_nonzero(to_tensor(x), axis, false, int32); }

Tensor cumprod(const Operand& x, std::optional<int64_t> axis, DType dtype) {
  return tf::cumprod(flat_unless(as_number(to_tensor(x, dtype)), axis), axis.value_or(0));
}
Tensor cumsum(const Operand& x, std::optional<int64_t> axis, DType dtype) {
  return tf::cumsum(flat_unless(as_number(to_tensor(x, dtype)), axis), axis.value_or(0));
}

Tensor max(const Operand& x, const Axes& axis, bool keepdims, const std::optional<Operand>& initial) {
  Tensor t = to_tensor(x);
  if (!initial) expect_elements(t, "max");
  Tensor found = t.dtype().is_bool() ? tf::reduce_any(t, axis, keepdims) : tf::reduce_max(t, axis, keepdims);
  if (!initial) return found;
  if (t.dtype().is_bool()) return tf::logical_or(found, to_tensor(*initial, bool_));
  return tf::maximum(found, to_tensor(*initial, t.dtype()));
}
Tensor min(const Operand& x, const Axes& axis, bool keepdims, const std::optional<Operand>& initial) {
  Tensor t = to_tensor(x);
  if (!initial) expect_elements(t, "min");
  Tensor found = t.dtype().is_bool() ? tf::reduce_all(t, axis, keepdims) : tf::reduce_min(t, axis, keepdims);
  if (!initial) return found;
  if (t.dtype().is_bool()) return tf::logical_and(found, to_tensor(*initial, bool_));
  return tf::minimum(found, to_tensor(*initial, t.dtype()));
}
Tensor amax(const Operand& x, const Axes& axis, bool keepdims) { return max(x, axis, keepdims); }
Tensor amin(const Operand& x, const Axes& axis, bool keepdims) { return min(x, axis, keepdims); }

Tensor mean(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  DType compute = result_type({t, float32}), result = t.dtype().is_integer() || t.dtype().is_bool() ? compute : t.dtype();
  return tf::cast(tf::reduce_mean(tf::cast(t, compute), axis, keepdims), result);
}

Tensor prod(const Operand& x, const Axes& axis, bool keepdims, DType dtype) {
  Tensor t = to_tensor(x);
  return tf::reduce_prod(tf::cast(t, dtype ? dtype : sum_dtype(result_type({t}))), axis, keepdims);
}
Tensor ptp(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  return tf::reduce_max(t, axis, keepdims) - tf::reduce_min(t, axis, keepdims);
}
Tensor std_(const Operand& x, const Axes& axis, bool keepdims) { return tf::reduce_std(as_float(x), axis, keepdims); }
Tensor sum(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  return tf::reduce_sum(tf::cast(t, sum_dtype(t.dtype())), axis, keepdims);
}
Tensor var(const Operand& x, const Axes& axis, bool keepdims) {
  Tensor t = to_tensor(x);
  return tf::cast(tf::reduce_variance(tf::cast(t, result_type({t, float32})), axis, keepdims), result_type({t, any_float}));
}

Tensor trapezoid(const Operand& y, const std::optional<Operand>& x, const Operand& dx, int64_t axis) {
  Tensor t = to_tensor(y);
  t = to_last_axis(tf::cast(t, result_type({t, any_float})), axis);
  Tensor widths = to_tensor(dx, t.dtype());
  if (x) {
    Tensor places = to_tensor(*x, t.dtype());
    places = rank_of(places, "trapezoid") > 1 ? to_last_axis(places, axis) : places;
    widths = without_first(places, -1) - without_last(places, -1);
  }
  return tf::reduce_sum(0.5 * (without_first(t, -1) + without_last(t, -1)) * widths, -1);
}

}  // namespace runnel::inline v0::keras::ops
