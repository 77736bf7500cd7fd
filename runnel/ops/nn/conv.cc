// Conv2D, Conv3D, DepthwiseConv2dNative and their gradient operators, which are each other's gradients.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/nn/conv_geometry.h"

namespace runnel::inline v0 {

PartialShape ConvGeometry::output() const {
  PartialShape s = PartialShape::unknown_dims(attrs.spatial + 2);
  s.set_dim(0, batch);
  s.set_dim(attrs.channel_axis(), out_channels);
  for (int i = 0; i < attrs.spatial; ++i) s.set_dim(attrs.spatial_axis(i), axes[size_t(3 - attrs.spatial + i)].out);
  return s;
}

namespace {

PartialShape ranked(const AttrReader& c, const PartialShape& s, int rank, const char* what) {
  if (!s.has_rank()) return PartialShape::unknown_dims(rank);
  if (s.rank() != rank)
    fail<errors::InvalidArgumentError>(c.op().name(), cat(what, " must be ", rank, "-dimensional: ", bracketed(s)));
  return s;
}

void set_channels(const AttrReader& c, ConvGeometry& g, const PartialShape& filter, bool depthwise) {
  int64_t filter_in = filter.dim(-2), filter_out = filter.dim(-1);
  auto invalid = [&](const std::string& what, const Details& d = {}) { fail<errors::InvalidArgumentError>(c.op().name(), what, d); };
  if (depthwise) {
    if (g.in_channels >= 0 && filter_in >= 0 && g.in_channels != filter_in)
      invalid(cat("input and filter must have the same depth: ", g.in_channels, " vs ", filter_in));
    if (g.in_channels < 0) g.in_channels = filter_in;
    g.groups = g.in_channels;
    g.out_channels = g.in_channels < 0 || filter_out < 0 ? -1 : g.in_channels * filter_out;
    return;
  }
  g.out_channels = filter_out;
  for (int64_t size : filter.dims())
    if (size == 0) invalid("filter must not have zero elements (i.e. all dimensions must be non-zero)");
  if (g.in_channels < 0 || filter_in < 0) return;
  if (g.in_channels % filter_in != 0)
    invalid(cat("input depth must be evenly divisible by filter depth: ", g.in_channels, " vs ", filter_in));
  g.groups = g.in_channels / filter_in;
  if (g.groups > 0 && filter_out >= 0 && filter_out % g.groups != 0)
    invalid(cat("output depth must be evenly divisible by number of groups: ", filter_out, " vs ", g.groups));
}

}  // namespace

ConvGeometry conv_geometry(const AttrReader& c, int spatial, bool depthwise, const PartialShape& input, const PartialShape& filter) {
  PartialShape in = ranked(c, input, spatial + 2, "convolution input"), f = ranked(c, filter, spatial + 2, "convolution filter");
  ConvGeometry g;
  g.attrs = window_attrs(c, spatial);
  g.batch = in[0];
  g.in_channels = in[g.attrs.channel_axis()];
  set_channels(c, g, f, depthwise);
  for (int i = 0; i < spatial; ++i)
    g.axes[size_t(3 - spatial + i)] = window_axis(c, g.attrs, i, in[g.attrs.spatial_axis(i)], f[i]);
  return g;
}

namespace {

template <int kSpatial, bool kDepthwise>
void forward_shape(ShapeContext& c) {
  c.set_output(0, conv_geometry(c, kSpatial, kDepthwise, c.input(0), c.input(1)).output());
}

void check_gradient_shape(ShapeContext& c, const ConvGeometry& g, const PartialShape& gradient) {
  if (!g.output().is_compatible_with(gradient))
    c.invalid("Size of out_backprop doesn't match computed", {.got = bracketed(gradient), .expected = bracketed(g.output())});
}

// input_sizes may be the sizes of all axes, or of the spatial ones only.
template <int kSpatial, bool kDepthwise>
void input_gradient_shape(ShapeContext& c) {
  PartialShape sizes = c.constant_shape(0), gradient = c.input(2);
  if (sizes.has_rank() && sizes.rank() == kSpatial) {
    WindowAttrs w = window_attrs(c, kSpatial);
    PartialShape full = PartialShape::unknown_dims(kSpatial + 2);
    for (int i = 0; i < kSpatial; ++i) full.set_dim(w.spatial_axis(i), sizes[i]);
    full.set_dim(w.channel_axis(), c.with_rank(1, kSpatial + 2).dim(-2));
    sizes = full;
  }
  if (sizes.has_rank() && gradient.has_rank() && sizes.rank() == kSpatial + 2 && sizes[0] < 0) sizes.set_dim(0, gradient[0]);
  ConvGeometry g = conv_geometry(c, kSpatial, kDepthwise, sizes, c.input(1));
  check_gradient_shape(c, g, gradient);
  c.set_output(0, sizes);
}

template <int kSpatial, bool kDepthwise>
void filter_gradient_shape(ShapeContext& c) {
  PartialShape sizes = c.constant_shape(1);
  check_gradient_shape(c, conv_geometry(c, kSpatial, kDepthwise, c.input(0), sizes), c.input(2));
  c.set_output(0, sizes.has_rank() ? sizes : PartialShape::unknown_dims(kSpatial + 2));
}

/// The three operators of a convolution.
struct Family {
  const char *forward, *input_gradient, *filter_gradient;
};
constexpr Family k2D{"Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"};
constexpr Family k3D{"Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"};
constexpr Family kDepth{"DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter"};

Attrs shared_attrs(const GradientContext& c) {
  Attrs out{{"strides", c.ints_attr("strides")},
            {"padding", c.string_attr("padding")},
            {"data_format", c.string_attr("data_format")},
            {"dilations", c.ints_attr("dilations")}};
  if (c.op().schema().attr_index("explicit_paddings") >= 0) out.set("explicit_paddings", c.ints_attr("explicit_paddings"));
  return out;
}

template <const Family& kFamily>
Tensor forward(const GradientContext& c, const Tensor& input, const Tensor& filter) {
  return run(get_op(kFamily.forward), {input, filter}, shared_attrs(c));
}
template <const Family& kFamily>
Tensor input_gradient(const GradientContext& c, const Tensor& like, const Tensor& filter, const Tensor& grad) {
  return run(get_op(kFamily.input_gradient), {shape(like), filter, grad}, shared_attrs(c));
}
template <const Family& kFamily>
Tensor filter_gradient(const GradientContext& c, const Tensor& input, const Tensor& like, const Tensor& grad) {
  return run(get_op(kFamily.filter_gradient), {input, shape(like), grad}, shared_attrs(c));
}

template <const Family& kFamily>
std::vector<Tensor> gradient_of_forward(const GradientContext& c) {
  Tensor x = c.input(0), f = c.input(1), g = c.grad();
  return {c.needs(0) ? input_gradient<kFamily>(c, x, f, g) : Tensor(), c.needs(1) ? filter_gradient<kFamily>(c, x, f, g) : Tensor()};
}
// Inputs: sizes, filter, gradient of the output.
template <const Family& kFamily>
std::vector<Tensor> gradient_of_input_gradient(const GradientContext& c) {
  Tensor f = c.input(1), dy = c.input(2), g = c.grad();
  return {Tensor(), c.needs(1) ? filter_gradient<kFamily>(c, g, f, dy) : Tensor(), c.needs(2) ? forward<kFamily>(c, g, f) : Tensor()};
}
// Inputs: input, sizes, gradient of the output.
template <const Family& kFamily>
std::vector<Tensor> gradient_of_filter_gradient(const GradientContext& c) {
  Tensor x = c.input(0), dy = c.input(2), g = c.grad();
  return {c.needs(0) ? input_gradient<kFamily>(c, x, g, dy) : Tensor(), Tensor(), c.needs(2) ? forward<kFamily>(c, x, g) : Tensor()};
}

#define CONV_2D_ATTRS                                                                                            \
  "strides: list(int); padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; "              \
  "data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]; "
#define CONV_3D_ATTRS                                                                                            \
  "T: {half, bfloat16, float, double}; strides: list(int); padding: {'SAME', 'VALID'}; "                         \
  "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; dilations: list(int) = [1, 1, 1, 1, 1]"
constexpr const char* kAttrs2D = CONV_2D_ATTRS "use_cudnn_on_gpu: bool = true; T: {half, bfloat16, float, double, int32}";
constexpr const char* kFilterAttrs2D = CONV_2D_ATTRS "use_cudnn_on_gpu: bool = true; T: {half, bfloat16, float, double}";
constexpr const char* kDepthAttrs = CONV_2D_ATTRS "T: {half, bfloat16, float, double}";
constexpr const char* kForward = "input: T, filter: T -> output: T";
constexpr const char* kInput = "input_sizes: int32, filter: T, out_backprop: T -> output: T";
constexpr const char* kFilter = "input: T, filter_sizes: int32, out_backprop: T -> output: T";

/// DepthwiseConv2dNative: Convolution of each channel with filters of its own, (height, width, channels, multiplier).
/// Conv2DBackpropInput: The gradient of Conv2D with respect to its input.
/// Conv2DBackpropFilter: The gradient of Conv2D with respect to its filter.
/// Conv3DBackpropInputV2: The gradient of Conv3D with respect to its input.
/// Conv3DBackpropFilterV2: The gradient of Conv3D with respect to its filter.
constexpr OpDef kOps[] = {
    {.name = k2D.forward, .signature = kForward, .attrs = kAttrs2D, .shape = forward_shape<2, false>,
     .gradient = gradient_of_forward<k2D>, .kernel = conv_kernel<2, false>},
    {.name = "_FusedConv2D", .signature = "input: T, filter: T, bias: T -> output: T",
     .attrs = CONV_2D_ATTRS "T: {float, double}; relu: bool = false", .shape = forward_shape<2, false>,
     .no_gradient = "the compiler makes it after gradients have been made", .kernel = conv_kernel<2, false>},
    {.name = k2D.input_gradient, .signature = kInput, .attrs = kAttrs2D, .shape = input_gradient_shape<2, false>,
     .gradient = gradient_of_input_gradient<k2D>, .kernel = conv_input_kernel<2, false>},
    {.name = k2D.filter_gradient, .signature = kFilter, .attrs = kFilterAttrs2D, .shape = filter_gradient_shape<2, false>,
     .gradient = gradient_of_filter_gradient<k2D>, .kernel = conv_filter_kernel<2, false>},
    {.name = k3D.forward, .signature = kForward, .attrs = CONV_3D_ATTRS, .shape = forward_shape<3, false>,
     .gradient = gradient_of_forward<k3D>, .kernel = conv_kernel<3, false>},
    {.name = k3D.input_gradient, .signature = "input_sizes: Tshape, filter: T, out_backprop: T -> output: T",
     .attrs = CONV_3D_ATTRS "; Tshape: {int32, int64} = int32", .shape = input_gradient_shape<3, false>,
     .gradient = gradient_of_input_gradient<k3D>, .kernel = conv_input_kernel<3, false>},
    {.name = k3D.filter_gradient, .signature = kFilter, .attrs = CONV_3D_ATTRS, .shape = filter_gradient_shape<3, false>,
     .gradient = gradient_of_filter_gradient<k3D>, .kernel = conv_filter_kernel<3, false>},
    {.name = kDepth.forward, .signature = kForward, .attrs = kDepthAttrs, .shape = forward_shape<2, true>,
     .gradient = gradient_of_forward<kDepth>, .kernel = conv_kernel<2, true>},
    {.name = kDepth.input_gradient, .signature = kInput, .attrs = kDepthAttrs, .shape = input_gradient_shape<2, true>,
     .gradient = gradient_of_input_gradient<kDepth>, .kernel = conv_input_kernel<2, true>},
    {.name = kDepth.filter_gradient, .signature = kFilter, .attrs = kDepthAttrs, .shape = filter_gradient_shape<2, true>,
     .gradient = gradient_of_filter_gradient<kDepth>, .kernel = conv_filter_kernel<2, true>},
};

}  // namespace
RUNNEL_OPS(nn_conv, kOps)

}  // namespace runnel::inline v0
