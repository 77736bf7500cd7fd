#include "runnel/keras/applications/resnet.h"

namespace runnel::inline v0::keras::applications {

namespace {

Tensor conv(const Tensor& x, int64_t filters, int64_t size, int64_t stride, const std::string& name, bool use_bias = true, const char* padding = "valid") {
  return layers::Conv2D({.filters = filters, .kernel_size = size, .strides = stride, .padding = padding, .use_bias = use_bias, .name = name})(x);
}
Tensor normalized(const Tensor& x, const std::string& name) {
  return layers::BatchNormalization({.axis = 3, .epsilon = 1.001e-5, .name = name})(x);
}
Tensor relu(const Tensor& x, const std::string& name) { return layers::Activation({.activation = "relu", .name = name})(x); }
Tensor padded(const Tensor& x, int64_t by, const std::string& name) { return layers::ZeroPadding2D({.padding = by, .name = name})(x); }
Tensor sum(const Tensor& a, const Tensor& b, const std::string& name) { return layers::Add({.name = name})(Nest({a, b})).tensor(); }

Tensor block_v1(const Tensor& input, int64_t filters, int64_t stride, bool conv_shortcut, const std::string& name) {
  Tensor shortcut = input;
  if (conv_shortcut) shortcut = normalized(conv(input, 4 * filters, 1, stride, name + "_0_conv"), name + "_0_bn");
  Tensor x = conv(input, filters, 1, stride, name + "_1_conv");
  x = relu(normalized(x, name + "_1_bn"), name + "_1_relu");
  x = conv(x, filters, 3, 1, name + "_2_conv", true, "same");
  x = relu(normalized(x, name + "_2_bn"), name + "_2_relu");
  x = normalized(conv(x, 4 * filters, 1, 1, name + "_3_conv"), name + "_3_bn");
  return relu(sum(shortcut, x, name + "_add"), name + "_out");
}

Tensor block_v2(const Tensor& input, int64_t filters, int64_t stride, bool conv_shortcut, const std::string& name) {
  Tensor before = relu(normalized(input, name + "_preact_bn"), name + "_preact_relu"), shortcut = input;
  if (conv_shortcut) shortcut = conv(before, 4 * filters, 1, stride, name + "_0_conv");
  else if (stride > 1) shortcut = layers::MaxPooling2D({.pool_size = 1, .strides = stride})(input);
  Tensor x = conv(before, filters, 1, 1, name + "_1_conv", false);
  x = relu(normalized(x, name + "_1_bn"), name + "_1_relu");
  x = conv(padded(x, 1, name + "_2_pad"), filters, 3, stride, name + "_2_conv", false);
  x = relu(normalized(x, name + "_2_bn"), name + "_2_relu");
  return sum(shortcut, conv(x, 4 * filters, 1, 1, name + "_3_conv"), name + "_out");
}

// The first block of a stack changes the size in version 1, the last one in version 2.
Tensor stack_of_blocks(Tensor x, int version, int64_t filters, int blocks, int64_t stride, const std::string& name) {
  for (int i = 1; i <= blocks; ++i) {
    int64_t own = i == (version == 1 ? 1 : blocks) ? stride : 1;
    x = (version == 1 ? block_v1 : block_v2)(x, filters, own, i == 1, cat(name, "_block", i));
  }
  return x;
}

struct Variant {
  const char* name;
  int version;
  int blocks[4];
  const char *md5, *md5_no_top;
};

Model resnet(const Variant& v, const Options& o) {
  Tensor input = begin(o, 224, 32);
  Tensor x = conv(padded(input, 3, "conv1_pad"), 64, 7, 2, "conv1_conv");
  if (v.version == 1) x = relu(normalized(x, "conv1_bn"), "conv1_relu");
  x = layers::MaxPooling2D({.pool_size = 3, .strides = 2, .name = "pool1_pool"})(padded(x, 1, "pool1_pad"));
  for (int i = 0; i < 4; ++i) {
    bool keeps_size = i == (v.version == 1 ? 0 : 3);
    x = stack_of_blocks(x, v.version, 64 << i, v.blocks[i], keeps_size ? 1 : 2, cat("conv", i + 2));
  }
  if (v.version == 2) x = relu(normalized(x, "post_bn"), "post_relu");
  x = o.include_top ? classify(average(x, "avg_pool"), o) : pool(x, o, "avg_pool", "max_pool");
  std::string file = cat(v.name, "_weights_tf_dim_ordering_tf_kernels");
  return finish(input, x, o, v.name, {.folder = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/",
                                      .top = {file + ".h5", v.md5}, .no_top = {file + "_notop.h5", v.md5_no_top}});
}

}  // namespace

Model ResNet50(const Options& options) {
  return resnet({"resnet50", 1, {3, 4, 6, 3}, "2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"}, options);
}
Model ResNet101(const Options& options) {
  return resnet({"resnet101", 1, {3, 4, 23, 3}, "f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"}, options);
}
Model ResNet152(const Options& options) {
  return resnet({"resnet152", 1, {3, 8, 36, 3}, "100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"}, options);
}
Model ResNet50V2(const Options& options) {
  return resnet({"resnet50v2", 2, {3, 4, 6, 3}, "3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"}, options);
}
Model ResNet101V2(const Options& options) {
  return resnet({"resnet101v2", 2, {3, 4, 23, 3}, "6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"}, options);
}
Model ResNet152V2(const Options& options) {
  return resnet({"resnet152v2", 2, {3, 8, 36, 3}, "a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"}, options);
}

}  // namespace runnel::inline v0::keras::applications
