#include "runnel/keras/ops/numpy_logic.h"

#include <limits>

#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

using Comparison = Tensor (*)(const Operand&, const Operand&);

Tensor compare(Comparison f, const Operand& a, const Operand& b) {
  auto [x, y] = promoted(to_tensor(a), to_tensor(b));
  return f(x, y);
}
Tensor as_bool(const Operand& x) { return to_tensor(x, bool_); }

Tensor constant_like(const Tensor& x, bool value) { return value ? tf::ones_like(x, bool_) : tf::zeros_like(x, bool_); }

// Integers are always finite.
Tensor of_floats(const Operand& x, Tensor (*f)(const Tensor&), bool integers) {
  Tensor t = to_tensor(x);
  return t.dtype().is_integer() || t.dtype().is_bool() ? constant_like(t, integers) : f(t);
}

Tensor equals_infinity(const Operand& x, double infinity) {
  Tensor t = to_tensor(x);
  return t.dtype().is_integer() || t.dtype().is_bool() ? constant_like(t, false) : tf::equal(t, infinity);
}

Tensor near(const Tensor& x, const Tensor& y, double rtol, double atol) { return tf::abs(x - y) <= atol + rtol * tf::abs(y); }
Tensor or_both_nan(const Tensor& result, const Tensor& x, const Tensor& y, bool equal_nan) {
  return equal_nan ? tf::logical_or(result, tf::logical_and(tf::is_nan(x), tf::is_nan(y))) : result;
}

}  // namespace

Tensor all(const Operand& x, const Axes& axis, bool keepdims) { return tf::reduce_all(as_bool(x), axis, keepdims); }
Tensor any(const Operand& x, const Axes& axis, bool keepdims) { return tf::reduce_any(as_bool(x), axis, keepdims); }

Tensor allclose(const Operand& x1, const Operand& x2, double rtol, double atol, bool equal_nan) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2));
  if (!x.dtype().is_floating()) return tf::reduce_all(tf::equal(x, y));
  Tensor finite = tf::logical_and(tf::is_finite(x), tf::is_finite(y));
  Tensor result = tf::logical_or(tf::logical_and(finite, near(x, y, rtol, atol)), tf::equal(x, y));
  return tf::reduce_all(or_both_nan(result, x, y, equal_nan));
}

Tensor isclose(const Operand& x1, const Operand& x2, double rtol, double atol, bool equal_nan) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2));
  if (!x.dtype().is_floating()) return tf::equal(x, y);
  return or_both_nan(near(x, y, rtol, atol), x, y, equal_nan);
}

Tensor equal(const Operand& x1, const Operand& x2) { return compare(tf::equal, x1, x2); }
Tensor greater(const Operand& x1, const Operand& x2) { return compare(tf::greater, x1, x2); }
Tensor greater_equal(const Operand& x1, const Operand& x2) { return compare(tf::greater_equal, x1, x2); }
Tensor less(const Operand& x1, const Operand& x2) { return compare(tf::less, x1, x2); }
Tensor less_equal(const Operand& x1, const Operand& x2) { return compare(tf::less_equal, x1, x2); }
Tensor not_equal(const Operand& x1, const Operand& x2) { return compare(tf::not_equal, x1, x2); }

Tensor isfinite(const Operand& x) { return of_floats(x, tf::is_finite, true); }
Tensor isinf(const Operand& x) { return of_floats(x, tf::is_inf, false); }
Tensor isnan(const Operand& x) { return of_floats(x, tf::is_nan, false); }
Tensor isneginf(const Operand& x) { return equals_infinity(x, -std::numeric_limits<double>::infinity()); }
Tensor isposinf(const Operand& x) { return equals_infinity(x, std::numeric_limits<double>::infinity()); }
Tensor isreal(const Operand& x) {
  Tensor t = to_tensor(x);
  return t.dtype().is_complex() ? tf::equal(tf::imag(t), 0.0) : constant_like(t, true);
}

Tensor isin(const Operand& x1, const Operand& x2, bool assume_unique, bool invert) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2));
  Tensor flat = tf::reshape(y, {-1}), candidates = assume_unique ? flat : tf::unique(flat).y;
  Tensor found = tf::reduce_any(tf::equal(tf::expand_dims(x, -1), candidates), -1);
  return invert ? tf::logical_not(found) : found;
}

Tensor logical_and(const Operand& x1, const Operand& x2) { return tf::logical_and(as_bool(x1), as_bool(x2)); }
Tensor logical_not(const Operand& x) { return tf::logical_not(as_bool(x)); }
Tensor logical_or(const Operand& x1, const Operand& x2) { return tf::logical_or(as_bool(x1), as_bool(x2)); }
Tensor logical_xor(const Operand& x1, const Operand& x2) { return tf::logical_xor(as_bool(x1), as_bool(x2)); }

}  // namespace runnel::inline v0::keras::ops
