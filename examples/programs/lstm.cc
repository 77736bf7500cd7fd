// A recurrent network on Fashion-MNIST: an image is a sequence of its 28 rows.
#include "data.h"

int main() {
  utils::set_random_seed(42);
  auto [x, y] = fashion(640);
  Sequential model({
      layers::LSTM({.units = 24, .return_sequences = true, .input_shape = {28, 28}}),
      layers::LSTM({.units = 16}),
      layers::Dense({.units = 10, .activation = "softmax"}),
  });
  model.compile({.optimizer = "rmsprop", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(x, y, {.epochs = 2});
  print_fingerprint(model.get_weights());
}
