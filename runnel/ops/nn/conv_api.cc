// The public convolutions: arguments in all their forms, one dimension as two, transposed, separable.
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/spatial_args.h"
#include "runnel/ops/nn/window.h"

namespace runnel::inline v0::nn {

namespace {

// One spatial axis as two: the new axis of size 1 goes before it.
int new_axis(const std::string& data_format) { return is_channels_first(data_format) ? 2 : 1; }
std::string format_2d(const std::string& data_format) {
  if (data_format != "NWC" && data_format != "NCW")
    fail<ValueError>("", cat("`data_format` must be 'NWC' or 'NCW'. Received: data_format=", data_format));
  return data_format == "NCW" ? "NCHW" : "NHWC";
}
Axes entries_2d(const Axes& value, const std::string& data_format, const char* name) {
  std::vector<int64_t> all = axis_entries(value, 1, is_channels_first(data_format), name);
  all.insert(all.begin() + new_axis(data_format), 1);
  return all;
}
Operand padding_2d(const Operand& padding, const std::string& data_format) {
  PaddingAttrs p = padding_attrs(padding);
  if (p.padding != "EXPLICIT") return padding;
  Tensor pairs(int64, {4, 2});
  p.explicit_paddings.insert(p.explicit_paddings.begin() + 2 * new_axis(data_format), 2, 0);
  if (p.explicit_paddings.size() != 8) fail<ValueError>("", "an explicit padding of conv1d must be three pairs");
  std::copy(p.explicit_paddings.begin(), p.explicit_paddings.end(), pairs.mutable_data<int64_t>());
  return pairs;
}

Tensor int32_sizes(const Ints& sizes) {
  Tensor t = sizes.tensor();
  return t.dtype() == int32 ? t : cast(t, int32);
}

// The number of spatial axes, from the filters' rank.
int spatial_axes(const Tensor& filters, const char* where) {
  PartialShape s = filters.partial_shape();
  if (!s.has_rank()) fail<ValueError>(where, "the rank of `filters` must be known");
  if (s.rank() < 3 || s.rank() > 5)
    fail<ValueError>("", cat("`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims=", s.rank() - 2, "."));
  return s.rank() - 2;
}

}  // namespace

Tensor conv2d(const Tensor& input, const Tensor& filters, const Axes& strides, const Operand& padding, const std::string& data_format,
              const Axes& dilations) {
  static const Op& op = get_op("Conv2D");
  Attrs attrs = window_call(strides, padding, format_or_default(data_format, 2), &dilations, 2);
  return with_one_batch_axis(input, 2, [&](const Tensor& x) { return run(op, {x, filters}, attrs); });
}

Tensor conv3d(const Tensor& input, const Tensor& filters, const Axes& strides, const Operand& padding, const std::string& data_format,
              const Axes& dilations) {
  static const Op& op = get_op("Conv3D");
  Attrs attrs = window_call(strides, padding, format_or_default(data_format, 3), &dilations, 3);
  return with_one_batch_axis(input, 3, [&](const Tensor& x) { return run(op, {x, filters}, attrs); });
}

Tensor conv1d(const Tensor& input, const Tensor& filters, const Axes& stride, const Operand& padding, const std::string& data_format,
              const Axes& dilations) {
  std::string format = format_or_default(data_format, 1), wide = format_2d(format);
  Axes strides = entries_2d(stride, format, "stride"), holes = entries_2d(dilations, format, "dilations");
  Tensor kernel = expand_dims(filters, 0);
  return with_one_batch_axis(input, 1, [&](const Tensor& x) {
    return squeeze(conv2d(expand_dims(x, new_axis(format)), kernel, strides, padding_2d(padding, format), wide, holes), new_axis(format));
  });
}

Tensor convolution(const Tensor& input, const Tensor& filters, const Axes& strides, const Operand& padding, const std::string& data_format,
                   const Axes& dilations) {
  int spatial = spatial_axes(filters, "convolution");
  auto conv = spatial == 1 ? conv1d : spatial == 2 ? conv2d : conv3d;
  return conv(input, filters, strides, padding, format_or_default(data_format, spatial), dilations);
}

Tensor atrous_conv2d(const Tensor& value, const Tensor& filters, int64_t rate, const Operand& padding) {
  if (rate < 1) fail<ValueError>("", cat("rate ", rate, " cannot be less than one"));
  return conv2d(value, filters, 1, padding, "NHWC", rate);
}

Tensor depthwise_conv2d(const Tensor& input, const Tensor& filter, const Axes& strides, const Operand& padding,
                        const std::string& data_format, const Axes& dilations) {
  static const Op& op = get_op("DepthwiseConv2dNative");
  return run(op, {input, filter}, window_call(strides, padding, format_or_default(data_format, 2), &dilations, 2));
}

Tensor separable_conv2d(const Tensor& input, const Tensor& depthwise_filter, const Tensor& pointwise_filter, const Axes& strides,
                        const Operand& padding, const std::string& data_format, const Axes& dilations) {
  Tensor each = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations);
  return conv2d(each, pointwise_filter, 1, "VALID", format_or_default(data_format, 2));
}

Tensor conv2d_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides, const Operand& padding,
                        const std::string& data_format, const Axes& dilations) {
  static const Op& op = get_op("Conv2DBackpropInput");
  return run(op, {int32_sizes(output_shape), filters, input},
             window_call(strides, padding, format_or_default(data_format, 2), &dilations, 2));
}

Tensor conv3d_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides, const Operand& padding,
                        const std::string& data_format, const Axes& dilations) {
  static const Op& op = get_op("Conv3DBackpropInputV2");
  return run(op, {int32_sizes(output_shape), filters, input},
             window_call(strides, padding, format_or_default(data_format, 3), &dilations, 3));
}

Tensor conv1d_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides, const Operand& padding,
                        const std::string& data_format, const Axes& dilations) {
  std::string format = format_or_default(data_format, 1);
  std::optional<Dims> known = output_shape.values();
  Ints sizes;
  if (known) {
    Dims wide;
    for (int i = 0; i < known->size(); ++i) {
      if (i == new_axis(format)) wide.push_back(1);
      wide.push_back((*known)[i]);
    }
    sizes = Ints(wide);
  } else {
    std::vector<Tensor> parts = unstack(output_shape.tensor(), 3);
    parts.insert(parts.begin() + new_axis(format), Tensor::scalar(int32_t(1)));
    sizes = Ints(stack(parts));
  }
  Tensor y = conv2d_transpose(expand_dims(input, new_axis(format)), expand_dims(filters, 0), sizes, entries_2d(strides, format, "strides"),
                              padding_2d(padding, format), format_2d(format), entries_2d(dilations, format, "dilations"));
  return squeeze(y, new_axis(format));
}

Tensor conv_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides, const Operand& padding,
                      const std::string& data_format, const Axes& dilations) {
  int spatial = spatial_axes(filters, "conv_transpose");
  auto conv = spatial == 1 ? conv1d_transpose : spatial == 2 ? conv2d_transpose : conv3d_transpose;
  return conv(input, filters, output_shape, strides, padding, format_or_default(data_format, spatial), dilations);
}

Tensor depthwise_conv2d_backprop_input(const Ints& input_sizes, const Tensor& filter, const Tensor& out_backprop, const Axes& strides,
                                       const Operand& padding, const std::string& data_format, const Axes& dilations) {
  static const Op& op = get_op("DepthwiseConv2dNativeBackpropInput");
  return run(op, {int32_sizes(input_sizes), filter, out_backprop}, window_call(strides, padding, data_format, &dilations, 2));
}

Tensor depthwise_conv2d_backprop_filter(const Tensor& input, const Ints& filter_sizes, const Tensor& out_backprop, const Axes& strides,
                                        const Operand& padding, const std::string& data_format, const Axes& dilations) {
  static const Op& op = get_op("DepthwiseConv2dNativeBackpropFilter");
  return run(op, {input, int32_sizes(filter_sizes), out_backprop}, window_call(strides, padding, data_format, &dilations, 2));
}

}  // namespace runnel::inline v0::nn
