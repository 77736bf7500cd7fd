// tf.nn: neural-network operators.
//
// data_format: "NHWC" (channels last, the default) or "NCHW"; "NWC" and "NDHWC" and their like for one and three axes.
// strides, ksize, dilations: one number, one for each spatial axis, or one for every axis of the input.
// padding: "VALID", "SAME", or explicit ((before, after) for every axis).
#pragma once

#include <optional>

#include "runnel/op/operand.h"

namespace runnel::inline v0::nn {

// --- activations ---

/// max(features, 0).
/// python: nn.relu
Tensor relu(const Tensor& features);
/// min(max(features, 0), 6).
/// python: nn.relu6
Tensor relu6(const Tensor& features);
/// features where positive, alpha * features elsewhere. Integers become float32.
/// python: nn.leaky_relu
Tensor leaky_relu(const Tensor& features, double alpha = 0.2);
/// features where positive, e^features - 1 elsewhere.
/// python: nn.elu
Tensor elu(const Tensor& features);
/// scale * elu(features, alpha) with the constants of self-normalising networks (arXiv:1706.02515).
/// python: nn.selu
Tensor selu(const Tensor& features);
/// relu of features and of -features, joined along `axis`.
/// python: nn.crelu
Tensor crelu(const Tensor& features, int64_t axis = -1);
/// x * P(X <= x) for a standard normal X; `approximate` uses tanh (arXiv:1606.08415).
/// python: nn.gelu
Tensor gelu(const Tensor& features, bool approximate = false);
/// features * sigmoid(beta * features).
/// python: nn.silu, nn.swish
Tensor silu(const Tensor& features, double beta = 1.0);
/// log(1 + e^features).
/// python: nn.softplus, math.softplus
Tensor softplus(const Tensor& features);
/// features / (1 + |features|).
/// python: nn.softsign
Tensor softsign(const Tensor& features);
/// exp(logits) / sum(exp(logits)) along `axis`. logits: floating, rank >= 1.
/// python: nn.softmax, math.softmax
Tensor softmax(const Tensor& logits, int64_t axis = -1);
/// logits - log(sum(exp(logits))) along `axis`.
/// python: nn.log_softmax, math.log_softmax
Tensor log_softmax(const Tensor& logits, int64_t axis = -1);

// --- dropout ---

/// x with each element set to zero with probability `rate` and the others divided by 1 - rate (jmlr.org/papers/v15/srivastava14a).
/// One draw for each element of noise_shape (default: of x; None there: x's size), broadcast to x.
/// Errors: ValueError where x is not floating or the rate lies outside [0, 1).
/// python: nn.dropout
Tensor dropout(const Tensor& x, const Operand& rate, const PartialShape& noise_shape = PartialShape::unknown_rank(),
               std::optional<int64_t> seed = {});
/// The same with draws that depend on `seed` (two integers) alone.
/// python: nn.experimental.stateless_dropout
Tensor stateless_dropout(const Tensor& x, const Operand& rate, const Operand& seed, const std::string& rng_alg = "auto_select",
                         const PartialShape& noise_shape = PartialShape::unknown_rank());

// --- losses ---

/// -sum(labels * log_softmax(logits)) along `axis`, which the result lacks. Each row of labels is a distribution.
/// Half types are computed in float32.
/// python: nn.softmax_cross_entropy_with_logits
Tensor softmax_cross_entropy_with_logits(const Operand& labels, const Operand& logits, int64_t axis = -1);
/// The same with class numbers as labels: labels (...), logits (..., classes).
/// Errors: InvalidArgumentError for a label outside [0, classes).
/// python: nn.sparse_softmax_cross_entropy_with_logits
Tensor sparse_softmax_cross_entropy_with_logits(const Operand& labels, const Operand& logits);
/// -labels * log(sigmoid(logits)) - (1 - labels) * log(1 - sigmoid(logits)), element by element, without overflow.
/// python: nn.sigmoid_cross_entropy_with_logits
Tensor sigmoid_cross_entropy_with_logits(const Operand& labels, const Operand& logits);
/// The same with the positive term multiplied by pos_weight.
/// python: nn.weighted_cross_entropy_with_logits
Tensor weighted_cross_entropy_with_logits(const Operand& labels, const Operand& logits, const Operand& pos_weight);
/// exp(log_input) - log_input * targets; compute_full_loss adds Stirling's approximation of log(targets!).
/// python: nn.log_poisson_loss
Tensor log_poisson_loss(const Operand& targets, const Operand& log_input, bool compute_full_loss = false);
/// Half the sum of squares.
/// python: nn.l2_loss
Tensor l2_loss(const Tensor& t);

// --- bias and normalisation ---

/// value + bias along the channels. bias: (channels).
/// python: nn.bias_add
Tensor bias_add(const Operand& value, const Operand& bias, const std::string& data_format = "");

struct FusedBatchNorm {
  Tensor y, running_mean, running_var;
};
/// Batch normalisation in one pass. While training it normalises with the batch's moments and returns the moments mixed
/// into `mean` and `variance` by exponential_avg_factor; otherwise it uses `mean` and `variance`. x: rank 4 (or 5).
/// python: compat.v1.nn.fused_batch_norm
FusedBatchNorm fused_batch_norm(const Tensor& x, const Tensor& scale, const Tensor& offset, const std::optional<Tensor>& mean = {},
                                const std::optional<Tensor>& variance = {}, double epsilon = 0.001,
                                const std::string& data_format = "NHWC", bool is_training = true,
                                double exponential_avg_factor = 1.0);
/// (x - mean) / sqrt(variance + variance_epsilon) * scale + offset, broadcasting; scale and offset may be None.
/// python: nn.batch_normalization
Tensor batch_normalization(const Tensor& x, const Tensor& mean, const Tensor& variance, const std::optional<Tensor>& offset,
                           const std::optional<Tensor>& scale, double variance_epsilon);

struct Moments {
  Tensor mean, variance;
};
/// Mean and variance of x over `axes`. Half types are computed in float32.
/// python: nn.moments
Moments moments(const Tensor& x, const Axes& axes, const std::optional<Tensor>& shift = {}, bool keepdims = false);
/// The same with a weight for every element.
/// python: nn.weighted_moments
Moments weighted_moments(const Operand& x, const Axes& axes, const Operand& frequency_weights, bool keepdims = false);
struct SufficientStatistics {
  Tensor count, sum, squared_sum;
  std::optional<Tensor> shift;
};
/// Number of elements, their sum and their squares' sum over `axes`, each less `shift`.
/// python: nn.sufficient_statistics
SufficientStatistics sufficient_statistics(const Tensor& x, const Axes& axes, const std::optional<Tensor>& shift = {},
                                           bool keepdims = false);
/// Mean and variance from sufficient statistics.
/// python: nn.normalize_moments
Moments normalize_moments(const Tensor& counts, const Tensor& mean_ss, const Tensor& variance_ss,
                          const std::optional<Tensor>& shift = {});

// --- convolution ---

/// Convolution (cross-correlation) over two axes. input: (n, h, w, c) or by data_format; filters: (h, w, c / groups, out).
/// python: nn.conv2d
Tensor conv2d(const Tensor& input, const Tensor& filters, const Axes& strides, const Operand& padding,
              const std::string& data_format = "NHWC", const Axes& dilations = {});
/// Convolution over one axis. input: (n, w, c); filters: (w, c / groups, out).
/// python: nn.conv1d
Tensor conv1d(const Tensor& input, const Tensor& filters, const Axes& stride, const Operand& padding,
              const std::string& data_format = "NWC", const Axes& dilations = {});
/// Convolution over three axes. input: (n, d, h, w, c); filters: (d, h, w, c, out).
/// python: nn.conv3d
Tensor conv3d(const Tensor& input, const Tensor& filters, const Axes& strides, const Operand& padding,
              const std::string& data_format = "NDHWC", const Axes& dilations = {});
/// Convolution over as many axes as the filters have (1 to 3).
/// python: nn.convolution
Tensor convolution(const Tensor& input, const Tensor& filters, const Axes& strides = {}, const Operand& padding = "VALID",
                   const std::string& data_format = "", const Axes& dilations = {});
/// Every channel convolved with filters of its own. filter: (h, w, c, multiplier); output channels c * multiplier.
/// python: nn.depthwise_conv2d
Tensor depthwise_conv2d(const Tensor& input, const Tensor& filter, const Axes& strides, const Operand& padding,
                        const std::string& data_format = "", const Axes& dilations = {});
/// depthwise_conv2d, then a 1x1 convolution. pointwise_filter: (1, 1, c * multiplier, out).
/// python: nn.separable_conv2d
Tensor separable_conv2d(const Tensor& input, const Tensor& depthwise_filter, const Tensor& pointwise_filter, const Axes& strides,
                        const Operand& padding, const std::string& data_format = "", const Axes& dilations = {});
/// conv2d with holes of `rate` in the filter.
/// python: nn.atrous_conv2d
Tensor atrous_conv2d(const Tensor& value, const Tensor& filters, int64_t rate, const Operand& padding);
/// The gradient of conv1d to its input. filters: (w, out, in).
/// python: nn.conv1d_transpose
Tensor conv1d_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides,
                        const Operand& padding = "SAME", const std::string& data_format = "NWC", const Axes& dilations = {});
/// The gradient of conv2d to its input. filters: (h, w, out, in).
/// python: nn.conv2d_transpose
Tensor conv2d_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides,
                        const Operand& padding = "SAME", const std::string& data_format = "NHWC", const Axes& dilations = {});
/// The gradient of conv3d to its input. filters: (d, h, w, out, in).
/// python: nn.conv3d_transpose
Tensor conv3d_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides,
                        const Operand& padding = "SAME", const std::string& data_format = "NDHWC", const Axes& dilations = {});
/// The transposed convolution over as many axes as the filters have (1 to 3).
/// python: nn.conv_transpose
Tensor conv_transpose(const Tensor& input, const Tensor& filters, const Ints& output_shape, const Axes& strides,
                      const Operand& padding = "SAME", const std::string& data_format = "", const Axes& dilations = {});
/// The gradient of depthwise_conv2d to its input.
/// python: nn.depthwise_conv2d_backprop_input, nn.depthwise_conv2d_native_backprop_input
Tensor depthwise_conv2d_backprop_input(const Ints& input_sizes, const Tensor& filter, const Tensor& out_backprop, const Axes& strides,
                                       const Operand& padding, const std::string& data_format = "NHWC", const Axes& dilations = {});
/// The gradient of depthwise_conv2d to its filter.
/// python: nn.depthwise_conv2d_backprop_filter, nn.depthwise_conv2d_native_backprop_filter
Tensor depthwise_conv2d_backprop_filter(const Tensor& input, const Ints& filter_sizes, const Tensor& out_backprop, const Axes& strides,
                                        const Operand& padding, const std::string& data_format = "NHWC", const Axes& dilations = {});

// --- pooling ---

/// The largest element of every window.
/// python: nn.max_pool2d
Tensor max_pool2d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                  const std::string& data_format = "NHWC");
/// python: nn.max_pool1d
Tensor max_pool1d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                  const std::string& data_format = "NWC");
/// python: nn.max_pool3d
Tensor max_pool3d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                  const std::string& data_format = "NDHWC");
/// Max pooling over one to three axes, by the rank of the input.
/// python: nn.max_pool
Tensor max_pool(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                const std::string& data_format = "");
/// The mean of every window; padding does not count.
/// python: nn.avg_pool2d
Tensor avg_pool2d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                  const std::string& data_format = "NHWC");
/// python: nn.avg_pool1d
Tensor avg_pool1d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                  const std::string& data_format = "NWC");
/// python: nn.avg_pool3d
Tensor avg_pool3d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                  const std::string& data_format = "NDHWC");
/// Average pooling over one to three axes, by the rank of the input.
/// python: nn.avg_pool
Tensor avg_pool(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                const std::string& data_format = "");
struct MaxPoolWithArgmax {
  Tensor output, argmax;
};
/// Max pooling and the flat positions ((y * width + x) * channels + c, of the batch where asked) of the largest elements.
/// python: nn.max_pool_with_argmax
MaxPoolWithArgmax max_pool_with_argmax(const Tensor& input, const Axes& ksize, const Axes& strides, const std::string& padding,
                                       const std::string& data_format = "NHWC", DType output_dtype = int64,
                                       bool include_batch_in_index = false);

/// Max ("MAX") or average ("AVG") pooling over as many axes as the window has (1 to 3), with holes of `dilations` in the window.
/// Dilations want strides of 1 and padding="VALID".
/// python: nn.pool
Tensor pool(const Tensor& input, const Axes& window_shape, const std::string& pooling_type, const Axes& strides = {},
            const Operand& padding = "VALID", const std::string& data_format = "", const Axes& dilations = {});
/// input / (bias + alpha s)^beta, s: the sum of squares over the `depth_radius` channels on either side. input: (batch, height, width, channels).
/// python: nn.local_response_normalization, nn.lrn
Tensor local_response_normalization(const Tensor& input, int64_t depth_radius = 5, double bias = 1, double alpha = 1, double beta = 0.5);

}  // namespace runnel::inline v0::nn
