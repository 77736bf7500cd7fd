#include "runnel/keras/applications/mobilenet_v2.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "runnel/base/error.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras::applications {

namespace {

Tensor conv(const Tensor& x, int64_t filters, int64_t size, int64_t stride, const std::string& name) {
  return layers::Conv2D({.filters = filters, .kernel_size = size, .strides = stride, .padding = "same", .use_bias = false, .name = name})(x);
}
Tensor normalized(const Tensor& x, const std::string& name) {
  return layers::BatchNormalization({.axis = -1, .momentum = 0.999, .epsilon = 1e-3, .name = name})(x);
}
Tensor relu6(const Tensor& x, const std::string& name) { return layers::ReLU({.max_value = 6.0, .name = name})(x); }

/// Expands, filters each channel alone, projects to few channels; added to its input where the shapes agree.
Tensor inverted_residual(const Tensor& input, int block, int64_t expansion, int64_t stride, int64_t filters) {
  std::string prefix = block == 0 ? "expanded_conv_" : cat("block_", block, "_");
  int64_t channels = input.partial_shape().dim(-1);
  Tensor x = input;
  if (block > 0) x = relu6(normalized(conv(x, expansion * channels, 1, 1, prefix + "expand"), prefix + "expand_BN"), prefix + "expand_relu");
  if (stride == 2) x = pad_for_stride(x, 3, prefix + "pad");
  x = layers::DepthwiseConv2D({.kernel_size = 3, .strides = stride, .padding = stride == 1 ? "same" : "valid", .use_bias = false, .name = prefix + "depthwise"})(x);
  x = relu6(normalized(x, prefix + "depthwise_BN"), prefix + "depthwise_relu");
  x = normalized(conv(x, filters, 1, 1, prefix + "project"), prefix + "project_BN");
  if (channels != filters || stride != 1) return x;
  return layers::Add({.name = prefix + "add"})(Nest({input, x})).tensor();
}

constexpr int kTrainedSizes[] = {96, 128, 160, 192, 224};
constexpr double kTrainedAlphas[] = {0.35, 0.50, 0.75, 1.0, 1.3, 1.4};

template <class T, size_t N>
bool among(const T (&values)[N], T value) {
  return std::find(std::begin(values), std::end(values), value) != std::end(values);
}

// The size of a square input for which there are trained weights, or 224.
int trained_size(const PartialShape& shape) {
  return shape.has_rank() && shape.rank() == 3 && shape[0] == shape[1] && among(kTrainedSizes, int(shape[0])) ? int(shape[0]) : 224;
}

PartialShape shape_given(const MobileNetV2Options& o) {
  if (o.input_shape.is_set() || !o.input_tensor) return o.input_shape.shape();
  PartialShape batched = o.input_tensor.partial_shape();
  return batched.slice(1, batched.rank());
}

std::string formatted(const char* format, double alpha) {
  char text[32];
  std::snprintf(text, sizeof text, format, alpha);
  return text;
}
std::string python_float(double x) { return x == std::floor(x) ? formatted("%.1f", x) : formatted("%g", x); }

// Weights are there for certain sizes; others begin with those of 224.
int64_t rows_of_weights(const MobileNetV2Options& o, const PartialShape& shape) {
  if (o.weights != "imagenet") return shape[0];
  if (!among(kTrainedAlphas, o.alpha))
    fail<ValueError>("", cat("If imagenet weights are being loaded, alpha must be one of `0.35`, `0.50`, `0.75`, `1.0`, `1.3` or `1.4` only; Received `alpha=", o.alpha, "`"));
  if (shape[0] == shape[1] && among(kTrainedSizes, int(shape[0]))) return shape[0];
  warn("`input_shape` is undefined or non-square, or `rows` is not in [96, 128, 160, 192, 224]. Weights for input shape (224, 224) will be loaded as the default.");
  return 224;
}

}  // namespace

Model MobileNetV2(const MobileNetV2Options& given) {
  const double alpha = given.alpha;
  Options o{.include_top = given.include_top, .weights = given.weights, .input_tensor = given.input_tensor, .input_shape = given.input_shape,
            .pooling = given.pooling, .classes = given.classes, .classifier_activation = given.classifier_activation, .name = given.name};
  Tensor input = begin(o, trained_size(shape_given(given)), 32);
  int64_t rows = rows_of_weights(given, input.partial_shape().slice(1, 4));
  Tensor x = relu6(normalized(conv(input, divisible_by_8(32 * alpha), 3, 2, "Conv1"), "bn_Conv1"), "Conv1_relu");
  struct Stage {
    int filters, stride, blocks;
  };
  constexpr Stage kStages[] = {{16, 1, 1}, {24, 2, 2}, {32, 2, 3}, {64, 2, 4}, {96, 1, 3}, {160, 2, 3}, {320, 1, 1}};
  int block = 0;
  for (const Stage& s : kStages)
    for (int i = 0; i < s.blocks; ++i, ++block)
      x = inverted_residual(x, block, block == 0 ? 1 : 6, i == 0 ? s.stride : 1, divisible_by_8(double(int64_t(s.filters * alpha))));
  x = conv(x, alpha > 1 ? divisible_by_8(1280 * alpha) : 1280, 1, 1, "Conv_1");
  x = relu6(normalized(x, "Conv_1_bn"), "out_relu");
  x = o.include_top ? classify(average(x), o) : pool(x, o);
  std::string file = cat("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_", python_float(alpha), "_", rows), rows_text = rows < 0 ? "None" : to_text(rows);
  return finish(input, x, o, cat("mobilenetv2_", formatted("%.2f", alpha), "_", rows_text),
                {.folder = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/",
                 .top = {file + ".h5", ""}, .no_top = {file + "_no_top.h5", ""}});
}

}  // namespace runnel::inline v0::keras::applications
