#include "runnel/keras/layers/convolution.h"

#include <algorithm>

#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

int64_t largest(const Tuple& tuple) { return *std::max_element(tuple.values().begin(), tuple.values().end()); }
bool has_zero(const Tuple& tuple) { return std::find(tuple.values().begin(), tuple.values().end(), 0) != tuple.values().end(); }
std::string text(const Tuple& tuple) { return cat("(", tuple.values()[0], ", ", tuple.values()[1], ")"); }

}  // namespace

Conv2DBody::Conv2DBody(const Conv2DOptions& options) : LayerWith(options) {
  options_.kernel_size = options.kernel_size.expand(2, "kernel_size");
  options_.strides = options.strides.expand(2, "strides");
  options_.dilation_rate = options.dilation_rate.expand(2, "dilation_rate");
  options_.padding = checked_padding(options.padding);
  options_.data_format = checked_data_format(options.data_format);
  check_options();
  settle(options.kernel_initializer);
  settle(options.bias_initializer);
}

void Conv2DBody::check_options() const {
  const Conv2DOptions& o = options_;
  int64_t filters = o.filters, groups = o.groups;
  if (filters <= 0)
    fail<ValueError>("", cat("Invalid value for argument `filters`. Expected a strictly positive value. Received filters=", filters, "."));
  if (groups <= 0) fail<ValueError>("", cat("The number of groups must be a positive integer. Received: groups=", groups, "."));
  if (filters % groups != 0)
    fail<ValueError>("", cat("The number of filters must be evenly divisible by the number of groups. Received: groups=", groups,
                             ", filters=", filters, "."));
  if (has_zero(o.kernel_size))
    fail<ValueError>("", cat("The argument `kernel_size` cannot contain 0. Received kernel_size=", text(o.kernel_size), "."));
  if (has_zero(o.strides)) fail<ValueError>("", cat("The argument `strides` cannot contains 0. Received strides=", text(o.strides)));
  if (largest(o.strides) > 1 && largest(o.dilation_rate) > 1)
    fail<ValueError>("", cat("`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides=", text(o.strides),
                             " and dilation_rate=", text(o.dilation_rate)));
}

void Conv2DBody::build(const PartialShape& input_shape) {
  check_min_rank(*this, input_shape, 4);
  input_channels_ = input_shape.has_rank() ? input_shape.dim(channel_axis()) : PartialShape::kUnknown;
  if (input_channels_ < 0)
    fail<ValueError>("", cat("The channel dimension of the inputs should be defined. The input_shape received is ", to_text(input_shape),
                             ", where axis ", channel_axis(), " is the channel axis, which found to be `None`."));
  if (input_channels_ % options_.groups != 0)
    fail<ValueError>("", cat("The number of input channels must be evenly divisible by the number of groups. Received groups=",
                             int64_t(options_.groups), ", but the input has ", input_channels_, " channels (full input shape is ",
                             to_text(input_shape), ")."));
  const auto& size = options_.kernel_size.values();
  kernel_ = add_weight({.name = "kernel", .shape = {size[0], size[1], input_channels_ / options_.groups, options_.filters},
                        .initializer = options_.kernel_initializer, .regularizer = options_.kernel_regularizer,
                        .constraint = options_.kernel_constraint});
  if (options_.use_bias)
    bias_ = add_weight({.name = "bias", .shape = {options_.filters}, .initializer = options_.bias_initializer,
                        .regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
}

Tensor Conv2DBody::call(const Tensor& input, const CallArgs& args) {
  PartialShape shape = input.partial_shape();
  check_min_rank(*this, shape, 4);
  check_axis(*this, shape, channel_axis(), input_channels_);
  const char* format = format_2d(options_.data_format);
  Tensor y = nn::conv2d(input, computed(*this, kernel_), options_.strides.values(), operator_padding(options_.padding), format,
                        options_.dilation_rate.values());
  if (bias_) y = nn::bias_add(y, computed(*this, bias_), format);
  return options_.activation(y);
}

RUNNEL_KERAS_CLASS(layers, Conv2D, Conv2DBody)

}  // namespace runnel::inline v0::keras
