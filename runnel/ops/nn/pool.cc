// MaxPool, AvgPool in two and three dimensions, MaxPoolWithArgmax and their gradient operators.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/nn/pool.h"

namespace runnel::inline v0 {

PartialShape PoolGeometry::output() const {
  PartialShape s = PartialShape::unknown_dims(attrs.spatial + 2);
  s.set_dim(0, batch);
  s.set_dim(attrs.channel_axis(), channels);
  for (int i = 0; i < attrs.spatial; ++i) s.set_dim(attrs.spatial_axis(i), axes[size_t(3 - attrs.spatial + i)].out);
  return s;
}

PoolGeometry pool_geometry(const AttrReader& c, int spatial, const PartialShape& input) {
  PartialShape in = input.has_rank() ? input : PartialShape::unknown_dims(spatial + 2);
  if (in.rank() != spatial + 2)
    fail<errors::InvalidArgumentError>(c.op().name(), cat("tensor_in_shape must have ", spatial, " spatial dimensions"), {.got = cat("shape ", bracketed(in))});
  PoolGeometry g;
  g.attrs = window_attrs(c, spatial);
  g.batch = in[0];
  g.channels = in[g.attrs.channel_axis()];
  for (int i = 0; i < spatial; ++i) {
    WindowAxis a = window_axis(c, g.attrs, i, in[g.attrs.spatial_axis(i)], g.attrs.window[size_t(i)]);
    if (a.pad_before >= a.window || g.attrs.after[size_t(i)] >= a.window)
      fail<errors::InvalidArgumentError>(c.op().name(), "explicit padding must be smaller than the window",
                                         {.got = cat("padding ", std::max(a.pad_before, g.attrs.after[size_t(i)]), ", window ", a.window)});
    g.axes[size_t(3 - spatial + i)] = a;
  }
  return g;
}

namespace {

template <int kSpatial>
void pool_shape(ShapeContext& c) {
  PoolGeometry g = pool_geometry(c, kSpatial, c.input(0));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, g.output());
}

void check_gradient(ShapeContext& c, const PoolGeometry& g, int input) {
  if (!g.output().is_compatible_with(c.input(input)))
    c.invalid("the gradient does not have the shape of the pooled tensor", {.got = bracketed(c.input(input)), .expected = bracketed(g.output())});
}

template <int kSpatial>
void max_grad_shape(ShapeContext& c) {
  check_gradient(c, pool_geometry(c, kSpatial, c.input(0)), 1);
  check_gradient(c, pool_geometry(c, kSpatial, c.input(0)), 2);
  c.set_output(0, c.input(0));
}
template <int kSpatial>
void max_grad_grad_shape(ShapeContext& c) {
  PoolGeometry g = pool_geometry(c, kSpatial, c.input(0));
  if (!c.input(0).is_compatible_with(c.input(2)))
    c.invalid("the gradient does not have the input's shape", {.got = bracketed(c.input(2)), .expected = bracketed(c.input(0))});
  check_gradient(c, g, 1);
  c.set_output(0, g.output());
}
template <int kSpatial>
void avg_grad_shape(ShapeContext& c) {
  PartialShape s = c.constant_shape(0);
  check_gradient(c, pool_geometry(c, kSpatial, s), 1);
  c.set_output(0, s.has_rank() ? s : PartialShape::unknown_dims(kSpatial + 2));
}
// The gradient of input `i` has its shape; what is picked has the shape of the positions.
void check_same_shape(ShapeContext& c, int gradient, int i) {
  if (!c.input(gradient).is_compatible_with(c.input(i)))
    c.invalid("the gradient has another shape", {.got = bracketed(c.input(gradient)), .expected = bracketed(c.input(i))});
}
void argmax_grad_shape(ShapeContext& c) {
  c.with_rank(2, 4);
  check_same_shape(c, 1, 2);
  c.set_output(0, c.with_rank(0, 4));
}
void argmax_grad_grad_shape(ShapeContext& c) {
  c.with_rank(0, 4);
  check_same_shape(c, 1, 0);
  c.set_output(0, c.with_rank(2, 4));
}

/// The operators that are each other's gradients.
struct Family {
  const char *forward, *grad, *grad_grad;
};
constexpr Family kMax2D{"MaxPool", "MaxPoolGrad", "MaxPoolGradGrad"};
constexpr Family kMax3D{"MaxPool3D", "MaxPool3DGrad", "MaxPool3DGradGrad"};
constexpr Family kAvg2D{"AvgPool", "AvgPoolGrad", nullptr};
constexpr Family kAvg3D{"AvgPool3D", "AvgPool3DGrad", nullptr};

Attrs shared_attrs(const GradientContext& c, const char* to) {
  Attrs out{{"ksize", c.ints_attr("ksize")}, {"strides", c.ints_attr("strides")}, {"padding", c.string_attr("padding")}};
  const OpSchema &from = c.op().schema(), &target = get_op(to).schema();
  auto both = [&](const char* name) { return from.attr_index(name) >= 0 && target.attr_index(name) >= 0; };
  if (both("data_format")) out.set("data_format", c.string_attr("data_format"));
  if (both("explicit_paddings")) out.set("explicit_paddings", c.ints_attr("explicit_paddings"));
  if (both("include_batch_in_index")) out.set("include_batch_in_index", c.bool_attr("include_batch_in_index"));
  return out;
}
Tensor call(const GradientContext& c, const char* op, std::initializer_list<Tensor> inputs) {
  return run(get_op(op), inputs, shared_attrs(c, op));
}

template <const Family& kFamily>
std::vector<Tensor> max_gradient(const GradientContext& c) {
  return {call(c, kFamily.grad, {c.input(0), c.output(), c.grad()})};
}
// Where the largest elements are is taken as fixed.
Tensor no_effect(const GradientContext& c, int i) { return c.needs(i) ? zeros_like(c.input(i)) : Tensor(); }
template <const Family& kFamily>
std::vector<Tensor> max_grad_gradient(const GradientContext& c) {
  return {no_effect(c, 0), no_effect(c, 1), call(c, kFamily.grad_grad, {c.input(0), c.input(1), c.grad()})};
}
template <const Family& kFamily>
std::vector<Tensor> max_grad_grad_gradient(const GradientContext& c) {
  return {no_effect(c, 0), no_effect(c, 1), call(c, kFamily.grad, {c.input(0), c.input(1), c.grad()})};
}
template <const Family& kFamily>
std::vector<Tensor> avg_gradient(const GradientContext& c) {
  return {call(c, kFamily.grad, {shape(c.input(0)), c.grad()})};
}
template <const Family& kFamily>
std::vector<Tensor> avg_grad_gradient(const GradientContext& c) {
  return {Tensor(), call(c, kFamily.forward, {c.grad()})};
}
std::vector<Tensor> argmax_gradient(const GradientContext& c) {
  return {call(c, "MaxPoolGradWithArgmax", {c.input(0), c.grad(0), c.output(1)})};
}
std::vector<Tensor> argmax_grad_gradient(const GradientContext& c) {
  return {no_effect(c, 0), call(c, "MaxPoolGradGradWithArgmax", {c.input(0), c.grad(), c.input(2)}), Tensor()};
}
std::vector<Tensor> argmax_grad_grad_gradient(const GradientContext& c) {
  return {no_effect(c, 0), call(c, "MaxPoolGradWithArgmax", {c.input(0), c.grad(), c.input(2)}), Tensor()};
}

#define POOL_ATTRS "ksize: list(int); strides: list(int); "
#define EXPLICIT "padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; "
#define IMPLICIT "padding: {'SAME', 'VALID'}; "
#define FORMAT_2D "data_format: {'NHWC', 'NCHW'} = 'NHWC'; "
#define FORMAT_3D "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; "
#define FLOATS "T: {half, bfloat16, float, double}"
#define REALS "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"
#define ARGMAX "include_batch_in_index: bool = false; " REALS
constexpr const char* kMaxGrad = "orig_input: T, orig_output: T, grad: T -> output: T";
constexpr const char* kArgmaxGrad = "input: T, grad: T, argmax: Targmax -> output: T";

/// MaxPool3D: The largest value of each window of a volume.
/// AvgPool3D: The mean of each window of a volume; padding does not count.
/// MaxPoolGrad: The gradient of MaxPool with respect to its input.
/// MaxPoolGradGrad: The gradient of MaxPoolGrad with respect to the gradient that it was given.
/// MaxPoolGradWithArgmax: The gradient of MaxPoolWithArgmax, by the places that it found.
/// MaxPoolGradGradWithArgmax: The gradient of MaxPoolGradWithArgmax with respect to the gradient that it was given.
/// MaxPool3DGrad: The gradient of MaxPool3D with respect to its input.
/// MaxPool3DGradGrad: The gradient of MaxPool3DGrad with respect to the gradient that it was given.
/// AvgPoolGrad: The gradient of AvgPool with respect to its input.
/// AvgPool3DGrad: The gradient of AvgPool3D with respect to its input.
constexpr OpDef kOps[] = {
    {.name = "MaxPool", .signature = "input: T -> output: T", .attrs = POOL_ATTRS EXPLICIT FORMAT_2D REALS " = float",
     .shape = pool_shape<2>, .gradient = max_gradient<kMax2D>, .kernel = max_pool_kernel<2>},
    {.name = "MaxPoolGrad", .signature = kMaxGrad, .attrs = POOL_ATTRS EXPLICIT FORMAT_2D REALS " = float",
     .shape = max_grad_shape<2>, .gradient = max_grad_gradient<kMax2D>, .kernel = max_pool_grad_kernel<2>},
    {.name = "MaxPoolGradGrad", .signature = kMaxGrad, .attrs = POOL_ATTRS EXPLICIT FORMAT_2D REALS,
     .shape = max_grad_grad_shape<2>, .gradient = max_grad_grad_gradient<kMax2D>, .kernel = max_pool_grad_grad_kernel<2>},
    {.name = "MaxPool3D", .signature = "input: T -> output: T", .attrs = POOL_ATTRS IMPLICIT FORMAT_3D FLOATS,
     .shape = pool_shape<3>, .gradient = max_gradient<kMax3D>, .kernel = max_pool_kernel<3>},
    {.name = "MaxPool3DGrad", .signature = "orig_input: TInput, orig_output: TInput, grad: T -> output: T",
     .attrs = POOL_ATTRS IMPLICIT FORMAT_3D FLOATS " = float; TInput: {half, bfloat16, float, double} = float",
     .shape = max_grad_shape<3>, .gradient = max_grad_gradient<kMax3D>, .kernel = max_pool_grad_kernel<3>},
    {.name = "MaxPool3DGradGrad", .signature = kMaxGrad, .attrs = POOL_ATTRS IMPLICIT FORMAT_3D REALS,
     .shape = max_grad_grad_shape<3>, .gradient = max_grad_grad_gradient<kMax3D>, .kernel = max_pool_grad_grad_kernel<3>},
    {.name = "AvgPool", .signature = "value: T -> output: T", .attrs = POOL_ATTRS IMPLICIT FORMAT_2D FLOATS,
     .shape = pool_shape<2>, .gradient = avg_gradient<kAvg2D>, .kernel = avg_pool_kernel<2>},
    {.name = "AvgPoolGrad", .signature = "orig_input_shape: int32, grad: T -> output: T",
     .attrs = POOL_ATTRS IMPLICIT FORMAT_2D FLOATS, .shape = avg_grad_shape<2>, .gradient = avg_grad_gradient<kAvg2D>,
     .kernel = avg_pool_grad_kernel<2>},
    {.name = "AvgPool3D", .signature = "input: T -> output: T", .attrs = POOL_ATTRS IMPLICIT FORMAT_3D FLOATS,
     .shape = pool_shape<3>, .gradient = avg_gradient<kAvg3D>, .kernel = avg_pool_kernel<3>},
    {.name = "AvgPool3DGrad", .signature = "orig_input_shape: int32, grad: T -> output: T",
     .attrs = POOL_ATTRS IMPLICIT FORMAT_3D FLOATS, .shape = avg_grad_shape<3>, .gradient = avg_grad_gradient<kAvg3D>,
     .kernel = avg_pool_grad_kernel<3>},
    {.name = "MaxPoolWithArgmax", .signature = "input: T -> output: T, argmax: Targmax",
     .attrs = POOL_ATTRS IMPLICIT "Targmax: {int32, int64} = int64; " ARGMAX, .shape = pool_shape<2>,
     .gradient = argmax_gradient, .kernel = max_pool_argmax_kernel},
    {.name = "MaxPoolGradWithArgmax", .signature = kArgmaxGrad, .attrs = POOL_ATTRS IMPLICIT "Targmax: {int32, int64}; " ARGMAX,
     .shape = argmax_grad_shape, .gradient = argmax_grad_gradient, .kernel = max_pool_grad_argmax_kernel},
    {.name = "MaxPoolGradGradWithArgmax", .signature = kArgmaxGrad, .attrs = POOL_ATTRS IMPLICIT "Targmax: {int32, int64}; " ARGMAX,
     .shape = argmax_grad_grad_shape, .gradient = argmax_grad_grad_gradient, .kernel = max_pool_grad_grad_argmax_kernel},
};

}  // namespace
RUNNEL_OPS(nn_pool, kOps)

}  // namespace runnel::inline v0
