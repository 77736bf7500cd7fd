#include "runnel/keras/layers/convolution.h"

#include <algorithm>

#include "runnel/keras/saving/hooks.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

int64_t largest(const Tuple& tuple) { return *std::max_element(tuple.values().begin(), tuple.values().end()); }

}  // namespace

template <int Rank>
ConvBody<Rank>::ConvBody(const ConvOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  options_.kernel_size = options.kernel_size.expand(Rank, "kernel_size");
  options_.strides = options.strides.expand(Rank, "strides");
  options_.dilation_rate = options.dilation_rate.expand(Rank, "dilation_rate");
  options_.padding = checked_padding_1d(options.padding, Rank);
  options_.data_format = checked_data_format(options.data_format);
  check_options();
  settle(options.kernel_initializer);
  settle(options.bias_initializer);
}

template <int Rank>
void ConvBody<Rank>::check_options() const {
  const ConvOptions& o = options_;
  int64_t filters = o.filters, groups = o.groups;
  check_filters(filters);
  if (groups <= 0) fail<ValueError>("", cat("The number of groups must be a positive integer. Received: groups=", groups, "."));
  if (filters % groups != 0)
    fail<ValueError>("", cat("The number of filters must be evenly divisible by the number of groups. Received: groups=", groups,
                             ", filters=", filters, "."));
  check_no_zero(o.kernel_size, "kernel_size");
  check_no_zero(o.strides, "strides");
  if (largest(o.strides) > 1 && largest(o.dilation_rate) > 1)
    fail<ValueError>("", cat("`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides=",
                             tuple_text(o.strides.values()), " and dilation_rate=", tuple_text(o.dilation_rate.values())));
}

template <int Rank>
void ConvBody<Rank>::build(const PartialShape& input_shape) {
  check_min_rank(*this, input_shape, Rank + 2);
  input_channels_ = known_channels(input_shape, options_.data_format);
  if (input_channels_ % options_.groups != 0)
    fail<ValueError>("", cat("The number of input channels must be evenly divisible by the number of groups. Received groups=",
                             int64_t(options_.groups), ", but the input has ", input_channels_, " channels (full input shape is ",
                             to_text(input_shape), ")."));
  Dims shape(std::span(options_.kernel_size.values()));
  shape.push_back(input_channels_ / options_.groups);
  shape.push_back(options_.filters);
  kernel_ = add_weight({.name = "kernel", .shape = Shape(shape), .initializer = options_.kernel_initializer,
                        .regularizer = options_.kernel_regularizer, .constraint = options_.kernel_constraint});
  if (options_.use_bias)
    bias_ = add_weight({.name = "bias", .shape = {options_.filters}, .initializer = options_.bias_initializer,
                        .regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
}

// ValueError where an image is smaller than the kernel.
template <class Options>
static void check_kernel_fits(const PartialShape& input, const Options& o, int rank) {
  if (o.padding != "valid" || !input.has_rank()) return;
  for (int axis = channels_first(o.data_format) ? 2 : 1, i = 0; i < rank; ++i) {
    int64_t reach = (o.kernel_size.values()[size_t(i)] - 1) * o.dilation_rate.values()[size_t(i)] + 1, size = input[axis + i];
    if (size >= 0 && size < reach)
      fail<ValueError>("", cat("Computed output size would be zero or negative. Received `inputs shape=", to_text(input), "`, `kernel shape=",
                               tuple_text(o.kernel_size.values()), "`, `padding=", o.padding, "`"),
                       {.expected = cat("an image of ", reach, " pixels at least"), .hint = "padding=\"same\", a smaller kernel, or less pooling before"});
  }
}

template <int Rank>
Tensor ConvBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  const ConvOptions& o = options_;
  check_min_rank(*this, input.partial_shape(), Rank + 2);
  check_axis(*this, input.partial_shape(), channel_axis(o.data_format), input_channels_);
  check_kernel_fits(input.partial_shape(), o, Rank);
  const char* format = operator_format(Rank, o.data_format);
  bool causal = o.padding == "causal";
  Tensor x = causal ? pad_causal(input, o.kernel_size.values()[0], o.dilation_rate.values()[0], o.data_format) : input;
  Tensor kernel = computed(*this, kernel_);
  std::optional<Nest> own;
  if (Rank > 1) own = hooks::computed(*this, "convolution_op", {x, kernel});  // Keras's Conv1D calls none
  Tensor y = own ? own->tensor()
                 : nn::convolution(x, kernel, o.strides.values(), causal ? "VALID" : operator_padding(o.padding), format, o.dilation_rate.values());
  for (int axis = channels_first(o.data_format) ? 2 : 1, i = 0; i < Rank && y.partial_shape().has_rank(); ++i)
    if (y.partial_shape()[axis + i] == 0)
      fail<ValueError>("", cat("Computed output size would be zero or negative. Received: input_shape=", to_text(input.partial_shape()),
                               ", kernel_size=", to_config(o.kernel_size).to_json(), ", padding=", o.padding));
  if (bias_) y = nn::bias_add(y, computed(*this, bias_), channels_first(o.data_format) ? "NCHW" : "NHWC");
  return o.activation(y);
}

template class ConvBody<1>;
template class ConvBody<2>;
template class ConvBody<3>;
RUNNEL_KERAS_CLASS(layers, Conv1D, Conv1DBody)
RUNNEL_KERAS_CLASS(layers, Conv2D, Conv2DBody)
RUNNEL_KERAS_CLASS(layers, Conv3D, Conv3DBody)

}  // namespace runnel::inline v0::keras
