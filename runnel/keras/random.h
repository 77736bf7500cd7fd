// Keras's seeds: Python's Mersenne Twister behind unseeded objects, and SeedGenerator for layers with randomness.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

/// keras.utils.set_random_seed: seeds Python-like, and TensorFlow-like randomness; the same numbers follow as in Keras.
void set_random_seed(int64_t seed);
/// The seed of an object that was given none: Python's random.randint(1, 10**9).
int64_t make_default_seed();

/// Where numbers come from: a generator of one's own, or another language's.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual double random() = 0;             ///< In [0, 1).
  virtual int64_t below(int64_t n) = 0;    ///< 0 to n - 1; n at most 2^32.
};
/// Python's `random` after random.seed(seed): random() and randrange(n).
class PythonRandom final : public RandomSource {
 public:
  explicit PythonRandom(uint64_t seed);
  ~PythonRandom() override;
  double random() override;
  int64_t below(int64_t n) override;

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

/// A sequence of seeds for the stateless random operators: [seed, 0], [seed, 1], ...
class SeedGenerator {
 public:
  explicit SeedGenerator(std::optional<int64_t> seed = {});
  /// An int32 vector of two elements; advances the state.
  Tensor next() const;
  const Variable& state() const { return state_; }

 private:
  Variable state_;  // int64 (2), as Keras over TensorFlow keeps it
};

/// The int32 pair that Keras passes to TensorFlow's stateless operators for an integer seed.
Tensor stateless_seed(int64_t seed);

/// Random numbers for a seed pair: what Keras's initializers and Dropout draw.
Tensor draw_uniform(const Ints& shape, double minval, double maxval, DType dtype, const Tensor& seed);
Tensor draw_normal(const Ints& shape, double mean, double stddev, DType dtype, const Tensor& seed);
Tensor draw_truncated_normal(const Ints& shape, double mean, double stddev, DType dtype, const Tensor& seed);

}  // namespace runnel::inline v0::keras
