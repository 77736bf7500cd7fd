// keras.preprocessing.sequence: pairs of words for skip-gram models.
#pragma once

#include <vector>

#include "runnel/keras/random.h"

namespace runnel::inline v0::keras::preprocessing::sequence {

struct SkipgramsOptions {
  int64_t window_size = 4;       ///< Words up to so far from each other are a pair.
  double negative_samples = 1;   ///< Wrong pairs for each right one.
  bool shuffle = true;
  std::vector<double> sampling_table{};  ///< Of each word the probability that it is taken; see make_sampling_table().
  std::optional<int64_t> seed{};         ///< Of the shuffle.
};
struct Skipgrams {
  std::vector<std::pair<int64_t, int64_t>> couples{};
  std::vector<int64_t> labels{};  ///< 1: the words stood near each other; 0: drawn.
};
/// Pairs (word, word near it), and as many with a drawn word. Zeros of the sequence are no words. Mikolov et al. 2013.
Skipgrams skipgrams(const std::vector<int64_t>& sequence, int64_t vocabulary_size, const SkipgramsOptions& options = SkipgramsOptions());
/// The same from another source of random numbers.
Skipgrams skipgrams(const std::vector<int64_t>& sequence, int64_t vocabulary_size, const SkipgramsOptions& options, RandomSource& random);

/// Of the i-th most frequent word the probability that it is taken, min(1, sqrt(sampling_factor / frequency)), where by Zipf's law
/// 1 / frequency = i (log(i) + 0.577) + 1/2 - 1/(12 i).
std::vector<double> make_sampling_table(int64_t size, double sampling_factor = 1e-5);

}  // namespace runnel::inline v0::keras::preprocessing::sequence
