// A convolutional autoencoder on Fashion-MNIST: models in a model, a penalty on the codings.
#include "data.h"

int main() {
  utils::set_random_seed(42);
  tf::Tensor x = fashion(640).x;
  Sequential encoder({
      layers::Reshape({.target_shape = {28, 28, 1}, .input_shape = {28, 28}}),
      layers::Conv2D({.filters = 8, .kernel_size = 3, .padding = "same", .activation = "relu"}),
      layers::MaxPooling2D(),
      layers::Flatten(),
      layers::Dense({.units = 20, .activation = "sigmoid", .activity_regularizer = regularizers::L1({.l1 = 1e-3})}),
  });
  Sequential decoder({
      layers::Dense({.units = 7 * 7 * 8, .activation = "relu", .input_shape = {20}}),
      layers::Reshape({.target_shape = {7, 7, 8}}),
      layers::Conv2DTranspose({.filters = 4, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"}),
      layers::Conv2DTranspose({.filters = 1, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "sigmoid"}),
      layers::Reshape({.target_shape = {28, 28}}),
  });
  Sequential model({encoder, decoder});
  model.compile({.optimizer = "nadam", .loss = "mse"});
  model.fit(x, x, {.epochs = 2});
  print_fingerprint(model.get_weights());
}
