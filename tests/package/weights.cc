// Trains with dropout, in an order that is shuffled, and prints one name for all bits of the weights, as weights.py does.
#include <runnel/runnel.h>

#include <cstdio>

namespace tf = runnel;
using namespace tf::keras;

int main() {
  utils::set_random_seed(7);
  auto [train, test] = datasets::california_housing::load_data({.version = "small"});
  tf::Tensor x = (train.x - tf::reduce_mean(train.x, 0)) / tf::reduce_std(train.x, 0);
  x = tf::reshape(tf::tile(x, {1, 8}), {-1, 8, 8, 1});
  Sequential model({
      layers::Conv2D({.filters = 16, .kernel_size = 3, .padding = "same", .activation = "relu", .input_shape = {8, 8, 1}}),
      layers::BatchNormalization(),
      layers::MaxPooling2D(),
      layers::Flatten(),
      layers::Dense({.units = 300, .activation = "relu"}),
      layers::Dropout({.rate = 0.3}),
      layers::Dense({.units = 1}),
  });
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.fit(x, tf::reshape(train.y, {-1, 1}) / 100000.f, {.batch_size = 64, .epochs = 3, .verbose = 0, .shuffle = true});
  tf::Sha256 hash;
  for (const tf::Tensor& weight : model.get_weights()) hash.update(weight.raw(), size_t(weight.nbytes()));
  std::printf("threads: %d\nSHA-256 of all weights: %s\n", tf::num_threads(), hash.hex().c_str());
}
