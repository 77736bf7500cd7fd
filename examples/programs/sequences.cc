// A classifier of integer sequences: words are looked up, what only fills up is masked.
#include "data.h"

int main() {
  utils::set_random_seed(42);
  auto [x, y] = sentences();
  Sequential model({
      layers::InputLayer({.shape = {12}, .dtype = tf::int32}),
      layers::Embedding({.input_dim = 30, .output_dim = 8, .mask_zero = true}),
      layers::Bidirectional({.layer = layers::GRU({.units = 8})}),
      layers::Dense({.units = 3, .activation = "softmax"}),
  });
  model.compile({.optimizer = "nadam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(x, y, {.epochs = 3});
  print_fingerprint(model.get_weights());
}
