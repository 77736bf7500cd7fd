// BiasAdd, BiasAddV1, BiasAddGrad: a vector added along the channels.
#include "runnel/ops/nn/bias.h"

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0 {

bool bias_is_channels_first(const AttrReader& c) {
  return c.op().schema().attr_index("data_format") >= 0 && c.string_attr("data_format") == "NCHW";
}
int bias_channel_axis(bool channels_first, int rank) { return channels_first && rank > 2 ? 1 : rank - 1; }

namespace {

PartialShape at_least_2d(ShapeContext& c) {
  PartialShape s = c.input(0);
  if (s.has_rank() && s.rank() < 2) c.invalid(cat("Input tensor must be at least 2D: ", bracketed(s)));
  return s;
}

void bias_add_shape(ShapeContext& c) {
  PartialShape value = at_least_2d(c), bias = c.input(1);
  if (bias.has_rank() && bias.rank() != 1) c.invalid(cat("Biases must be 1D: ", bracketed(bias)));
  if (value.has_rank() && bias.has_rank()) {
    int axis = bias_channel_axis(bias_is_channels_first(c), value.rank());
    if (value[axis] >= 0 && bias[0] >= 0 && value[axis] != bias[0])
      c.invalid(cat("Must provide as many biases as the last dimension of the input tensor: ", bracketed(bias), " vs. ", bracketed(value)));
    if (value[axis] < 0) value.set_dim(axis, bias[0]);
  }
  c.set_output(0, value);
}

void bias_add_grad_shape(ShapeContext& c) {
  PartialShape s = at_least_2d(c);
  c.set_output(0, {s.has_rank() ? s[bias_channel_axis(bias_is_channels_first(c), s.rank())] : PartialShape::kUnknown});
}

std::vector<Tensor> bias_add_gradient(const GradientContext& c) {
  static const Op& op = get_op("BiasAddGrad");
  std::string format = bias_is_channels_first(c) ? "NCHW" : "NHWC";
  return {c.grad(), c.needs(1) ? run(op, {c.grad()}, {{"data_format", format}}) : Tensor()};
}

// Every element of a channel gets the channel's gradient.
std::vector<Tensor> bias_add_grad_gradient(const GradientContext& c) {
  Tensor grad = c.grad();
  PartialShape s = c.input(0).partial_shape();
  if (bias_is_channels_first(c) && s.has_rank() && s.rank() > 2) {
    Dims column(s.rank() - 1, 1);
    column[0] = -1;
    grad = reshape(grad, column);
  }
  return {broadcast_to(grad, shape(c.input(0)))};
}

constexpr const char* kTypes = "T: numeric; data_format: {'NHWC', 'NCHW'} = 'NHWC'";

/// BiasAddGrad: The gradient of BiasAdd with respect to the bias: the sums over all axes but the channels'.
constexpr OpDef kOps[] = {
    {.name = "BiasAdd", .signature = "value: T, bias: T -> output: T", .attrs = kTypes, .shape = bias_add_shape,
     .gradient = bias_add_gradient, .kernel = bias_add_kernel},
    {.name = "BiasAddV1", .signature = "value: T, bias: T -> output: T", .attrs = "T: numeric", .shape = bias_add_shape,
     .gradient = bias_add_gradient, .kernel = bias_add_kernel},
    {.name = "BiasAddGrad", .signature = "out_backprop: T -> output: T", .attrs = kTypes, .shape = bias_add_grad_shape,
     .gradient = bias_add_grad_gradient, .kernel = bias_add_grad_kernel},
};

}  // namespace
RUNNEL_OPS(nn_bias, kOps)

namespace nn {

Tensor bias_add(const Operand& value, const Operand& bias, const std::string& data_format) {
  static const Op& op = get_op("BiasAdd");
  if (!data_format.empty() && data_format[0] != 'N')
    fail<ValueError>("", cat("`data_format` must be of the form `N...C` or `NC...`. Received: data_format=", data_format));
  auto [x, b] = match(value, bias);
  bool first = data_format.starts_with("NC");
  return run(op, {x, b}, {{"data_format", std::string(first ? "NCHW" : "NHWC")}});
}

}  // namespace nn

}  // namespace runnel::inline v0
