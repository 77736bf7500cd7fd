#include "runnel/keras/applications/vgg.h"

namespace runnel::inline v0::keras::applications {

namespace {

Model vgg(const Options& o, const std::string& name, std::span<const int> convolutions, const char* md5, const char* md5_no_top) {
  constexpr int kFilters[] = {64, 128, 256, 512, 512};
  Tensor input = begin(o, 224, 32), x = input;
  for (int block = 0; block < 5; ++block) {
    std::string prefix = cat("block", block + 1, "_");
    for (int i = 1; i <= convolutions[size_t(block)]; ++i)
      x = layers::Conv2D({.filters = kFilters[block], .kernel_size = 3, .padding = "same", .activation = "relu", .name = cat(prefix, "conv", i)})(x);
    x = layers::MaxPooling2D({.pool_size = 2, .strides = 2, .name = prefix + "pool"})(x);
  }
  if (o.include_top) {
    x = layers::Flatten({.name = "flatten"})(x);
    for (const char* dense : {"fc1", "fc2"}) x = layers::Dense({.units = 4096, .activation = "relu", .name = dense})(x);
    x = classify(x, o);
  } else {
    x = pool(x, o);
  }
  std::string file = name + "_weights_tf_dim_ordering_tf_kernels";
  return finish(input, x, o, name,
                {.folder = cat("https://storage.googleapis.com/tensorflow/keras-applications/", name, "/"),
                 .top = {file + ".h5", md5}, .no_top = {file + "_notop.h5", md5_no_top}});
}

}  // namespace

Model VGG16(const Options& options) {
  constexpr int kConvolutions[] = {2, 2, 3, 3, 3};
  return vgg(options, "vgg16", kConvolutions, "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc");
}

Model VGG19(const Options& options) {
  constexpr int kConvolutions[] = {2, 2, 4, 4, 4};
  return vgg(options, "vgg19", kConvolutions, "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6");
}

}  // namespace runnel::inline v0::keras::applications
