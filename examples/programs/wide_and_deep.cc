// Wide and deep on California housing: two inputs, two paths, two outputs.
#include "data.h"

int main() {
  utils::set_random_seed(42);
  auto [x, y] = housing();
  tf::Tensor wide = Input({5}, tf::float32, "wide"), deep = Input({6}, tf::float32, "deep");
  tf::Tensor hidden = layers::Dense({.units = 30, .activation = "relu"})(layers::Dense({.units = 30, .activation = "relu"})(deep));
  tf::Tensor both = layers::Concatenate()(Nest{wide, hidden}).tensor();
  tf::Tensor price = layers::Dense({.units = 1, .name = "price"})(both), aux = layers::Dense({.units = 1, .name = "aux"})(hidden);
  Model model(Nest{wide, deep}, Nest{price, aux});
  model.compile({.optimizer = "adam", .losses = {"mse", "mae"}, .loss_weights = {0.9, 0.1}});
  Nest inputs{x[{tf::all, tf::Slice{0, 5}}], x[{tf::all, tf::Slice{2, 8}}]};
  model.fit(inputs, Nest{y, y}, {.epochs = 4});
  print_fingerprint(model.get_weights());
}
