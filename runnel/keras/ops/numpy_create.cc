#include "runnel/keras/ops/numpy_create.h"

#include <limits>
#include <numbers>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

DType or_floatx(DType dtype) { return dtype ? dtype : floatx(); }

// range() counts in these; other dtypes are counted in float32.
bool counts(DType dtype) { return dtype == int32 || dtype == int64 || dtype == float32 || dtype == float64; }

// 0, 1, ..., x - 1 as floating numbers, and x - 1.
struct Points {
  Tensor n, last;
};
Points points(const Operand& x, DType dtype) {
  Tensor count = tf::cast(to_tensor(x), int32);
  return {tf::cast(tf::range(count), dtype), tf::cast(count - 1, dtype)};
}

// alpha - (1 - alpha) cos(2 pi n / (x - 1)); a single point is 1.
Tensor raised_cosine(const Operand& x, double alpha) {
  auto [n, last] = points(x, float32);
  Tensor angle = (2 * std::numbers::pi) * n / tf::maximum(last, 1.0);
  return tf::where(tf::equal(last, 0.0), 1.0, alpha - (1.0 - alpha) * tf::cos(angle));
}

// (rows, columns) of true where column - row <= k.
Tensor below_diagonal(const Tensor& rows, const Tensor& columns, int64_t k) {
  return tf::expand_dims(tf::range(columns), 0) - int32_t(k) <= tf::expand_dims(tf::range(rows), 1);
}
Tensor count_of(const Operand& n) { return tf::cast(to_tensor(n), int32); }

Tensor spaced(const Tensor& start, const Tensor& stop, int64_t num, int64_t axis) {
  if (num > 0) return tf::linspace(start, stop, num, axis);
  return tf::slice(tf::linspace(start, stop, 1, axis), Dims(rank_of(start, "linspace") + 1, 0), [&] {
    Dims sizes(rank_of(start, "linspace") + 1, -1);
    sizes[axis_of(axis, sizes.size())] = 0;
    return Ints(sizes);
  }());
}

}  // namespace

Tensor arange(const Operand& start, const std::optional<Operand>& stop, const std::optional<Operand>& step, DType dtype) {
  std::vector<Promotable> types{start};
  if (stop) types.emplace_back(*stop);
  if (step) types.emplace_back(*step);
  if (!dtype) dtype = result_type(types);
  DType counted = counts(dtype) ? dtype : DType(float32);
  Tensor first = to_tensor(start, counted), by = step ? to_tensor(*step, counted) : to_tensor(1, counted);
  return tf::cast(stop ? tf::range(first, to_tensor(*stop, counted), by) : tf::range(to_tensor(0, counted), first, by), dtype);
}

Tensor array(const Operand& x, DType dtype) { return to_tensor(x, dtype); }

Tensor bartlett(const Operand& x) {
  auto [n, last] = points(x, floatx());
  return tf::where(tf::equal(last, 0.0), 1.0, 1.0 - tf::abs(2.0 * n / tf::maximum(last, 1.0) - 1.0));
}
Tensor blackman(const Operand& x) {
  auto [n, last] = points(x, floatx());
  Tensor angle = (2 * std::numbers::pi) * n / tf::maximum(last, 1.0);
  return tf::where(tf::equal(last, 0.0), 1.0, 0.42 - 0.5 * tf::cos(angle) + 0.08 * tf::cos(2.0 * angle));
}
Tensor hamming(const Operand& x) { return raised_cosine(x, 0.54); }
Tensor hanning(const Operand& x) { return raised_cosine(x, 0.5); }
Tensor kaiser(const Operand& x, const Operand& beta) {
  auto [n, last] = points(x, float32);
  Tensor b = to_tensor(beta, float32), place = 2.0 * n / tf::maximum(last, 1.0) - 1.0;
  Tensor shape = b * tf::sqrt(tf::maximum(1.0 - tf::square(place), 0.0));
  return tf::where(tf::equal(last, 0.0), 1.0, tf::exp(shape - b) * tf::bessel_i0e(shape) / tf::bessel_i0e(b));
}

Tensor empty(const Ints& shape, DType dtype) { return tf::zeros(shape, or_floatx(dtype)); }
Tensor empty_like(const Operand& x, DType dtype) { return tf::zeros_like(to_tensor(x), dtype); }

Tensor eye(const Operand& N, const std::optional<Operand>& M, int64_t k, DType dtype) {
  Tensor rows = count_of(N), columns = M ? count_of(*M) : rows;
  if (k == 0) return tf::eye(rows, columns, {}, or_floatx(dtype));
  Tensor distance = tf::expand_dims(tf::range(columns), 0) - tf::expand_dims(tf::range(rows), 1);
  return tf::cast(tf::equal(distance, int32_t(k)), or_floatx(dtype));
}
Tensor identity(const Operand& n, DType dtype) { return eye(n, {}, 0, dtype); }

Tensor full(const Ints& shape, const Operand& fill_value, DType dtype) {
  return tf::broadcast_to(to_tensor(fill_value, or_floatx(dtype)), shape);
}
Tensor full_like(const Operand& x, const Operand& fill_value, DType dtype) {
  Tensor t = to_tensor(x);
  return tf::broadcast_to(to_tensor(fill_value, result_type({dtype ? dtype : t.dtype()})), tf::shape(t));
}

Results linspace(const Operand& start, const Operand& stop, int64_t num, bool endpoint, bool retstep, DType dtype, int64_t axis) {
  if (num < 0) fail<ValueError>("", cat("`num` must be a non-negative integer. Received: num=", num));
  DType asked = dtype ? dtype : result_type({start, stop, any_float}), compute = asked.is_integer() ? DType(float64) : asked;
  Tensor from = to_tensor(to_tensor(start, asked), compute), to = to_tensor(to_tensor(stop, asked), compute);
  Tensor zero = tf::zeros_like(from) + tf::zeros_like(to), width = to - from;
  int64_t steps = endpoint ? num - 1 : num;
  Tensor step = steps > 0 ? width / double(steps) : zero + std::numeric_limits<double>::quiet_NaN();
  Tensor out = spaced(from + zero, zero + (endpoint || num < 2 ? to : to - step), num, axis);
  out = tf::cast(asked.is_integer() ? tf::floor(out) : out, asked);
  return retstep ? Results{{out, step}} : Results{{out}};
}

Tensor logspace(const Operand& start, const Operand& stop, int64_t num, bool endpoint, const Operand& base, DType dtype, int64_t axis) {
  Tensor powers = linspace(start, stop, num, endpoint, false, dtype, axis)[0];
  return tf::pow(to_tensor(base, powers.dtype()), powers);
}
Tensor geomspace(const Operand& start, const Operand& stop, int64_t num, bool endpoint, DType dtype, int64_t axis) {
  DType compute = or_floatx(dtype);
  Tensor from = tf::cast(to_tensor(start), compute), to = tf::cast(to_tensor(stop), compute), base = tf::log(to_tensor(10.0, compute));
  Tensor values = logspace(tf::log(tf::abs(from)) / base, tf::log(tf::abs(to)) / base, num, endpoint, 10, dtype, axis);
  return values * tf::cast(tf::sign(from), values.dtype());
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& x, const std::string& indexing) { return tf::meshgrid(x, indexing); }
Tensor ones(const Ints& shape, DType dtype) { return tf::ones(shape, or_floatx(dtype)); }
Tensor ones_like(const Operand& x, DType dtype) { return tf::ones_like(to_tensor(x), dtype); }

Tensor tri(const Operand& N, const std::optional<Operand>& M, int64_t k, DType dtype) {
  Tensor rows = count_of(N), columns = M ? count_of(*M) : rows;
  return tf::cast(below_diagonal(rows, columns, k), or_floatx(dtype));
}

Tensor vander(const Operand& x, std::optional<int64_t> N, bool increasing) {
  Tensor t = to_tensor(x), count = N ? Tensor::scalar(int32_t(*N)) : size_along(t, 0), powers = tf::range(count);
  DType compute = result_type({t, float32});
  if (!increasing) powers = count - 1 - powers;
  return tf::cast(tf::pow(tf::cast(tf::expand_dims(t, -1), compute), tf::cast(powers, compute)), result_type({t}));
}

Tensor zeros(const Ints& shape, DType dtype) { return tf::zeros(shape, or_floatx(dtype)); }
Tensor zeros_like(const Operand& x, DType dtype) { return tf::zeros_like(to_tensor(x), dtype); }

}  // namespace runnel::inline v0::keras::ops
