// A convolutional network on Fashion-MNIST.
#include "data.h"

int main() {
  utils::set_random_seed(42);
  auto [x, y] = fashion(640);
  Sequential model({
      layers::Reshape({.target_shape = {28, 28, 1}, .input_shape = {28, 28}}),
      layers::Conv2D({.filters = 8, .kernel_size = 5, .padding = "same", .activation = "relu"}),
      layers::MaxPooling2D(),
      layers::Conv2D({.filters = 16, .kernel_size = 3, .use_bias = false}),
      layers::BatchNormalization(),
      layers::Activation({.activation = "relu"}),
      layers::GlobalAveragePooling2D(),
      layers::Dropout({.rate = 0.25}),
      layers::Dense({.units = 10, .activation = "softmax"}),
  });
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(x, y, {.epochs = 2, .validation_split = 0.1});
  print_fingerprint(model.get_weights());
}
