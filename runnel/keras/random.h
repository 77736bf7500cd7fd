// Keras's seeds: Python's Mersenne Twister behind unseeded objects, and SeedGenerator for layers with randomness.
#pragma once

#include <cstdint>
#include <optional>

#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

/// keras.utils.set_random_seed: seeds Python-like, and TensorFlow-like randomness; the same numbers follow as in Keras.
void set_random_seed(int64_t seed);
/// The seed of an object that was given none: Python's random.randint(1, 10**9).
int64_t make_default_seed();

/// A sequence of seeds for the stateless random operators: [seed, 0], [seed, 1], ...
class SeedGenerator {
 public:
  explicit SeedGenerator(std::optional<int64_t> seed = {});
  /// An int32 vector of two elements; advances the state.
  Tensor next() const;
  const Variable& state() const { return state_; }

 private:
  Variable state_;  // uint32 (2)
};

/// The int32 pair that Keras passes to TensorFlow's stateless operators for an integer seed.
Tensor stateless_seed(int64_t seed);

}  // namespace runnel::inline v0::keras
