// tf.random: TensorFlow's random numbers. The same seeds give the same numbers as TensorFlow on the CPU.
#pragma once

#include <optional>
#include <string>

#include "runnel/op/operand.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::random {

/// The global seed. Operators without a seed of their own then follow a sequence that it determines; without one (None), any.
/// python: random.set_seed
void set_seed(std::optional<int64_t> seed);

/// Uniform numbers in [minval, maxval); maxval is 1 for floating dtypes and must be given for int32 and int64.
/// python: random.uniform
Tensor uniform(const Ints& shape, const Operand& minval = 0, const std::optional<Operand>& maxval = {}, DType dtype = float32, std::optional<int64_t> seed = {});
/// Normal numbers.
/// python: random.normal
Tensor normal(const Ints& shape, const Operand& mean = 0.0, const Operand& stddev = 1.0, DType dtype = float32, std::optional<int64_t> seed = {});
/// Normal numbers within two standard deviations of the mean.
/// python: random.truncated_normal
Tensor truncated_normal(const Ints& shape, const Operand& mean = 0.0, const Operand& stddev = 1.0, DType dtype = float32, std::optional<int64_t> seed = {});
/// Gamma numbers with shape parameter alpha and rate beta (1), of shape `shape` + that of alpha and beta together.
/// Differentiable by alpha and beta.
/// python: random.gamma
Tensor gamma(const Ints& shape, const Operand& alpha, const std::optional<Operand>& beta = {}, DType dtype = float32, std::optional<int64_t> seed = {});
/// Poisson counts with mean lam, of shape `shape` + lam's.
/// python: random.poisson
Tensor poisson(const Ints& shape, const Operand& lam, DType dtype = float32, std::optional<int64_t> seed = {});
/// The slices of the first axis in random order.
/// python: random.shuffle
Tensor shuffle(const Tensor& value, std::optional<int64_t> seed = {});
/// (batch, num_samples) classes, drawn with probabilities softmax(logits); logits (batch, classes).
/// python: random.categorical
Tensor categorical(const Tensor& logits, const Operand& num_samples, DType dtype = {}, std::optional<int64_t> seed = {});

/// Uniform numbers that depend on `seed` (two integers) alone. Integer dtypes without minval and maxval: all values.
/// python: random.stateless_uniform
Tensor stateless_uniform(const Ints& shape, const Operand& seed, const std::optional<Operand>& minval = 0, const std::optional<Operand>& maxval = {},
                         DType dtype = float32, const std::string& alg = "auto_select");
/// Normal numbers that depend on `seed` alone.
/// python: random.stateless_normal
Tensor stateless_normal(const Ints& shape, const Operand& seed, const Operand& mean = 0.0, const Operand& stddev = 1.0, DType dtype = float32,
                        const std::string& alg = "auto_select");
/// Normal numbers within two standard deviations that depend on `seed` alone.
/// python: random.stateless_truncated_normal
Tensor stateless_truncated_normal(const Ints& shape, const Operand& seed, const Operand& mean = 0.0, const Operand& stddev = 1.0,
                                  DType dtype = float32, const std::string& alg = "auto_select");
/// Gamma numbers that depend on `seed` alone; here `shape` ends with the shape of alpha and beta together.
/// python: random.stateless_gamma
Tensor stateless_gamma(const Ints& shape, const Operand& seed, const Operand& alpha, const std::optional<Operand>& beta = {}, DType dtype = float32);
/// Poisson counts that depend on `seed` alone; `shape` ends with lam's.
/// python: random.stateless_poisson
Tensor stateless_poisson(const Ints& shape, const Operand& seed, const Operand& lam, DType dtype = int32);
/// Numbers of successes in `counts` trials of probability `probs`; `shape` ends with their shape together.
/// python: random.stateless_binomial
Tensor stateless_binomial(const Ints& shape, const Operand& seed, const Operand& counts, const Operand& probs, DType output_dtype = int32);
/// Classes drawn by `seed` alone.
/// python: random.stateless_categorical
Tensor stateless_categorical(const Tensor& logits, const Operand& num_samples, const Operand& seed, DType dtype = int64);
/// The slices of the first axis in an order that depends on `seed` alone.
/// python: random.experimental.stateless_shuffle
Tensor stateless_shuffle(const Tensor& value, const Operand& seed, const std::string& alg = "auto_select");
/// `num` new seeds (num, 2) from one.
/// python: random.split, random.experimental.stateless_split
Tensor split(const Operand& seed, int64_t num = 2, const std::string& alg = "auto_select");
/// A new seed from a seed and an integer.
/// python: random.fold_in, random.experimental.stateless_fold_in
Tensor fold_in(const Operand& seed, const Operand& data, const std::string& alg = "auto_select");
/// The state of a Generator: (counter, counter, key).
/// python: random.create_rng_state, random.experimental.create_rng_state
Tensor create_rng_state(int64_t seed, const std::string& alg);

/// A random number generator with a state of its own (tf.random.Generator). The algorithm `alg` is "philox"; "auto_select" means it too.
class Generator {
 public:
  static Generator from_seed(int64_t seed, const std::string& alg = "philox");
  /// state: (counter low, counter high, key), int64. ValueError for another length.
  static Generator from_state(const Tensor& state, const std::string& alg = "philox");
  /// key: one integer, counter: two.
  static Generator from_key_counter(const Operand& key, const Operand& counter, const std::string& alg = "philox");
  /// A seed from the operating system.
  static Generator from_non_deterministic_state(const std::string& alg = "philox");

  Tensor normal(const Ints& shape, const Operand& mean = 0.0, const Operand& stddev = 1.0, DType dtype = float32) const;
  Tensor truncated_normal(const Ints& shape, const Operand& mean = 0.0, const Operand& stddev = 1.0, DType dtype = float32) const;
  Tensor uniform(const Ints& shape, const Operand& minval = 0, const std::optional<Operand>& maxval = {}, DType dtype = float32) const;
  Tensor uniform_full_int(const Ints& shape, DType dtype = uint64) const;
  /// Numbers of successes; `shape` ends with the shape of counts and probs together.
  Tensor binomial(const Ints& shape, const Operand& counts, const Operand& probs, DType dtype = int32) const;
  /// (2, count) seeds for stateless functions.
  Tensor make_seeds(int64_t count = 1) const;
  /// Independent generators.
  std::vector<Generator> split(int64_t count = 1) const;
  /// Moves the state on as drawing `delta` numbers does, and returns the old state.
  Tensor skip(const Operand& delta) const;
  void reset(const Tensor& state) const;
  void reset_from_seed(int64_t seed) const;
  void reset_from_key_counter(const Operand& key, const Operand& counter) const;
  const Variable& state() const { return state_; }
  /// The key, an int64 scalar.
  Tensor key() const;
  int64_t algorithm() const { return 1; }  ///< TensorFlow's number for Philox.

 private:
  explicit Generator(const Tensor& state);
  Tensor draw(const char* op, const Ints& shape, DType dtype) const;

  Variable state_;
};

/// The generator that everybody shares: made at its first use, or set.
Generator get_global_generator();
void set_global_generator(const Generator& generator);

}  // namespace runnel::inline v0::random
