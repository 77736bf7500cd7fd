// keras.ops.nn: convolution, pooling, normalisation, attention, crossentropies.
//
// data_format: "channels_last" (the default) or "channels_first". padding: "valid" or "same".
// python module: keras.ops, keras.ops.nn
#pragma once

#include <string>

#include "runnel/op/results.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

// --- pooling and convolution ---

/// Means of windows that divide each axis into output_size parts as equal as can be. inputs: (batch, space..., channels).
/// python: adaptive_average_pool
Tensor adaptive_average_pool(const Operand& inputs, const std::vector<int64_t>& output_size, const std::string& data_format = "");
/// The largest elements of such windows.
/// python: adaptive_max_pool
Tensor adaptive_max_pool(const Operand& inputs, const std::vector<int64_t>& output_size, const std::string& data_format = "");
/// Means of windows; strides default to pool_size.
/// python: average_pool
Tensor average_pool(const Operand& inputs, const Axes& pool_size, const Axes& strides = {}, const std::string& padding = "valid",
                    const std::string& data_format = "");
/// The largest elements of windows.
/// python: max_pool
Tensor max_pool(const Operand& inputs, const Axes& pool_size, const Axes& strides = {}, const std::string& padding = "valid",
                const std::string& data_format = "");
/// Convolution over one to three axes. kernel: (space..., in / groups, out).
/// python: conv
Tensor conv(const Operand& inputs, const Operand& kernel, const Axes& strides = 1, const std::string& padding = "valid",
            const std::string& data_format = "", const Axes& dilation_rate = 1);
/// Each channel with filters of its own, over one or two axes. kernel: (space..., channels, multiplier).
/// python: depthwise_conv
Tensor depthwise_conv(const Operand& inputs, const Operand& kernel, const Axes& strides = 1, const std::string& padding = "valid",
                      const std::string& data_format = "", const Axes& dilation_rate = 1);
/// depthwise_conv(), then a convolution of windows of size 1.
/// python: separable_conv
Tensor separable_conv(const Operand& inputs, const Operand& depthwise_kernel, const Operand& pointwise_kernel, const Axes& strides = 1,
                      const std::string& padding = "valid", const std::string& data_format = "", const Axes& dilation_rate = 1);
/// The transposed convolution. kernel: (space..., out, in).
/// python: conv_transpose
Tensor conv_transpose(const Operand& inputs, const Operand& kernel, const Axes& strides = 1, const std::string& padding = "valid",
                      const Axes& output_padding = {}, const std::string& data_format = "", const Axes& dilation_rate = 1);
/// Channels moved into blocks of pixels.
/// python: depth_to_space
Tensor depth_to_space(const Operand& x, int64_t block_size, const std::string& data_format = "channels_last");
/// Blocks of pixels moved into the channels.
/// python: space_to_depth
Tensor space_to_depth(const Operand& x, int64_t block_size, const std::string& data_format = "channels_last");
/// Sliding blocks of images (n, c, h, w) as columns: (n, c * kh * kw, blocks).
/// python: unfold
Tensor unfold(const Operand& x, const std::vector<int64_t>& kernel_size, const std::vector<int64_t>& dilation = {1},
              const std::vector<int64_t>& padding = {0}, const std::vector<int64_t>& stride = {1});
/// The transpose of unfold(): columns summed into images of `output_size`.
/// python: fold
Tensor fold(const Operand& x, const std::vector<int64_t>& output_size, const std::vector<int64_t>& kernel_size,
            const std::vector<int64_t>& dilation = {1}, const std::vector<int64_t>& padding = {0}, const std::vector<int64_t>& stride = {1});

// --- normalisation ---

/// (x - mean) / sqrt(variance + epsilon) * scale + offset along an axis.
/// python: batch_normalization
Tensor batch_normalization(const Operand& x, const Operand& mean, const Operand& variance, int64_t axis, const std::optional<Operand>& offset = {},
                           const std::optional<Operand>& scale = {}, double epsilon = 1e-3);
/// x less its mean, divided by its standard deviation, over the axes; times gamma, plus beta (arXiv:1607.06450).
/// python: layer_normalization
Tensor layer_normalization(const Operand& x, const std::optional<Operand>& gamma = {}, const std::optional<Operand>& beta = {}, const Axes& axis = -1,
                           std::optional<double> epsilon = {}, bool rms_scaling = false);
/// Mean and variance. Half types are computed in float32.
/// python: moments
Results moments(const Operand& x, const Axes& axes, bool keepdims = false, bool synchronized = false);
/// x divided by its norm of the given order, at least epsilon.
/// python: normalize
Tensor normalize(const Operand& x, const Axes& axis = -1, int64_t order = 2, std::optional<double> epsilon = {});
/// x / sqrt(mean(x^2) + epsilon) * scale (arXiv:1910.07467).
/// python: rms_normalization
Tensor rms_normalization(const Operand& x, const std::optional<Operand>& scale = {}, const Axes& axis = -1, std::optional<double> epsilon = {});

// --- attention ---

/// softmax(scale * query key' + bias) value (arXiv:1706.03762). query: (batch, target, heads, size), key and value:
/// (batch, source, heads, size), fewer heads being shared; mask and bias: (batch, heads, target, source).
/// python: dot_product_attention
Tensor dot_product_attention(const Operand& query, const Operand& key, const Operand& value, const std::optional<Operand>& bias = {},
                             const std::optional<Operand>& mask = {}, const std::optional<Operand>& scale = {}, bool is_causal = false,
                             std::optional<bool> flash_attention = {}, std::optional<double> attn_logits_soft_cap = {});

// --- classes and losses ---

/// -target log(output) - (1 - target) log(1 - output), element by element.
/// python: binary_crossentropy
Tensor binary_crossentropy(const Operand& target, const Operand& output, bool from_logits = false);
/// -sum(target log(output)) along an axis.
/// python: categorical_crossentropy
Tensor categorical_crossentropy(const Operand& target, const Operand& output, bool from_logits = false, int64_t axis = -1);
/// The same for class numbers.
/// python: sparse_categorical_crossentropy
Tensor sparse_categorical_crossentropy(const Operand& target, const Operand& output, bool from_logits = false, int64_t axis = -1);
/// The negative log-likelihood of label sequences, one a sample (Graves et al., 2006). target: (batch, labels), output: logits
/// (batch, time, classes); target_length and output_length say how much of them counts; mask_index: the blank.
/// python: ctc_loss
Tensor ctc_loss(const Operand& target, const Operand& output, const Operand& target_length, const Operand& output_length, int64_t mask_index = 0);
/// The likeliest label sequences of logits (batch, time, classes): (1, batch, time), filled up with -1, and their scores (batch, 1).
/// strategy: "greedy" takes the best class of each step, "beam_search" the likeliest labels (top_paths, batch, time), not in a graph.
/// python: ctc_decode
Results ctc_decode(const Operand& inputs, const Operand& sequence_lengths, const std::string& strategy = "greedy", int64_t beam_width = 100,
                   int64_t top_paths = 1, bool merge_repeated = true, int64_t mask_index = 0);
/// 1 at the class, 0 elsewhere, along a new axis. ValueError for `sparse`: there are no sparse tensors yet.
/// python: one_hot
Tensor one_hot(const Operand& x, int64_t num_classes, int64_t axis = -1, DType dtype = {}, bool sparse = false);
/// 1 at each class of a sample.
/// python: multi_hot
Tensor multi_hot(const Operand& inputs, int64_t num_classes, int64_t axis = -1, DType dtype = {}, bool sparse = false);
/// The complex numbers of these magnitudes and angles.
/// python: polar
Tensor polar(const Operand& abs_, const Operand& angle);
/// The peak signal to noise ratio of two signals: 20 log10(max_val) - 10 log10(mean((x1 - x2)^2)).
/// python: psnr
Tensor psnr(const Operand& x1, const Operand& x2, const Operand& max_val);

}  // namespace runnel::inline v0::keras::ops
