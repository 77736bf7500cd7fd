// Conv: Conv2D or Conv3D, by the rank of the input.
#include "runnel/ops/nn/conv_geometry.h"
#include "runnel/ops/nn/delegate.h"

namespace runnel::inline v0 {

namespace {

int spatial_axes(const AttrReader& c, int rank) {
  int spatial = rank - 1 - int(c.int_attr("batch_dims"));
  if (c.int_attr("batch_dims") < 1 || spatial < 2 || spatial > 3)
    fail<errors::InvalidArgumentError>("Conv", "The input must have 2 or 3 spatial dimensions", {.got = cat("rank ", rank, ", batch_dims ", c.int_attr("batch_dims"))});
  return spatial;
}

Delegate by_rank(const AttrReader& c, int spatial) {
  if (spatial == 3 && c.string_attr("padding") == "EXPLICIT")
    fail<errors::InvalidArgumentError>("Conv", "an explicit padding needs two spatial axes", {.got = "three spatial axes", .hint = "pad the input before"});
  bool first = c.string_attr("data_format") == "CHANNELS_FIRST";
  const char* formats[] = {"NHWC", "NCHW", "NDHWC", "NCDHW"};
  Attrs attrs{{"strides", c.ints_attr("strides")}, {"padding", c.string_attr("padding")}, {"data_format", formats[2 * (spatial == 3) + first]}};
  if (!c.ints_attr("dilations").empty()) attrs.set("dilations", c.ints_attr("dilations"));
  if (spatial == 2) attrs.set("explicit_paddings", c.ints_attr("explicit_paddings"));
  return {spatial == 2 ? "Conv2D" : "Conv3D", c.type("T"), std::move(attrs)};
}

// `batch_dims` leading axes, and what lies behind them.
Shape one_batch_axis(const Shape& s, int batch_dims) {
  Dims dims{1};
  for (int i = 0; i < batch_dims; ++i) dims[0] *= s[i];
  for (int i = batch_dims; i < s.rank(); ++i) dims.push_back(s[i]);
  return Shape(dims);
}

// The sizes say how many groups there are; the attribute has to say the same. Its default leaves it to them.
void check_groups(const AttrReader& c, const ConvGeometry& geometry) {
  const int64_t groups = c.int_attr("groups");
  if (groups != 1 && geometry.in_channels >= 0 && groups != geometry.groups)
    fail<errors::InvalidArgumentError>("Conv", "`groups` must be the input's depth divided by the filter's", {.got = cat(groups), .expected = cat(geometry.groups)});
}

void conv_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  if (!in.has_rank()) return;
  int spatial = spatial_axes(c, in.rank()), batch_dims = int(c.int_attr("batch_dims"));
  ConvGeometry geometry = conv_geometry(by_rank(c, spatial).reader(), spatial, false, in.slice(batch_dims - 1, in.rank()), c.input(1));
  check_groups(c, geometry);
  PartialShape out = geometry.output();
  for (int i = 1; i < out.rank(); ++i) in.set_dim(batch_dims - 1 + i, out[i]);
  c.set_output(0, in);
}

void conv_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Delegate conv = by_rank(c, spatial_axes(c, x.rank()));
  Tensor inputs[] = {x.reshaped(one_batch_axis(x.shape(), int(c.int_attr("batch_dims")))), c.input(1)};
  c.set_output(0, conv.run(inputs).reshaped(c.output_shape()));
}

/// Conv: Convolution along two or three spatial axes, with any number of batch axes and groups of channels.
constexpr OpDef kOps[] = {
    {.name = "Conv", .signature = "input: T, filter: T -> output: T",
     .attrs = "T: {half, bfloat16, float, double, int32}; strides: list(int); padding: {'SAME', 'VALID', 'EXPLICIT'}; "
              "explicit_paddings: list(int) = []; data_format: {'CHANNELS_FIRST', 'CHANNELS_LAST'} = 'CHANNELS_LAST'; "
              "dilations: list(int) = []; batch_dims: int = 1; groups: int = 1",
     .shape = conv_shape, .no_gradient = "TensorFlow declares none: Conv2D and Conv3D have one", .kernel = conv_kernel},
};

}  // namespace
RUNNEL_OPS(nn_conv_any, kOps)

}  // namespace runnel::inline v0
