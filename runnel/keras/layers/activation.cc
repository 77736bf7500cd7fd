#include "runnel/keras/layers/activation.h"

#include <algorithm>

#include "runnel/keras/ops/axes.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

ReLUBody::ReLUBody(const ReLUOptions& options) : LayerWith(options) {
  if (options.max_value && *options.max_value < 0)
    fail<ValueError>("", cat("max_value of a ReLU layer cannot be a negative value. Received: max_value=", *options.max_value));
  if (options.negative_slope < 0)
    fail<ValueError>("", cat("negative_slope of a ReLU layer cannot be a negative value. Received: negative_slope=", options.negative_slope));
  if (options.threshold < 0)
    fail<ValueError>("", cat("threshold of a ReLU layer cannot be a negative value. Received: threshold=", options.threshold));
}

Tensor ReLUBody::call(const Tensor& input, const CallArgs& args) {
  const ReLUOptions& o = options_;
  if (o.threshold == 0 && o.negative_slope == 0)
    return !o.max_value ? nn::relu(input) : *o.max_value == 6 ? nn::relu6(input) : minimum(nn::relu(input), *o.max_value);
  Tensor above = o.threshold == 0 ? nn::relu(input) : where(input > o.threshold, input, zeros_like(input));
  if (o.max_value) above = clip_by_value(above, 0.0, *o.max_value);
  return o.negative_slope == 0 ? above : above - o.negative_slope * nn::relu(o.threshold - input);
}

LeakyReLUBody::LeakyReLUBody(const LeakyReLUOptions& options) : LayerWith(options) {
  if (options.negative_slope < 0)
    fail<ValueError>("", cat("The negative_slope value of a Leaky ReLU layer cannot be None or negative. Expected a float. Received: negative_slope=",
                             options.negative_slope));
}
Tensor LeakyReLUBody::call(const Tensor& input, const CallArgs& args) { return nn::leaky_relu(input, options_.negative_slope); }

ThresholdedReLUBody::ThresholdedReLUBody(const ThresholdedReLUOptions& options) : LayerWith(options) {
  if (options.theta < 0)
    fail<ValueError>("", cat("Theta of a Thresholded ReLU layer cannot be None, expecting a float. Received: ", options.theta));
}
Tensor ThresholdedReLUBody::call(const Tensor& input, const CallArgs& args) { return input * cast(input > options_.theta, input.dtype()); }

PReLUBody::PReLUBody(const PReLUOptions& options) : LayerWith(options) { settle(options.alpha_initializer); }

void PReLUBody::build(const PartialShape& input_shape) {
  PartialShape shape = input_shape.slice(1, input_shape.rank());
  for (int64_t axis : options_.shared_axes.values()) shape.set_dim(ops::axis_of(std::max<int64_t>(axis, -shape.rank()) - 1, shape.rank()), 1);
  if (!shape.is_fully_known())
    fail<ValueError>("", cat("Layer \"", name(), "\" needs known sizes where slopes are not shared. Full shape received: ", to_text(input_shape)));
  alpha_ = add_weight({.name = "alpha", .shape = shape.known(), .initializer = options_.alpha_initializer,
                       .regularizer = options_.alpha_regularizer, .constraint = options_.alpha_constraint});
}

Tensor PReLUBody::call(const Tensor& input, const CallArgs& args) {
  return nn::relu(input) - computed(*this, alpha_) * nn::relu(negative(input));
}

Tensor ELUBody::call(const Tensor& input, const CallArgs& args) {
  Tensor y = nn::elu(input);
  return options_.alpha == 1 ? y : where(input > 0.0, y, options_.alpha * y);
}

Tensor SoftmaxBody::call(const Tensor& input, const CallArgs& args) {
  Tensor x = input;
  if (args.mask) {
    double lowest = input.dtype() == float16 ? -6e4 : -3.4028234663852886e38 / 2;  // half of it: sums must stay finite
    x = x + (1.0 - cast(args.mask, input.dtype())) * lowest;
  }
  const auto& axes = options_.axis.values();
  Tensor y = axes.size() == 1 ? nn::softmax(x, axes[0]) : exp(x - reduce_logsumexp(x, axes, true));
  if (axes.size() == 1 && !args.mask) set_logits(y, LogitsOf::kSoftmax, x);
  return args.mask ? y * cast(args.mask, input.dtype()) : y;
}

RUNNEL_KERAS_CLASS(layers, ReLU, ReLUBody)
RUNNEL_KERAS_CLASS(layers, LeakyReLU, LeakyReLUBody)
RUNNEL_KERAS_CLASS(layers, PReLU, PReLUBody)
RUNNEL_KERAS_CLASS(layers, ELU, ELUBody)
RUNNEL_KERAS_CLASS(layers, ThresholdedReLU, ThresholdedReLUBody)
RUNNEL_KERAS_CLASS(layers, Softmax, SoftmaxBody)

}  // namespace runnel::inline v0::keras
