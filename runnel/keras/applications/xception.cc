#include "runnel/keras/applications/xception.h"

namespace runnel::inline v0::keras::applications {

namespace {

Tensor conv(const Tensor& x, int64_t filters, int64_t size, int64_t stride, const char* padding = "valid", const std::string& name = "") {
  return layers::Conv2D({.filters = filters, .kernel_size = size, .strides = stride, .padding = padding, .use_bias = false, .name = name})(x);
}
Tensor normalized(const Tensor& x, const std::string& name = "") { return layers::BatchNormalization({.name = name})(x); }
Tensor relu(const Tensor& x, const std::string& name) { return layers::Activation({.activation = "relu", .name = name})(x); }

Tensor separable(const Tensor& x, int64_t filters, const std::string& name) {
  Tensor y = layers::SeparableConv2D({.filters = filters, .kernel_size = 3, .padding = "same", .use_bias = false, .name = name})(x);
  return normalized(y, name + "_bn");
}

Tensor sum(const Tensor& a, const Tensor& b) { return layers::Add()(Nest({a, b})).tensor(); }

/// Two separable convolutions and a pooling that halves the size, beside a projection of the input.
Tensor shrinking_block(const Tensor& input, int block, int64_t first, int64_t second) {
  std::string prefix = cat("block", block, "_");
  Tensor shortcut = normalized(conv(input, second, 1, 2, "same")), x = input;
  if (block > 2) x = relu(x, prefix + "sepconv1_act");
  x = relu(separable(x, first, prefix + "sepconv1"), prefix + "sepconv2_act");
  x = separable(x, second, prefix + "sepconv2");
  x = layers::MaxPooling2D({.pool_size = 3, .strides = 2, .padding = "same", .name = prefix + "pool"})(x);
  return sum(x, shortcut);
}

Tensor middle_block(const Tensor& input, int block) {
  Tensor x = input;
  for (int i = 1; i <= 3; ++i) {
    std::string name = cat("block", block, "_sepconv", i);
    x = separable(relu(x, name + "_act"), 728, name);
  }
  return sum(x, input);
}

}  // namespace

Model Xception(const Options& o) {
  Tensor input = begin(o, 299, 71);
  Tensor x = relu(normalized(conv(input, 32, 3, 2, "valid", "block1_conv1"), "block1_conv1_bn"), "block1_conv1_act");
  x = relu(normalized(conv(x, 64, 3, 1, "valid", "block1_conv2"), "block1_conv2_bn"), "block1_conv2_act");
  for (int64_t filters : {128, 256, 728}) x = shrinking_block(x, filters == 128 ? 2 : filters == 256 ? 3 : 4, filters, filters);
  for (int block = 5; block <= 12; ++block) x = middle_block(x, block);
  x = shrinking_block(x, 13, 728, 1024);
  x = relu(separable(x, 1536, "block14_sepconv1"), "block14_sepconv1_act");
  x = relu(separable(x, 2048, "block14_sepconv2"), "block14_sepconv2_act");
  x = o.include_top ? classify(average(x, "avg_pool"), o) : pool(x, o);
  std::string file = "xception_weights_tf_dim_ordering_tf_kernels";
  return finish(input, x, o, "xception", {.folder = "https://storage.googleapis.com/tensorflow/keras-applications/xception/",
                                          .top = {file + ".h5", "0a58e3b7378bc2990ea3b43d5981f1f6"},
                                          .no_top = {file + "_notop.h5", "b0042744bf5b25fce3cb969f33bebb97"}});
}

}  // namespace runnel::inline v0::keras::applications
