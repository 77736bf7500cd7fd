#include "runnel/keras/ops/numpy_binary.h"

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/graph/control_flow.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/bitwise.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

using Binary = Tensor (*)(const Operand&, const Operand&);

Tensor apply(Binary f, const std::array<Tensor, 2>& x) { return f(x[0], x[1]); }

std::array<Tensor, 2> under(const Operand& a, const Operand& b, DType dtype) { return {to_tensor(a, dtype), to_tensor(b, dtype)}; }

// NumPy's: int64 computes in float64, smaller integers in the default floating dtype.
std::array<Tensor, 2> promoted_wide(const Operand& a, const Operand& b) {
  Tensor x = to_tensor(a), y = to_tensor(b);
  DType dtype = result_type({x, y});
  if (dtype == int64) dtype = float64;
  else if (dtype.is_integer() || dtype.is_bool()) dtype = floatx();
  return under(x, y, dtype);
}

// Lists and numbers are tensors here: int32 beside int64 stays int64, a bare int counts as int32.
std::array<Tensor, 2> promoted_tensors(const Operand& a, const Operand& b) { return promoted(to_tensor(a), to_tensor(b)); }

// The other one where exactly one is NaN.
Tensor without_nan(const Tensor& chosen, const Tensor& x, const Tensor& y) {
  if (!chosen.dtype().is_floating()) return chosen;
  return tf::where(tf::is_nan(x), y, tf::where(tf::is_nan(y), x, chosen));
}

DType remainder_dtype(const Operand& a, const Operand& b) {
  DType dtype = result_type({to_tensor(a), to_tensor(b)});
  return dtype.is_bool() ? DType(int32) : dtype;
}

void expect_integers(const char* name, std::initializer_list<Tensor> tensors) {
  for (const Tensor& t : tensors)
    if (!t.dtype().is_integer()) fail<TypeError>("", cat("Arguments to ", name, " must be integers."), {.got = t.dtype().name()});
}

// Euclid's algorithm on all elements at once.
Tensor euclid(const Tensor& a, const Tensor& b) {
  Tensor zero = tf::zeros_like(a) + tf::zeros_like(b);
  auto unfinished = [](const std::vector<Tensor>& v) { return tf::reduce_any(tf::not_equal(v[1], 0)); };
  auto step = [](const std::vector<Tensor>& v) -> std::vector<Tensor> {
    Tensor open = tf::not_equal(v[1], 0), divisor = tf::where(open, v[1], tf::ones_like(v[1]));
    return {tf::where(open, v[1], v[0]), tf::where(open, tf::mod(v[0], divisor), tf::zeros_like(v[1]))};
  };
  return tf::while_loop(unfinished, step, {a + zero, b + zero})[0];
}

Tensor magnitude(const Tensor& x) { return x.dtype().is_unsigned_integer() ? x : tf::abs(x); }

}  // namespace

Tensor add(const Operand& x1, const Operand& x2) { return apply(tf::add, promoted(x1, x2)); }
Tensor arctan2(const Operand& x1, const Operand& x2) { return apply(tf::atan2, promoted(x1, x2, true)); }
Tensor divide(const Operand& x1, const Operand& x2) { return apply(tf::divide, promoted(x1, x2, true)); }
Tensor divide_no_nan(const Operand& x1, const Operand& x2) { return apply(tf::divide_no_nan, promoted(x1, x2, true)); }
Tensor floor_divide(const Operand& x1, const Operand& x2) { return apply(tf::floordiv, promoted(x1, x2)); }

Tensor fmax(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted(x1, x2);
  return without_nan(tf::maximum(x, y), x, y);
}
Tensor fmin(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted(x1, x2);
  return without_nan(tf::minimum(x, y), x, y);
}

Tensor fmod(const Operand& x1, const Operand& x2) {
  DType dtype = remainder_dtype(x1, x2), compute = dtype.is_unsigned_integer() && dtype.size() < 8 ? DType(int32) : dtype;
  auto [x, y] = under(x1, x2, compute);
  return tf::cast(tf::sign(x) * tf::mod(tf::abs(x), tf::abs(y)), dtype);
}

Tensor gcd(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted_tensors(x1, x2);
  expect_integers("gcd", {x, y});
  return euclid(magnitude(x), magnitude(y));
}

Tensor heaviside(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted_wide(x1, x2);
  return tf::where(x < 0, tf::zeros_like(x), tf::where(x > 0, tf::ones_like(x), y));
}

Tensor hypot(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted_wide(x1, x2);
  Tensor a = tf::abs(x), b = tf::abs(y), larger = tf::maximum(a, b);
  return larger * tf::sqrt(1.0 + tf::square(tf::divide_no_nan(tf::minimum(a, b), larger)));
}

Tensor lcm(const Operand& x1, const Operand& x2) {
  auto [x, y] = promoted_tensors(x1, x2);
  expect_integers("lcm", {x, y});
  Tensor a = magnitude(x), b = magnitude(y), divisor = euclid(a, b), none = tf::equal(divisor, 0);
  return tf::where(none, tf::zeros_like(divisor), a * tf::floordiv(b, tf::where(none, tf::ones_like(divisor), divisor)));
}

Tensor ldexp(const Operand& x1, const Operand& x2) {
  Tensor exponent = to_tensor(x2);
  if (!exponent.dtype().is_integer())
    fail<TypeError>("", cat("ldexp exponent must be an integer type. Received: x2 dtype=", exponent.dtype().name()));
  auto [x, y] = promoted(to_tensor(x1), exponent, true);
  Tensor power_of_two = tf::pow(2.0, y);
  return tf::where(tf::logical_or(tf::is_inf(x), tf::equal(x, 0.0)), x, x * power_of_two);
}

namespace {

Tensor log_of_sum(const Operand& x1, const Operand& x2, double scale) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2), true);
  Tensor difference = x - y;
  Tensor rest = tf::log1p(tf::exp(-tf::abs(difference) * scale)) / scale;
  return tf::where(tf::is_nan(difference), x + y, tf::maximum(x, y) + rest);
}

}  // namespace

Tensor logaddexp(const Operand& x1, const Operand& x2) { return log_of_sum(x1, x2, 1.0); }
Tensor logaddexp2(const Operand& x1, const Operand& x2) { return log_of_sum(x1, x2, std::log(2.0)); }
Tensor maximum(const Operand& x1, const Operand& x2) { return apply(tf::maximum, promoted(x1, x2)); }
Tensor minimum(const Operand& x1, const Operand& x2) { return apply(tf::minimum, promoted(x1, x2)); }
Tensor mod(const Operand& x1, const Operand& x2) { return apply(tf::mod, under(x1, x2, remainder_dtype(x1, x2))); }
Tensor multiply(const Operand& x1, const Operand& x2) { return apply(tf::multiply, promoted(x1, x2)); }

Tensor nextafter(const Operand& x1, const Operand& x2) {
  Tensor x = to_tensor(x1), y = to_tensor(x2);
  return tf::cast(apply(tf::nextafter, under(x, y, float64)), result_type({x, y, any_float}));
}

Tensor power(const Operand& x1, const Operand& x2) {
  DType dtype = result_type({x1, x2});
  if (!dtype.is_unsigned_integer()) return apply(tf::pow, under(x1, x2, dtype));
  return tf::cast(apply(tf::pow, under(x1, x2, int32)), dtype);
}

Tensor subtract(const Operand& x1, const Operand& x2) { return apply(tf::subtract, promoted(x1, x2)); }

Tensor bitwise_and(const Operand& x, const Operand& y) { return apply(bitwise::bitwise_and, promoted_tensors(x, y)); }
Tensor bitwise_invert(const Operand& x) { return bitwise::invert(to_tensor(x)); }
Tensor bitwise_or(const Operand& x, const Operand& y) { return apply(bitwise::bitwise_or, promoted_tensors(x, y)); }
Tensor bitwise_xor(const Operand& x, const Operand& y) { return apply(bitwise::bitwise_xor, promoted_tensors(x, y)); }

// A bare number takes the dtype of x.
Tensor bitwise_left_shift(const Operand& x, const Operand& y) {
  Tensor t = to_tensor(x);
  return y.is_weak() ? bitwise::left_shift(t, to_tensor(y, t.dtype())) : apply(bitwise::left_shift, promoted_tensors(t, y));
}
Tensor bitwise_right_shift(const Operand& x, const Operand& y) {
  Tensor t = to_tensor(x);
  return y.is_weak() ? bitwise::right_shift(t, to_tensor(y, t.dtype())) : apply(bitwise::right_shift, promoted_tensors(t, y));
}

}  // namespace runnel::inline v0::keras::ops
