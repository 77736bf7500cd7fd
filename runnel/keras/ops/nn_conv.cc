// Pooling and convolution.
#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/data_format.h"
#include "runnel/keras/ops/nn.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/image.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// "valid" -> "VALID"
Operand upper(std::string padding) {
  for (char& c : padding) c = char(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return padding.c_str();
}

// One number for each of `count` axes.
Dims for_each_axis(const Axes& values, int count) {
  Dims out = values.is_all() ? Dims{1} : *values.ints().values();
  while (out.size() < count) out.push_back(out[0]);
  return out;
}

// The size of a kernel along an axis of space.
int64_t kernel_size(const Tensor& kernel, int axis) {
  int64_t size = kernel.partial_shape()[axis];
  if (size < 0) fail<ValueError>("", "the kernel's size must be known", {.got = to_text(kernel.partial_shape())});
  return size;
}

int spatial_axes(const Tensor& inputs, const char* where, int most = 3) {
  int count = rank_of(inputs, where) - 2;
  if (count < 1 || count > most)
    fail<ValueError>(where, "`inputs` has the wrong number of axes", {.got = to_text(inputs.partial_shape()), .expected = cat("(batch, space..., channels) with 1 to ", most, " axes of space")});
  return count;
}

void expect_channels(const Tensor& inputs, const Tensor& kernel, int64_t in, bool groups) {
  int64_t channels = inputs.partial_shape().dim(-1);
  if (channels < 0 || in < 0 || channels == in || (groups && channels % in == 0)) return;
  fail<ValueError>("", cat("The number of input channels must be evenly divisible by the kernel's channels. Received input channels ", channels,
                           ", kernel shape ", to_text(kernel.partial_shape())));
}

using Pool = Tensor (*)(const Tensor&, const Axes&, const Axes&, const Operand&, const std::string&);

Tensor pool(Pool f, const Operand& inputs, const Axes& size, const Axes& strides, const std::string& padding, const std::string& data_format) {
  ChannelsLast x(to_tensor(inputs), data_format);
  return x.restored(f(x.tensor(), size, strides.is_all() ? size : strides, upper(padding), ""));
}

using Reduction = Tensor (*)(const Tensor&, const Axes&, bool);

// Part i of n covers the places from floor(i size / n) to ceil((i + 1) size / n).
Tensor in_parts(Reduction reduce, const Tensor& x, int axis, int64_t parts) {
  int64_t size = x.partial_shape()[axis];
  if (size < 0) fail<ValueError>("", "Input spatial dimensions must be statically known for adaptive pooling");
  std::vector<Tensor> out;
  for (int64_t i = 0; i < parts; ++i) {
    int64_t begin = i * size / parts, end = ((i + 1) * size + parts - 1) / parts;
    out.push_back(reduce(without_last(without_first(x, axis, begin), axis, size - end), axis, true));
  }
  return tf::concat(out, axis);
}

Tensor adaptive(Reduction reduce, const Operand& inputs, const std::vector<int64_t>& output_size, const std::string& data_format) {
  ChannelsLast x(to_tensor(inputs), data_format);
  Tensor t = x.tensor();
  int axes = spatial_axes(t, "adaptive_pool");
  for (int i = 0; i < axes; ++i) t = in_parts(reduce, t, i + 1, output_size[output_size.size() == 1 ? 0 : size_t(i)]);
  return x.restored(t);
}

Tensor strided(Tensor x, const Dims& strides) {
  Dims begin(x.partial_shape().rank(), 0), steps(begin.size(), 1);
  for (int i = 0; i < strides.size(); ++i) steps[i + 1] = strides[i];
  int64_t everything = (int64_t(1) << begin.size()) - 1;
  return tf::strided_slice(x, begin, begin, steps, everything, everything);
}

// Zeros around each axis of space, so that a dilated window with a stride fits as "same" asks.
Tensor padded_same(const Tensor& x, const Tensor& kernel, const Dims& strides, const Dims& dilation) {
  std::vector<Tensor> widths{vector({0, 0})};
  for (int i = 0; i < strides.size(); ++i) {
    int32_t stride = int32_t(strides[i]), window = int32_t((kernel_size(kernel, i) - 1) * dilation[i] + 1);
    Tensor size = size_along(x, i + 1), count = tf::floordiv(size + (stride - 1), stride);
    Tensor total = tf::maximum((count - 1) * stride + window - size, 0), before = tf::floordiv(total, 2);
    widths.push_back(tf::stack({before, total - before}));
  }
  widths.push_back(vector({0, 0}));
  return tf::pad(x, tf::stack(widths));
}

bool any_above_one(const Dims& values) {
  for (int64_t v : values)
    if (v > 1) return true;
  return false;
}

// x: (batch, rows, columns, channels), kernel: (rows, columns, channels, multiplier).
Tensor depthwise_2d(const Tensor& x, const Tensor& kernel, const Dims& strides, const std::string& padding, const Dims& dilation) {
  if (!any_above_one(strides) || !any_above_one(dilation)) {
    // TensorFlow knows equal strides only.
    if (strides[0] == strides[1]) return nn::depthwise_conv2d(x, kernel, {1, strides[0], strides[1], 1}, upper(padding), "NHWC", Axes(dilation));
  }
  Tensor wide = padding == "same" ? padded_same(x, kernel, strides, dilation) : x;
  return strided(nn::depthwise_conv2d(wide, kernel, {1, 1, 1, 1}, "VALID", "NHWC", Axes(dilation)), strides);
}

// One axis of space counts as two, the first of size 1. A stride of the longer axis holds for both: 1 is all there is of the other.
Tensor depthwise(const Tensor& x, const Tensor& kernel, const Axes& strides, const std::string& padding, const Axes& dilation) {
  int axes = spatial_axes(x, "depthwise_conv", 2);
  expect_channels(x, kernel, kernel.partial_shape().dim(-2), /*groups=*/false);
  Dims steps = for_each_axis(strides, axes), rates = for_each_axis(dilation, axes);
  if (axes == 2) return depthwise_2d(x, kernel, steps, padding, rates);
  return tf::squeeze(depthwise_2d(tf::expand_dims(x, 1), tf::expand_dims(kernel, 0), {steps[0], steps[0]}, padding, {1, rates[0]}), 1);
}

// The size that a transposed convolution gives an axis: Keras's rule.
Tensor transposed_size(const Tensor& size, int64_t kernel, int64_t stride, int64_t dilation, const std::string& padding, std::optional<int64_t> extra) {
  int64_t window = (kernel - 1) * dilation + 1;
  if (!extra) {
    Tensor out = size * int32_t(stride);
    return padding == "valid" ? out + int32_t(std::max<int64_t>(window - stride, 0)) : out;
  }
  int64_t around = padding == "same" ? window / 2 : 0;
  return (size - 1) * int32_t(stride) + int32_t(window - 2 * around + *extra);
}

}  // namespace

Tensor adaptive_average_pool(const Operand& inputs, const std::vector<int64_t>& output_size, const std::string& data_format) {
  return adaptive(tf::reduce_mean, inputs, output_size, data_format);
}
Tensor adaptive_max_pool(const Operand& inputs, const std::vector<int64_t>& output_size, const std::string& data_format) {
  return adaptive(tf::reduce_max, inputs, output_size, data_format);
}
Tensor average_pool(const Operand& inputs, const Axes& pool_size, const Axes& strides, const std::string& padding, const std::string& data_format) {
  return pool(nn::avg_pool, inputs, pool_size, strides, padding, data_format);
}
Tensor max_pool(const Operand& inputs, const Axes& pool_size, const Axes& strides, const std::string& padding, const std::string& data_format) {
  return pool(nn::max_pool, inputs, pool_size, strides, padding, data_format);
}

Tensor conv(const Operand& inputs, const Operand& kernel, const Axes& strides, const std::string& padding, const std::string& data_format,
            const Axes& dilation_rate) {
  ChannelsLast x(to_tensor(inputs), data_format);
  spatial_axes(x.tensor(), "conv");
  Tensor filters = to_tensor(kernel);
  expect_channels(x.tensor(), filters, filters.partial_shape().dim(-2), /*groups=*/true);
  return x.restored(nn::convolution(x.tensor(), filters, strides, upper(padding), "", dilation_rate));
}

Tensor depthwise_conv(const Operand& inputs, const Operand& kernel, const Axes& strides, const std::string& padding,
                      const std::string& data_format, const Axes& dilation_rate) {
  ChannelsLast x(to_tensor(inputs), data_format);
  return x.restored(depthwise(x.tensor(), to_tensor(kernel), strides, padding, dilation_rate));
}

Tensor separable_conv(const Operand& inputs, const Operand& depthwise_kernel, const Operand& pointwise_kernel, const Axes& strides,
                      const std::string& padding, const std::string& data_format, const Axes& dilation_rate) {
  ChannelsLast x(to_tensor(inputs), data_format);
  Tensor deep = depthwise(x.tensor(), to_tensor(depthwise_kernel), strides, padding, dilation_rate);
  return x.restored(nn::convolution(deep, to_tensor(pointwise_kernel), 1, "VALID"));
}

Tensor conv_transpose(const Operand& inputs, const Operand& kernel, const Axes& strides, const std::string& padding, const Axes& output_padding,
                      const std::string& data_format, const Axes& dilation_rate) {
  ChannelsLast x(to_tensor(inputs), data_format);
  Tensor filters = to_tensor(kernel);
  int axes = spatial_axes(x.tensor(), "conv_transpose");
  Dims steps = for_each_axis(strides, axes), rates = for_each_axis(dilation_rate, axes), extra = for_each_axis(output_padding, axes);
  std::vector<Tensor> sizes{size_along(x.tensor(), 0)};
  for (int i = 0; i < axes; ++i)
    sizes.push_back(transposed_size(size_along(x.tensor(), i + 1), kernel_size(filters, i), steps[i], rates[i], padding,
                                    output_padding.is_all() ? std::optional<int64_t>() : extra[i]));
  sizes.push_back(size_along(filters, -2));
  return x.restored(nn::conv_transpose(x.tensor(), filters, joined_sizes(sizes), Axes(steps), upper(padding), "", Axes(rates)));
}

Tensor depth_to_space(const Operand& x, int64_t block_size, const std::string& data_format) {
  ChannelsLast t(to_tensor(x), data_format);
  return t.restored(nn::depth_to_space(t.tensor(), block_size));
}
Tensor space_to_depth(const Operand& x, int64_t block_size, const std::string& data_format) {
  ChannelsLast t(to_tensor(x), data_format);
  return t.restored(nn::space_to_depth(t.tensor(), block_size));
}

}  // namespace runnel::inline v0::keras::ops
