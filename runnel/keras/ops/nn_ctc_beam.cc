#include "runnel/keras/ops/nn_ctc_beam.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "runnel/base/error.h"

namespace runnel::inline v0::keras::ops {

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b) {
  if (a < b) std::swap(a, b);
  return a == kNever ? a : a + std::log1p(std::exp(b - a));
}

/// The log-probability of all paths that give a sequence of labels, by whether the last step was a blank.
struct Score {
  double blank = kNever, label = kNever;
  double total() const { return log_sum(blank, label); }
};
using Labels = std::vector<int32_t>;
using Beam = std::map<Labels, Score>;

std::vector<std::pair<Labels, Score>> best_of(const Beam& beam, int64_t count) {
  std::vector<std::pair<Labels, Score>> ranked(beam.begin(), beam.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second.total() > b.second.total(); });
  ranked.resize(std::min(ranked.size(), size_t(count)));
  return ranked;
}

std::vector<double> log_softmax(std::span<const float> logits) {
  double sum = kNever;
  for (float x : logits) sum = log_sum(sum, x);
  std::vector<double> out;
  for (float x : logits) out.push_back(x - sum);
  return out;
}

// What the sequences of a beam become in one step: they stay, or a label is added.
Beam advanced(const Beam& beam, std::span<const float> logits, const BeamOptions& o) {
  const std::vector<double> chance = log_softmax(logits);
  Beam next;
  for (const auto& [labels, score] : best_of(beam, o.width)) {
    Score& same = next[labels];
    same.blank = log_sum(same.blank, score.total() + chance[size_t(o.blank)]);
    if (!labels.empty()) same.label = log_sum(same.label, score.label + chance[size_t(labels.back())]);
    for (size_t c = 0; c < chance.size(); ++c) {
      if (int64_t(c) == o.blank) continue;
      Labels longer = labels;
      longer.push_back(int32_t(c));
      const bool repeats = !labels.empty() && labels.back() == int32_t(c);  // a blank has to stand between
      double& into = next[longer].label;
      into = log_sum(into, (repeats ? score.blank : score.total()) + chance[c]);
    }
  }
  return next;
}

}  // namespace

Results ctc_beam_search(const Tensor& logits, const Tensor& lengths, const BeamOptions& o) {
  if (o.paths > o.width) fail<ValueError>("", cat("`top_paths` must not be greater than `beam_width`"), {.got = cat(o.paths, " and ", o.width)});
  const int64_t batch = logits.dim(0), steps = logits.dim(1), classes = logits.dim(2);
  Tensor decoded(int32, {o.paths, batch, steps}), scores(float32, {batch, o.paths});
  std::fill_n(decoded.mutable_data<int32_t>(), decoded.num_elements(), -1);
  for (int64_t row = 0; row < batch; ++row) {
    Beam beam{{Labels(), Score{.blank = 0}}};
    for (int64_t t = 0; t < std::min<int64_t>(steps, lengths.data<int32_t>()[row]); ++t)
      beam = advanced(beam, {logits.data<float>() + (row * steps + t) * classes, size_t(classes)}, o);
    auto found = best_of(beam, o.paths);
    for (size_t path = 0; path < size_t(o.paths); ++path) {
      scores.mutable_data<float>()[row * o.paths + int64_t(path)] = path < found.size() ? float(found[path].second.total()) : float(kNever);
      if (path < found.size()) std::copy(found[path].first.begin(), found[path].first.end(), decoded.mutable_data<int32_t>() + (int64_t(path) * batch + row) * steps);
    }
  }
  return {{decoded, scores}};
}

}  // namespace runnel::inline v0::keras::ops
