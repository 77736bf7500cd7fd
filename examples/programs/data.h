// What the programs of this folder share: the data, and one short name for all bits of all weights.
#pragma once

#include <runnel/runnel.h>

#include <cstdio>

namespace tf = runnel;
using namespace tf::keras;

struct Samples {
  tf::Tensor x, y;
};

/// Images (samples, 28, 28) in [0, 1], and the classes 0 to 9.
inline Samples fashion(int64_t samples) {
  auto [train, test] = datasets::fashion_mnist::load_data();
  const tf::Slice first{0, samples};
  return {tf::cast(train.x[first], tf::float32) / 255.f, train.y[first]};
}

/// Districts of California: eight standardised numbers each, and the median price of a house in 100,000 dollars.
inline Samples housing() {
  auto [train, test] = datasets::california_housing::load_data({.version = "small"});
  tf::Tensor centred = train.x - tf::reduce_mean(train.x, 0);
  return {centred / tf::reduce_std(train.x, 0), tf::reshape(train.y, {-1, 1}) / 100000.f};
}

/// Sequences (256, 12) of word numbers below 30, filled up with 0, and the remainder modulo 3 of their first words.
inline Samples sentences() {
  tf::Tensor row = tf::expand_dims(tf::range(256), 1), column = tf::range(12);
  tf::Tensor words = 1 + tf::mod(row * 7 + column * column * 3 + row * column, 29);
  tf::Tensor x = tf::where(tf::less(column, 4 + tf::mod(row, 9)), words, tf::zeros_like(words));
  return {x, tf::mod(tf::squeeze(x[{tf::all, tf::Slice{0, 1}}], {1}), 3)};
}

inline void print_fingerprint(const std::vector<tf::Tensor>& weights) {
  tf::Sha256 hash;
  for (const tf::Tensor& weight : weights) hash.update(weight.raw(), size_t(weight.nbytes()));
  std::printf("SHA-256 of all weights: %s\n", hash.hex().c_str());
}
