#include "runnel/keras/preprocessing/sequence.h"

#include <algorithm>
#include <cmath>

namespace runnel::inline v0::keras::preprocessing::sequence {

namespace {

// Python's random.shuffle.
template <class T>
void shuffle(std::vector<T>& items, RandomSource& random) {
  for (size_t i = items.size(); i-- > 1;) std::swap(items[i], items[size_t(random.below(int64_t(i) + 1))]);
}

void add_neighbours(const std::vector<int64_t>& words, size_t i, const SkipgramsOptions& options, Skipgrams& out) {
  const size_t window = size_t(options.window_size), begin = i < window ? 0 : i - window, end = std::min(words.size(), i + window + 1);
  for (size_t j = begin; j < end; ++j) {
    if (j == i || words[j] == 0) continue;
    out.couples.emplace_back(words[i], words[j]);
    out.labels.push_back(1);
  }
}

void add_drawn(int64_t vocabulary_size, const SkipgramsOptions& options, RandomSource& random, Skipgrams& out) {
  const size_t count = size_t(double(out.labels.size()) * options.negative_samples);
  std::vector<int64_t> words;
  for (const auto& couple : out.couples) words.push_back(couple.first);
  shuffle(words, random);
  for (size_t i = 0; i < count; ++i) out.couples.emplace_back(words[i % words.size()], 1 + random.below(vocabulary_size - 1));
  out.labels.resize(out.labels.size() + count, 0);
}

}  // namespace

Skipgrams skipgrams(const std::vector<int64_t>& sequence, int64_t vocabulary_size, const SkipgramsOptions& options, RandomSource& random) {
  Skipgrams out;
  for (size_t i = 0; i < sequence.size(); ++i) {
    if (sequence[i] == 0) continue;
    if (!options.sampling_table.empty() && options.sampling_table.at(size_t(sequence[i])) < random.random()) continue;
    add_neighbours(sequence, i, options, out);
  }
  if (options.negative_samples > 0 && !out.couples.empty()) add_drawn(vocabulary_size, options, random, out);
  if (!options.shuffle) return out;
  const int64_t seed = options.seed ? *options.seed : random.below(10000001);  // the same order for both lists
  PythonRandom first{uint64_t(seed)}, second{uint64_t(seed)};
  shuffle(out.couples, first);
  shuffle(out.labels, second);
  return out;
}

Skipgrams skipgrams(const std::vector<int64_t>& sequence, int64_t vocabulary_size, const SkipgramsOptions& options) {
  PythonRandom random{uint64_t(make_default_seed())};
  return skipgrams(sequence, vocabulary_size, options, random);
}

std::vector<double> make_sampling_table(int64_t size, double sampling_factor) {
  constexpr double kEuler = 0.577;
  std::vector<double> out;
  for (int64_t i = 0; i < size; ++i) {
    double rank = double(std::max<int64_t>(i, 1));
    double inverse = rank * (std::log(rank) + kEuler) + 0.5 - 1.0 / (12.0 * rank);  // of the frequency
    double f = sampling_factor * inverse;
    out.push_back(std::min(1.0, f / std::sqrt(f)));
  }
  return out;
}

}  // namespace runnel::inline v0::keras::preprocessing::sequence
