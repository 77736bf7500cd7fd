#include "runnel/keras/layers/depthwise.h"

#include "runnel/ops/array.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

/// The arguments that both kinds share.
struct Window {
  std::vector<int64_t> strides, dilation_rate;
  std::string padding, data_format;
};

// One spatial axis is the second of two.
Tensor depthwise(const Tensor& x, const Tensor& kernel, const Window& w) {
  bool one = w.strides.size() == 1;
  const char* format = channels_first(w.data_format) ? "NCHW" : "NHWC";
  if (!one) return nn::depthwise_conv2d(x, kernel, w.strides, operator_padding(w.padding), format, w.dilation_rate);
  int axis = first_spatial_axis(w.data_format);
  Tensor y = nn::depthwise_conv2d(expand_dims(x, axis), expand_dims(kernel, 0), {w.strides[0], w.strides[0]}, operator_padding(w.padding),
                                  format, {1, w.dilation_rate[0]});
  return squeeze(y, axis);
}

Shape kernel_shape(const Tuple& kernel_size, int64_t in, int64_t out) {
  Dims shape(std::span(kernel_size.values()));
  shape.push_back(in);
  shape.push_back(out);
  return Shape(shape);
}

void check_multiplier(int64_t depth_multiplier) {
  if (depth_multiplier <= 0)
    fail<ValueError>("", cat("Invalid value for argument `depth_multiplier`. Expected a strictly positive value. Received depth_multiplier=",
                             depth_multiplier, "."));
}

/// Brings the arguments of either kind into their full form.
template <class Options>
void standardize(Options& o, int rank) {
  o.kernel_size = o.kernel_size.expand(rank, "kernel_size");
  o.strides = o.strides.expand(rank, "strides");
  o.dilation_rate = o.dilation_rate.expand(rank, "dilation_rate");
  o.padding = checked_padding(o.padding);
  o.data_format = checked_data_format(o.data_format);
  check_multiplier(o.depth_multiplier);
  check_no_zero(o.kernel_size, "kernel_size");
  check_no_zero(o.strides, "strides");
}

template <class Options>
Window window_of(const Options& o) {
  return {o.strides.values(), o.dilation_rate.values(), o.padding, o.data_format};
}

}  // namespace

template <int Rank>
DepthwiseConvBody<Rank>::DepthwiseConvBody(const DepthwiseConvOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  standardize(options_, Rank);
  settle(options.depthwise_initializer);
  settle(options.bias_initializer);
}

template <int Rank>
void DepthwiseConvBody<Rank>::build(const PartialShape& input_shape) {
  const DepthwiseConvOptions& o = options_;
  check_min_rank(*this, input_shape, Rank + 2);
  input_channels_ = known_channels(input_shape, o.data_format);
  kernel_ = add_weight({.name = "kernel", .shape = kernel_shape(o.kernel_size, input_channels_, o.depth_multiplier),
                        .initializer = o.depthwise_initializer, .regularizer = o.depthwise_regularizer, .constraint = o.depthwise_constraint});
  if (o.use_bias)
    bias_ = add_weight({.name = "bias", .shape = {input_channels_ * o.depth_multiplier}, .initializer = o.bias_initializer,
                        .regularizer = o.bias_regularizer, .constraint = o.bias_constraint});
}

template <int Rank>
Tensor DepthwiseConvBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  const DepthwiseConvOptions& o = options_;
  check_min_rank(*this, input.partial_shape(), Rank + 2);
  check_axis(*this, input.partial_shape(), channel_axis(o.data_format), input_channels_);
  Tensor y = depthwise(input, computed(*this, kernel_), window_of(o));
  if (bias_) y = nn::bias_add(y, computed(*this, bias_), channels_first(o.data_format) ? "NCHW" : "NHWC");
  return o.activation(y);
}

template <int Rank>
SeparableConvBody<Rank>::SeparableConvBody(const SeparableConvOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  standardize(options_, Rank);
  check_filters(options_.filters);
  settle(options.depthwise_initializer);
  settle(options.pointwise_initializer);
  settle(options.bias_initializer);
}

template <int Rank>
void SeparableConvBody<Rank>::build(const PartialShape& input_shape) {
  const SeparableConvOptions& o = options_;
  check_min_rank(*this, input_shape, Rank + 2);
  input_channels_ = known_channels(input_shape, o.data_format);
  depthwise_kernel_ = add_weight({.name = "depthwise_kernel", .shape = kernel_shape(o.kernel_size, input_channels_, o.depth_multiplier),
                                  .initializer = o.depthwise_initializer, .regularizer = o.depthwise_regularizer,
                                  .constraint = o.depthwise_constraint});
  pointwise_kernel_ = add_weight({.name = "pointwise_kernel",
                                  .shape = kernel_shape(std::vector<int64_t>(Rank, 1), input_channels_ * o.depth_multiplier, o.filters),
                                  .initializer = o.pointwise_initializer, .regularizer = o.pointwise_regularizer,
                                  .constraint = o.pointwise_constraint});
  if (o.use_bias)
    bias_ = add_weight({.name = "bias", .shape = {o.filters}, .initializer = o.bias_initializer, .regularizer = o.bias_regularizer,
                        .constraint = o.bias_constraint});
}

template <int Rank>
Tensor SeparableConvBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  const SeparableConvOptions& o = options_;
  check_min_rank(*this, input.partial_shape(), Rank + 2);
  check_axis(*this, input.partial_shape(), channel_axis(o.data_format), input_channels_);
  Tensor each = depthwise(input, computed(*this, depthwise_kernel_), window_of(o));
  Tensor y = nn::convolution(each, computed(*this, pointwise_kernel_), 1, "VALID", operator_format(Rank, o.data_format));
  if (bias_) y = nn::bias_add(y, computed(*this, bias_), channels_first(o.data_format) ? "NCHW" : "NHWC");
  return o.activation(y);
}

template class DepthwiseConvBody<1>;
template class DepthwiseConvBody<2>;
template class SeparableConvBody<1>;
template class SeparableConvBody<2>;
RUNNEL_KERAS_CLASS(layers, DepthwiseConv1D, DepthwiseConv1DBody)
RUNNEL_KERAS_CLASS(layers, DepthwiseConv2D, DepthwiseConv2DBody)
RUNNEL_KERAS_CLASS(layers, SeparableConv1D, SeparableConv1DBody)
RUNNEL_KERAS_CLASS(layers, SeparableConv2D, SeparableConv2DBody)

}  // namespace runnel::inline v0::keras
