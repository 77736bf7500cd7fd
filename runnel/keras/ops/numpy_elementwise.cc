#include "runnel/keras/ops/numpy_elementwise.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "runnel/base/error.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/bitwise.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// NumPy's rule for angles and roots: int64 becomes float64, smaller integers float32.
Tensor as_wide_float(const Operand& x) {
  Tensor t = to_tensor(x);
  return t.dtype() == int64 ? tf::cast(t, float64) : as_float(t);
}

struct Limits {
  double lowest, highest;
};
Limits finite_limits(DType dtype) {
  double high = dtype == float64    ? std::numeric_limits<double>::max()
                : dtype == float16  ? 65504.0
                : dtype == bfloat16 ? 3.3895313892515355e38
                                    : double(std::numeric_limits<float>::max());
  return {-high, high};
}

Tensor scaled(const Operand& x, double numerator, double denominator) {
  Tensor t = as_wide_float(x);
  DType dtype = t.dtype();
  return t * (Operand(numerator).tensor(dtype) / Operand(denominator).tensor(dtype));
}

}  // namespace

Tensor absolute(const Operand& x) {
  Tensor t = to_tensor(x);
  return t.dtype().is_unsigned_integer() || t.dtype().is_bool() ? t : tf::abs(t);
}
Tensor fabs(const Operand& x) { return tf::abs(as_float(x)); }
Tensor angle(const Operand& x) { return tf::angle(as_float(x)); }
Tensor arccos(const Operand& x) { return tf::acos(as_float(x)); }
Tensor arccosh(const Operand& x) { return tf::acosh(as_float(x)); }
Tensor arcsin(const Operand& x) { return tf::asin(as_float(x)); }
Tensor arcsinh(const Operand& x) { return tf::asinh(as_float(x)); }
Tensor arctan(const Operand& x) { return tf::atan(as_float(x)); }
Tensor arctanh(const Operand& x) { return tf::atanh(as_float(x)); }
Tensor cbrt(const Operand& x) {
  Tensor t = as_wide_float(x);
  return tf::sign(t) * tf::pow(tf::abs(t), 1.0 / 3.0);
}
Tensor ceil(const Operand& x) { return tf::ceil(as_float(x)); }
Tensor clip(const Operand& x, const Operand& x_min, const Operand& x_max) {
  Tensor t = as_number(x);
  return tf::clip_by_value(t, to_tensor(x_min, t.dtype()), to_tensor(x_max, t.dtype()));
}
Tensor conjugate(const Operand& x) { return tf::conj(to_tensor(x)); }
Tensor copy(const Operand& x) { return tf::identity(to_tensor(x)); }
Tensor cos(const Operand& x) { return tf::cos(as_float(x)); }
Tensor cosh(const Operand& x) { return tf::cosh(as_float(x)); }
Tensor deg2rad(const Operand& x) { return scaled(x, std::numbers::pi, 180.0); }
Tensor exp(const Operand& x) { return tf::exp(as_float(x)); }
Tensor exp2(const Operand& x) { return tf::pow(2.0, as_float(x)); }
Tensor expm1(const Operand& x) { return tf::expm1(as_float(x)); }
Tensor floor(const Operand& x) { return tf::floor(as_float(x)); }
Tensor i0(const Operand& x) { return tf::bessel_i0(as_wide_float(x)); }
Tensor imag(const Operand& x) { return tf::imag(to_tensor(x)); }
Tensor log(const Operand& x) { return tf::log(as_float(x)); }
Tensor log10(const Operand& x) {
  Tensor t = as_float(x);
  return tf::log(t) / tf::log(Operand(10.0).tensor(t.dtype()));
}
Tensor log1p(const Operand& x) { return tf::log1p(as_float(x)); }
Tensor log2(const Operand& x) {
  Tensor t = as_float(x);
  return tf::log(t) / tf::log(Operand(2.0).tensor(t.dtype()));
}

Tensor nan_to_num(const Operand& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  Tensor t = to_tensor(x);
  if (!t.dtype().is_floating()) return t;
  Limits limits = finite_limits(t.dtype());
  Tensor infinite = tf::is_inf(t), out = tf::where(tf::is_nan(t), nan, t);
  out = tf::where(tf::logical_and(infinite, t > 0), posinf.value_or(limits.highest), out);
  return tf::where(tf::logical_and(infinite, t < 0), neginf.value_or(limits.lowest), out);
}

Tensor negative(const Operand& x) { return tf::negative(to_tensor(x)); }
Tensor rad2deg(const Operand& x) { return scaled(x, 180.0, std::numbers::pi); }
Tensor real(const Operand& x) { return tf::real(to_tensor(x)); }
Tensor reciprocal(const Operand& x) { return tf::reciprocal(to_tensor(x)); }

Tensor round(const Operand& x, int64_t decimals) {
  Tensor t = to_tensor(x);
  if (decimals == 0) return tf::round(t);
  if (t.dtype().is_integer() && decimals > 0) return t;
  Tensor wide = as_float(t), factor = Operand(std::pow(10.0, double(decimals))).tensor(wide.dtype());
  return tf::cast(tf::round(wide * factor) / factor, t.dtype());
}

// TensorFlow's Sign lacks the small unsigned integers.
Tensor sign(const Operand& x) {
  Tensor t = to_tensor(x);
  bool small = t.dtype() == uint8 || t.dtype() == uint16 || t.dtype() == uint32;
  return small ? tf::cast(tf::sign(tf::cast(t, int32)), t.dtype()) : tf::sign(t);
}

Tensor signbit(const Operand& x) {
  Tensor t = to_tensor(x);
  if (t.dtype().is_bool()) return tf::zeros_like(t);
  if (t.dtype().is_integer()) return t < 0;
  return tf::bitcast(tf::cast(t, float32), int32) < 0;
}

Tensor sin(const Operand& x) { return tf::sin(as_float(x)); }
Tensor sinc(const Operand& x) {
  Tensor t = as_float(x), zero = tf::equal(t, 0.0), safe = tf::where(zero, 1.0, t) * std::numbers::pi;
  return tf::where(zero, 1.0, tf::sin(safe) / safe);
}
Tensor sinh(const Operand& x) { return tf::sinh(as_float(x)); }
Tensor sqrt(const Operand& x) { return tf::sqrt(as_float(x)); }
Tensor square(const Operand& x) { return tf::square(as_number(x)); }
Tensor tan(const Operand& x) { return tf::tan(as_float(x)); }
Tensor tanh(const Operand& x) { return tf::tanh(as_float(x)); }
Tensor trunc(const Operand& x) {
  Tensor t = to_tensor(x);
  return t.dtype().is_integer() || t.dtype().is_bool() ? t : tf::where(t < 0, tf::ceil(t), tf::floor(t));
}

Tensor view(const Operand& x, DType dtype) {
  Tensor t = to_tensor(x);
  PartialShape s = t.partial_shape();
  if (!dtype || dtype == t.dtype()) return t;
  int64_t from = t.dtype().size(), to = dtype.size(), last = s.rank() > 0 ? s.dim(-1) : -1;
  if (from == to) return tf::bitcast(t, dtype);
  if (s.rank() == 0 || (last >= 0 && last * from % to != 0))
    fail<ValueError>("", cat("Cannot view array of shape ", to_text(s), " and dtype ", t.dtype(), " as dtype ", dtype,
                             " because the total number of bytes is not divisible by the new itemsize."));
  Tensor sizes = tf::shape(t), outer = tf::slice(sizes, {0}, {s.rank() - 1});
  if (from > to) return tf::reshape(tf::bitcast(t, dtype), tf::concat({outer, Tensor::from(std::vector<int32_t>{-1})}, 0));
  int32_t ratio = int32_t(to / from);
  return tf::bitcast(tf::reshape(t, tf::concat({outer, Tensor::from(std::vector<int32_t>{-1, ratio})}, 0)), dtype);
}

}  // namespace runnel::inline v0::keras::ops
