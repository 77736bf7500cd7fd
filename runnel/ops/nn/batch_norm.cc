// FusedBatchNorm, V2, V3 and their gradient operators; nn::fused_batch_norm.
#include "runnel/ops/nn/batch_norm.h"

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/window.h"

namespace runnel::inline v0 {

namespace {

int channel_axis(const AttrReader& c, int rank) { return is_channels_first(c.string_attr("data_format")) ? 1 : rank - 1; }

PartialShape image_batch(ShapeContext& c, int i) {
  PartialShape x = c.input(i);
  if (!x.has_rank()) return x;
  bool volumes = c.string_attr("data_format").size() == 5;
  if (x.rank() != 4 && x.rank() != 5) c.invalid(cat("input must be 4 or 5-dimensional"), {.got = cat("shape ", bracketed(x))});
  if (volumes && x.rank() != 5) c.invalid("input must be 5-dimensional", {.got = cat("shape ", bracketed(x))});
  return x;
}

// Input i must be a vector of one entry a channel.
void check_vector(ShapeContext& c, int i, int64_t channels, const char* name, bool may_be_empty) {
  PartialShape s = c.input(i);
  if (s.has_rank() && s.rank() != 1) c.invalid(cat(name, " must be 1-dimensional", bracketed(s)));
  if (!s.has_rank() || s[0] < 0 || channels < 0 || s[0] == channels || (may_be_empty && s[0] == 0)) return;
  c.invalid(cat(name, " must have the same number of elements as the channels of x"), {.got = to_text(s[0]), .expected = to_text(channels)});
}

void batch_norm_shape(ShapeContext& c) {
  PartialShape x = image_batch(c, 0);
  int64_t channels = x.has_rank() ? x[channel_axis(c, x.rank())] : -1;
  bool new_average = c.bool_attr("is_training") && c.attr<double>("exponential_avg_factor") == 1.0;
  check_vector(c, 1, channels, "scale", false);
  check_vector(c, 2, channels, "offset", false);
  check_vector(c, 3, channels, "mean", new_average);
  check_vector(c, 4, channels, "variance", new_average);
  if (channels < 0 && c.input(1).has_rank()) channels = c.input(1)[0];
  c.set_output(0, x);
  for (int i = 1; i < 5; ++i) c.set_output(i, {channels});
  if (c.num_outputs() > 5) c.set_output(5, {0});
}

void batch_norm_grad_shape(ShapeContext& c) {
  PartialShape x = image_batch(c, 1), dy = image_batch(c, 0);
  if (!x.is_compatible_with(dy))
    c.invalid(cat("x and y_backprop must have same shape, but x has shape ", bracketed(x), " and y_backprop has shape ", bracketed(dy)));
  int64_t channels = x.has_rank() ? x[channel_axis(c, x.rank())] : -1;
  check_vector(c, 2, channels, "scale", false);
  check_vector(c, 3, channels, "saved mean", false);
  check_vector(c, 4, channels, "saved variance", false);
  c.set_output(0, x);
  for (int i : {1, 2}) c.set_output(i, {channels});
  for (int i : {3, 4}) c.set_output(i, {0});
}

// The gradient operator that belongs to FusedBatchNorm, V2 or V3; V3's takes a sixth input.
std::vector<Tensor> batch_norm_gradient(const GradientContext& c) {
  std::string name = c.op().name();
  bool v3 = name == "FusedBatchNormV3", v1 = name == "FusedBatchNorm", training = c.bool_attr("is_training");
  const Op& op = get_op(v3 ? "FusedBatchNormGradV3" : v1 ? "FusedBatchNormGrad" : "FusedBatchNormGradV2");
  std::vector<Tensor> inputs{c.grad(), c.input(0), c.input(1), training ? c.output(3) : c.input(3), training ? c.output(4) : c.input(4)};
  if (v3) inputs.push_back(c.output(5));
  std::vector<Tensor> grads = run_all(op, inputs,
                                      {{"epsilon", c.attr<double>("epsilon")},
                                       {"data_format", c.string_attr("data_format")},
                                       {"is_training", training}});
  return {grads[0], grads[1], grads[2], Tensor(), Tensor()};
}

// Helpers of the second order, in float32: means over a channel, and per-channel vectors shaped to broadcast.
class PerChannel {
 public:
  explicit PerChannel(const GradientContext& c) {
    PartialShape s = c.input(1).partial_shape();
    int rank = s.has_rank() ? s.rank() : int(c.string_attr("data_format").size()), axis = channel_axis(c, rank);
    for (int i = 0; i < rank; ++i) {
      if (i != axis) axes_.push_back(i);
      vector_.push_back(i == axis ? -1 : 1);
    }
  }
  Tensor mean(const Tensor& x) const { return reduce_mean(x, Axes(axes_), true); }
  Tensor sum(const Tensor& x) const { return reduce_sum(x, Axes(axes_), true); }
  Tensor spread(const Tensor& v) const { return reshape(v, vector_); }
  Tensor vector(const Tensor& x) const { return reshape(x, Ints{-1}); }

 private:
  Dims axes_, vector_;
};

Tensor floats(const Tensor& x) { return x.dtype() == float32 ? x : cast(x, float32); }
Tensor like(const Tensor& x, const Tensor& model) { return x.dtype() == model.dtype() ? x : cast(x, model.dtype()); }

// What flows into the outputs of a gradient operator: a into dx, b into dscale, d into doffset; zeros where nothing does.
struct SecondOrder {
  Tensor dy, x, scale, mean, inverse, a, b, d;
};

SecondOrder second_order(const GradientContext& c, const PerChannel& p) {
  SecondOrder s;
  s.dy = floats(c.input(0));
  s.x = floats(c.input(1));
  s.scale = p.spread(floats(c.input(2)));
  bool training = c.bool_attr("is_training");
  s.mean = training ? p.mean(s.x) : p.spread(floats(c.input(3)));
  Tensor variance = training ? p.mean(square(subtract(s.x, s.mean))) : p.spread(floats(c.input(4)));
  s.inverse = rsqrt(add(variance, c.attr<double>("epsilon")));
  s.a = floats(c.grad(0));
  s.b = p.spread(floats(c.grad(1)));
  s.d = p.spread(floats(c.grad(2)));
  return s;
}

std::vector<Tensor> results(const GradientContext& c, const PerChannel& p, const Tensor& dy, const Tensor& x, const Tensor& scale) {
  std::vector<Tensor> out{like(dy, c.input(0)), like(x, c.input(1)), like(p.vector(scale), c.input(2))};
  out.resize(size_t(c.num_inputs()));
  return out;
}

// With xhat = (x - mean) / sigma, everything per channel and E the mean over its elements:
//   dx = scale / sigma * (dy - E(dy) - xhat q),  q = E(dy xhat);   dscale = n q;   doffset = n E(dy)
// and p = E(a xhat), k = E(a dy) - E(a) E(dy) - p q. The mean and variance are functions of x here.
std::vector<Tensor> training_grad_gradient(const GradientContext& c) {
  PerChannel per(c);
  SecondOrder s = second_order(c, per);
  Tensor xhat = multiply(subtract(s.x, s.mean), s.inverse), factor = multiply(s.scale, s.inverse);
  Tensor p = per.mean(multiply(s.a, xhat)), q = per.mean(multiply(s.dy, xhat));
  auto centred = [&](const Tensor& w, const Tensor& w_xhat) { return subtract(subtract(w, per.mean(w)), multiply(xhat, w_xhat)); };
  Tensor to_dy = add(add(multiply(factor, centred(s.a, p)), multiply(s.b, xhat)), s.d);
  Tensor a_centred = centred(s.a, p);
  Tensor to_scale = multiply(s.inverse, per.sum(multiply(a_centred, s.dy)));
  Tensor k = per.mean(multiply(a_centred, s.dy));
  Tensor w = subtract(multiply(s.b, s.dy), multiply(factor, add(multiply(q, s.a), multiply(p, s.dy))));
  Tensor through_xhat = multiply(s.inverse, centred(w, per.mean(multiply(w, xhat))));
  Tensor to_x = subtract(through_xhat, multiply(multiply(factor, s.inverse), multiply(k, xhat)));
  return results(c, per, to_dy, to_x, to_scale);
}

//   dx = scale / sigma * dy;   dscale = sum(dy * (x - mean)) / sigma;   doffset = sum(dy), with constant moments
std::vector<Tensor> inference_grad_gradient(const GradientContext& c) {
  PerChannel per(c);
  SecondOrder s = second_order(c, per);
  Tensor b = multiply(s.b, s.inverse);
  Tensor to_dy = add(add(multiply(multiply(s.scale, s.inverse), s.a), multiply(b, subtract(s.x, s.mean))), s.d);
  return results(c, per, to_dy, multiply(b, s.dy), multiply(s.inverse, per.sum(multiply(s.a, s.dy))));
}

std::vector<Tensor> batch_norm_grad_gradient(const GradientContext& c) {
  return c.bool_attr("is_training") ? training_grad_gradient(c) : inference_grad_gradient(c);
}

#define AVERAGE "exponential_avg_factor: float = 1; "
#define COMMON "epsilon: float = 0.0001; is_training: bool = true; "
#define IMAGES "data_format: {'NHWC', 'NCHW'} = 'NHWC'; "
#define VOLUMES "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'; "
#define MIXED "T: {half, bfloat16, float}; U: {float}"

/// FusedBatchNormGrad: The gradients of FusedBatchNorm with respect to x, scale and offset.
/// FusedBatchNormGradV2: The gradients of FusedBatchNormV2 with respect to x, scale and offset.
/// FusedBatchNormGradV3: The gradients of FusedBatchNormV3 with respect to x, scale and offset.
constexpr OpDef kOps[] = {
    {.name = "FusedBatchNorm",
     .signature = "x: T, scale: T, offset: T, mean: T, variance: T -> "
                  "y: T, batch_mean: T, batch_variance: T, reserve_space_1: T, reserve_space_2: T",
     .attrs = AVERAGE COMMON IMAGES "T: {float}", .shape = batch_norm_shape, .gradient = batch_norm_gradient, .kernel = batch_norm_kernel},
    {.name = "FusedBatchNormV2",
     .signature = "x: T, scale: U, offset: U, mean: U, variance: U -> "
                  "y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U",
     .attrs = AVERAGE COMMON IMAGES MIXED, .shape = batch_norm_shape, .gradient = batch_norm_gradient, .kernel = batch_norm_kernel},
    {.name = "FusedBatchNormV3",
     .signature = "x: T, scale: U, offset: U, mean: U, variance: U -> "
                  "y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U",
     .attrs = AVERAGE COMMON VOLUMES "T: {half, bfloat16, float}; U: {bfloat16, float}", .shape = batch_norm_shape,
     .gradient = batch_norm_gradient, .kernel = batch_norm_kernel},
    {.name = "FusedBatchNormGrad",
     .signature = "y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T -> "
                  "x_backprop: T, scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T",
     .attrs = COMMON IMAGES "T: {float}", .shape = batch_norm_grad_shape, .gradient = batch_norm_grad_gradient,
     .kernel = batch_norm_grad_kernel},
    {.name = "FusedBatchNormGradV2",
     .signature = "y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U -> "
                  "x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U",
     .attrs = COMMON IMAGES MIXED, .shape = batch_norm_grad_shape, .gradient = batch_norm_grad_gradient,
     .kernel = batch_norm_grad_kernel},
    {.name = "FusedBatchNormGradV3",
     .signature = "y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U -> "
                  "x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, reserve_space_5: U",
     .attrs = COMMON VOLUMES MIXED, .shape = batch_norm_grad_shape, .gradient = batch_norm_grad_gradient,
     .kernel = batch_norm_grad_kernel},
};

}  // namespace
RUNNEL_OPS(nn_batch_norm, kOps)

namespace nn {

FusedBatchNorm fused_batch_norm(const Tensor& x, const Tensor& scale, const Tensor& offset, const std::optional<Tensor>& mean,
                                const std::optional<Tensor>& variance, double epsilon, const std::string& data_format,
                                bool is_training, double exponential_avg_factor) {
  static const Op& op = get_op("FusedBatchNormV3");
  if (!is_training && (!mean || !variance))
    fail<ValueError>("fused_batch_norm", "`mean` and `variance` must be given where is_training is False");
  Tensor none(scale.dtype(), {0});
  std::vector<Tensor> out = run_all(op, {x, scale, offset, mean.value_or(none), variance.value_or(none)},
                                    {{"epsilon", std::max(epsilon, 1.001e-5)},
                                     {"data_format", data_format},
                                     {"is_training", is_training},
                                     {"exponential_avg_factor", exponential_avg_factor}});
  return {out[0], out[1], out[2]};
}

}  // namespace nn

}  // namespace runnel::inline v0
