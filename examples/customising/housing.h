// What the programs of this folder share: the data, and the way from training to a loaded model that trains on.
#pragma once

#include <runnel/runnel.h>

#include <cmath>
#include <cstdio>

namespace tf = runnel;
using namespace tf::keras;

struct Housing {
  tf::Tensor x, y;
};

/// 480 districts of California: eight standardised numbers each, and the median price of a house in 100,000 dollars.
inline Housing load_housing() {
  auto [train, test] = datasets::california_housing::load_data({.version = "small"});
  tf::Tensor centred = train.x - tf::reduce_mean(train.x, 0);
  return {centred / tf::reduce_std(train.x, 0), tf::reshape(train.y, {-1, 1}) / 100000.f};
}

/// One short name for all bits of all weights.
inline void print_fingerprint(const Model& model) {
  tf::Sha256 hash;
  for (const tf::Tensor& weight : model.get_weights()) hash.update(weight.raw(), size_t(weight.nbytes()));
  std::printf("SHA-256 of all weights: %s\n", hash.hex().c_str());
}

/// Trains, saves, loads the file with what is one's own in it, and trains on.
inline Model train_save_load_train(const Model& model, const std::vector<KerasClass>& own = {}) {
  auto [x, y] = load_housing();
  model.fit(x, y, {.epochs = 3});
  model.save("own.keras");
  Model again = load_model("own.keras", {.custom_objects = own});
  again.fit(x, y, {.epochs = 2});
  print_fingerprint(again);
  return again;
}
