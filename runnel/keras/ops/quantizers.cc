#include "runnel/keras/ops/quantizers.h"

#include <cmath>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/bitwise.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::quantizers {

using ops::to_tensor;

namespace {

// A number in the dtype of x.
Tensor like(const Tensor& x, double value) { return tf::cast(Tensor::scalar(value), x.dtype()); }

Tensor in_range(const Tensor& x, const std::vector<int64_t>& range) {
  if (range.size() != 2) fail<ValueError>("", cat("value_range must be two numbers. Received: value_range=", to_text(range)));
  return tf::clip_by_value(x, like(x, double(range[0])), like(x, double(range[1])));
}

int64_t axis_of(const Tensor& x, int64_t axis) { return axis < 0 ? axis + ops::rank_of(x, "axis") : axis; }

}  // namespace

Results abs_max_quantize(const Operand& inputs, const Axes& axis, const std::vector<int64_t>& value_range, DType dtype, double epsilon, bool) {
  Tensor x = to_tensor(inputs);
  Tensor largest = tf::reduce_max(tf::abs(x), axis, true) + like(x, epsilon);
  Tensor scale = like(x, double(value_range.at(1))) / largest;
  return {{tf::cast(in_range(tf::round(x * scale), value_range), dtype), scale}};
}

namespace {

struct Ends {
  Tensor low, high;
};

// Of each group, shape (groups, 1, columns). A group of one value alone gets a range around it.
Ends ends_of_groups(const Tensor& groups, bool spread) {
  Ends ends{tf::reduce_min(groups, 1, true), tf::reduce_max(groups, 1, true)};
  if (!spread) return ends;
  Tensor flat = tf::equal(ends.low, ends.high), one = like(groups, 1);
  return {tf::where(flat, ends.low - one, ends.low), tf::where(flat, ends.high + one, ends.high)};
}

}  // namespace

Results abs_max_quantize_grouped_with_zero_point(const Operand& inputs, int64_t block_size, const std::vector<int64_t>& value_range, DType dtype,
                                                 double epsilon, bool to_numpy) {
  Tensor x = to_tensor(inputs);
  const Shape shape = x.shape();
  if (shape.rank() != 2 || block_size <= 0)
    fail<ValueError>("", "Quantization in groups needs a matrix and a positive block_size", {.got = cat("shape ", to_text(shape), ", block_size=", block_size)});
  const int64_t rows = shape[0], columns = shape[1], groups = (rows + block_size - 1) / block_size, levels = value_range.at(1) - value_range.at(0);
  Tensor whole = tf::reshape(tf::pad(x, {{0, groups * block_size - rows}, {0, 0}}), {groups, block_size, columns});
  Ends ends = ends_of_groups(to_numpy || groups > 1 ? whole : tf::reshape(x, {1, rows, columns}), !to_numpy);
  Tensor scale = (ends.high - ends.low + like(x, epsilon)) / like(x, double(levels));
  Tensor zero = in_range(tf::round(-ends.low / scale) + like(x, double(value_range[0])), value_range);
  Tensor values = tf::cast(in_range(tf::round(whole / scale) + zero, value_range), dtype);
  return {{tf::slice(tf::reshape(values, {groups * block_size, columns}), {0, 0}, {rows, columns}), tf::squeeze(scale, {1}),
           tf::cast(tf::squeeze(zero, {1}), int8)}};
}

Tensor dequantize_groups(const Tensor& values, const Tensor& scale, const Tensor& zero, const Tensor& group_index, int64_t axis) {
  Tensor group = tf::cast(group_index, int32), scales = tf::gather(scale, group, axis);
  return (tf::cast(values, scales.dtype()) - tf::cast(tf::gather(zero, group, axis), scales.dtype())) * scales;
}

namespace {

/// The range in which fake_quant rounds: moved a little, so that 0 is one of its numbers.
struct Nudged {
  Tensor low, high, scale, inverse;
};

Nudged nudged(const Tensor& low, const Tensor& high, int64_t num_bits, bool narrow_range) {
  const double first = narrow_range ? 1 : 0, last = double((int64_t(1) << num_bits) - 1);
  Tensor scale = (high - low) / like(low, last - first);
  Tensor zero = tf::round(tf::clip_by_value(like(low, first) - low / scale, like(low, first), like(low, last)));
  return {(like(low, first) - zero) * scale, (like(low, last) - zero) * scale, scale, like(low, last - first) / (high - low)};
}

Tensor rounded(const Tensor& x, const Nudged& range) {
  Tensor half = like(x, 0.5), zero = tf::floor(-range.low * range.inverse + half);
  Tensor clamped = tf::maximum(tf::minimum(x, range.high), range.low) - range.low;
  return tf::floor(clamped * range.inverse - zero + half) * range.scale;
}

// One number for each position along the axis, in a shape that broadcasts with x.
Tensor along(const Tensor& values, const Tensor& x, std::optional<int64_t> axis) {
  if (!axis) return tf::reshape(values, {});
  Dims shape(ops::rank_of(x, "fake_quant_with_min_max_vars"), 1);
  shape[int(axis_of(x, *axis))] = -1;
  return tf::reshape(values, shape);
}

}  // namespace

Tensor fake_quant_with_min_max_vars(const Operand& inputs, const Operand& min_vals, const Operand& max_vals, int64_t num_bits, bool narrow_range,
                                    std::optional<int64_t> axis) {
  if (num_bits < 2 || num_bits > 16)
    fail<errors::InvalidArgumentError>("fake_quant_with_min_max_vars", cat("num_bits must be between 2 and 16, inclusive, got ", num_bits));
  Tensor given = to_tensor(inputs), x = tf::cast(given, float32);
  Tensor low = tf::cast(to_tensor(min_vals), float32), high = tf::cast(to_tensor(max_vals), float32);
  auto forward = [=](std::span<const Tensor> in) {
    Nudged range = nudged(along(in[1], x, axis), along(in[2], x, axis), num_bits, narrow_range);
    Tensor below = tf::less(in[0], range.low), above = tf::greater(in[0], range.high);
    auto backward = [=, shape = tf::shape(low)](std::span<const Tensor> grads) {
      Tensor none = tf::zeros_like(grads[0]), end_low = tf::where(below, grads[0], none), end_high = tf::where(above, grads[0], none);
      Dims others;
      for (int i = 0; axis && i < ops::rank_of(x, "fake_quant_with_min_max_vars"); ++i)
        if (i != axis_of(x, *axis)) others.push_back(i);
      auto sum = [&](const Tensor& t) { return tf::reshape(axis ? tf::reduce_sum(t, others) : tf::reduce_sum(t), shape); };
      return std::vector<Tensor>{grads[0] - end_low - end_high, sum(end_low), sum(end_high)};
    };
    return WithGradient{{rounded(in[0], range)}, backward};
  };
  return tf::cast(custom_gradient(forward, std::vector<Tensor>{x, low, high})[0], given.dtype());
}

Tensor compute_float8_scale(const Operand& amax, const Operand& scale, const Operand& dtype_max, int64_t margin) {
  Tensor largest = to_tensor(amax), before = tf::reciprocal(to_tensor(scale));
  Tensor fresh = to_tensor(dtype_max, largest.dtype()) / largest / like(largest, std::exp2(double(margin)));
  Tensor usable = tf::logical_and(tf::greater(largest, like(largest, 0)), tf::is_finite(largest));
  return tf::reciprocal(tf::where(usable, fresh, before));
}

Tensor compute_float8_amax_history(const Operand& x, const Operand& amax_history) {
  Tensor history = to_tensor(amax_history), newest = tf::cast(tf::reduce_max(tf::abs(to_tensor(x))), history.dtype());
  return tf::concat({tf::reshape(newest, {1}), tf::slice(tf::roll(history, -1, 0), {1}, {-1})}, 0);
}

namespace {

struct Float8 {
  const char* name;
  int mantissa_bits, smallest_exponent;
  double largest;
};
constexpr Float8 kFloat8[] = {{"float8_e4m3fn", 3, -6, 448}, {"float8_e5m2", 2, -14, 57344}};

// To the nearest number of the dtype, ties to even: a number's last bit counts 2^(its exponent - mantissa bits).
Tensor rounded_to(const Tensor& x, const Float8& dtype) {
  constexpr int32_t kExponentBits = 0x7f800000;
  Tensor power = tf::bitcast(tf::bitwise::bitwise_and(tf::bitcast(x, int32), kExponentBits), float32);
  Tensor step = tf::maximum(power, float(std::exp2(dtype.smallest_exponent))) * float(std::exp2(-dtype.mantissa_bits));
  return tf::round(x / step) * step;
}

}  // namespace

Tensor quantize_and_dequantize(const Operand& inputs, const Operand& scale, const std::string& quantized_dtype, DType compute_dtype) {
  for (const Float8& dtype : kFloat8) {
    if (quantized_dtype != dtype.name) continue;
    Tensor factor = tf::cast(to_tensor(scale), compute_dtype), x = tf::cast(to_tensor(inputs), compute_dtype) / factor;
    Tensor inside = tf::clip_by_value(x, like(x, -dtype.largest), like(x, dtype.largest));
    return tf::cast(rounded_to(tf::cast(inside, float32), dtype), compute_dtype) * factor;
  }
  fail<ValueError>("", cat("quantized_dtype must be 'float8_e4m3fn' or 'float8_e5m2'. Received: quantized_dtype=", quantized_dtype));
}

namespace {

void expect_bytes(DType dtype) {
  if (dtype != int8 && dtype != uint8) fail<ValueError>("", cat("Expected dtype to be 'int8' or 'uint8', but got '", dtype.name(), "'."));
}

// The shape with the size along the axis replaced by others.
Dims with_sizes(const Shape& shape, int64_t axis, std::initializer_list<int64_t> sizes) {
  Dims out;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis) out.push_back(shape[i]);
    else for (int64_t size : sizes) out.push_back(size);
  }
  return out;
}

Tensor half_of(const Tensor& x, int shift) {
  Tensor moved = shift ? tf::bitwise::right_shift(x, like(x, shift)) : x;
  return tf::bitwise::bitwise_and(moved, like(x, 15));
}

}  // namespace

Tensor pack_int4(const Tensor& arr, int64_t axis, DType dtype) {
  expect_bytes(dtype);
  if (arr.dtype() != dtype) fail<TypeError>("", cat("Expected ", dtype.name(), " tensor for packing, got ", arr.dtype().name(), "."));
  const int64_t at = axis_of(arr, axis), length = arr.shape()[int(at)], pairs = (length + 1) / 2;
  Tensor even = arr;
  if (length % 2) even = tf::concat({arr, tf::zeros(Shape(with_sizes(arr.shape(), at, {1})), dtype)}, at);
  Tensor paired = tf::reshape(even, with_sizes(arr.shape(), at, {pairs, 2}));
  Tensor low = half_of(tf::gather(paired, 0, at + 1), 0), high = half_of(tf::gather(paired, 1, at + 1), 0);
  return tf::bitwise::bitwise_or(low, tf::bitwise::left_shift(high, like(high, 4)));
}

Tensor unpack_int4(const Tensor& packed, int64_t orig_len, int64_t axis, DType dtype) {
  expect_bytes(dtype);
  if (packed.dtype() != int8 && packed.dtype() != uint8)
    fail<TypeError>("", cat("Expected int8 or uint8 tensor for unpacking, got ", packed.dtype().name()));
  auto half = [&](int shift) {
    Tensor bits = half_of(packed, shift), eight = like(bits, 8);
    return tf::cast(dtype == int8 ? tf::bitwise::bitwise_xor(bits, eight) - eight : bits, dtype);
  };
  const int64_t at = axis_of(packed, axis);
  const Shape shape = packed.partial_shape().known();
  Tensor numbers = tf::reshape(tf::stack(std::vector<Tensor>{half(0), half(4)}, at + 1), with_sizes(shape, at, {2 * shape[int(at)]}));
  return tf::slice(numbers, Dims(shape.rank(), 0), with_sizes(shape, at, {orig_len}));
}

}  // namespace runnel::inline v0::keras::quantizers
