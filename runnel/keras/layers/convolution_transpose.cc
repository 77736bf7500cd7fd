#include "runnel/keras/layers/convolution_transpose.h"

#include <algorithm>

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

template <int Rank>
ConvTransposeBody<Rank>::ConvTransposeBody(const ConvTransposeOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  options_.kernel_size = options.kernel_size.expand(Rank, "kernel_size");
  options_.strides = options.strides.expand(Rank, "strides");
  options_.dilation_rate = options.dilation_rate.expand(Rank, "dilation_rate");
  if (options.output_padding.is_set()) options_.output_padding = options.output_padding.expand(Rank, "output_padding");
  options_.padding = checked_padding(options.padding);
  options_.data_format = checked_data_format(options.data_format);
  check_filters(options_.filters);
  check_no_zero(options_.kernel_size, "kernel_size");
  check_no_zero(options_.strides, "strides");
  settle(options.kernel_initializer);
  settle(options.bias_initializer);
}

template <int Rank>
void ConvTransposeBody<Rank>::build(const PartialShape& input_shape) {
  check_min_rank(*this, input_shape, Rank + 2);
  input_channels_ = known_channels(input_shape, options_.data_format);
  Dims shape(std::span(options_.kernel_size.values()));
  shape.push_back(options_.filters);
  shape.push_back(input_channels_);
  kernel_ = add_weight({.name = "kernel", .shape = Shape(shape), .initializer = options_.kernel_initializer,
                        .regularizer = options_.kernel_regularizer, .constraint = options_.kernel_constraint});
  if (options_.use_bias)
    bias_ = add_weight({.name = "bias", .shape = {options_.filters}, .initializer = options_.bias_initializer,
                        .regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
}

// What is added to size * stride, as Keras computes it.
template <int Rank>
int64_t ConvTransposeBody<Rank>::output_size(int i, int64_t size) const {
  if (size < 0) return PartialShape::kUnknown;
  const ConvTransposeOptions& o = options_;
  int64_t stride = o.strides.values()[size_t(i)], kernel = (o.kernel_size.values()[size_t(i)] - 1) * o.dilation_rate.values()[size_t(i)] + 1;
  std::optional<int64_t> padding;
  if (o.output_padding.is_set()) padding = o.output_padding.values()[size_t(i)];
  if (o.padding == "valid") return size * stride + kernel - stride + padding.value_or(std::max(kernel, stride) - kernel);
  return padding ? (size - 1) * stride + kernel % 2 + *padding : size * stride;
}

template <int Rank>
PartialShape ConvTransposeBody<Rank>::compute_output_shape(const PartialShape& input_shape) {
  if (!input_shape.has_rank()) return PartialShape::unknown_dims(Rank + 2);
  PartialShape out = input_shape;
  int first = first_spatial_axis(options_.data_format);
  for (int i = 0; i < Rank; ++i) out.set_dim(first + i, output_size(i, input_shape[first + i]));
  out.set_dim(channel_axis(options_.data_format), options_.filters);
  return out;
}

// The batch stays open; spatial sizes that are not known yet are computed from the input's.
template <int Rank>
Ints ConvTransposeBody<Rank>::output_sizes(const Tensor& input) const {
  PartialShape in = input.partial_shape();
  int first = first_spatial_axis(options_.data_format);
  Dims sizes(Rank + 2, -1);
  for (int i = 0; i < Rank; ++i) sizes[first + i] = output_size(i, in[first + i]);
  sizes[channels_first(options_.data_format) ? 1 : Rank + 1] = options_.filters;
  bool known = std::count(sizes.begin() + 1, sizes.end(), -1) == 0;
  if (known) return sizes;
  Tensor given = shape(input);
  std::vector<Tensor> parts;
  for (int i = 0; i < Rank + 2; ++i) {
    int axis = i - first;
    if (sizes[i] >= 0) parts.push_back(Tensor::scalar(int32_t(sizes[i])));
    else if (i == 0) parts.push_back(gather(given, 0));
    else parts.push_back(gather(given, i) * options_.strides.values()[size_t(axis)] + output_size(axis, 0));
  }
  return stack(parts);
}

template <int Rank>
Tensor ConvTransposeBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  const ConvTransposeOptions& o = options_;
  check_rank(*this, input.partial_shape(), Rank + 2);
  check_axis(*this, input.partial_shape(), channel_axis(o.data_format), input_channels_);
  Tensor y = nn::conv_transpose(input, computed(*this, kernel_), output_sizes(input), o.strides.values(), operator_padding(o.padding),
                                operator_format(Rank, o.data_format), o.dilation_rate.values());
  y = ensure_shape(y, compute_output_shape(input.partial_shape()));
  if (bias_) y = nn::bias_add(y, computed(*this, bias_), channels_first(o.data_format) ? "NCHW" : "NHWC");
  return o.activation(y);
}

template class ConvTransposeBody<1>;
template class ConvTransposeBody<2>;
template class ConvTransposeBody<3>;
RUNNEL_KERAS_CLASS(layers, Conv1DTranspose, Conv1DTransposeBody)
RUNNEL_KERAS_CLASS(layers, Conv2DTranspose, Conv2DTransposeBody)
RUNNEL_KERAS_CLASS(layers, Conv3DTranspose, Conv3DTransposeBody)

}  // namespace runnel::inline v0::keras
