#include "runnel/keras/metrics/confusion_counts.h"

#include <cmath>
#include <limits>

#include "runnel/base/error.h"
#include "runnel/keras/losses/loss.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras::metrics {

namespace {

/// What is counted, after thresholds have been left aside: all of y_pred's shape.
struct Scored {
  Tensor truth;      // 0 or 1
  Tensor predicted;
  Tensor weights;    // empty: 1 each
};

bool evenly_spread(const std::vector<double>& thresholds) {
  if (thresholds.size() < 3) return false;
  for (size_t i = 0; i < thresholds.size(); ++i) {
    double even = double(i) / double(thresholds.size() - 1);
    if (std::fabs(thresholds[i] - even) > 1e-7 + 1e-5 * even) return false;
  }
  return true;
}

/// Scores outside of the k greatest of their row become kNotAmongTop; of equal ones the first wins.
Tensor only_top_k(const Tensor& x, int64_t k) {
  int64_t classes = x.partial_shape().dim(-1);
  if (classes >= 0 && classes < k) fail<errors::InvalidArgumentError>("", cat("input must have at least k columns. Had ", classes, ", needed ", k), {.hint = "a smaller `top_k`"});
  Tensor chosen = zeros_like(x), rest = x;
  for (int64_t i = 0; i < k; ++i) {
    Tensor hit = one_hot(argmax(rest, -1), classes, {}, {}, -1, x.dtype());
    chosen = chosen + hit;
    rest = where(cast(hit, bool_), -std::numeric_limits<double>::infinity(), rest);
  }
  return x * chosen + kNotAmongTop * (1.0 - chosen);
}

Tensor broadcast_weights(const Tensor& sample_weight, const ConfusionSpec& spec, const Tensor& predicted) {
  Tensor weights;
  if (sample_weight) {
    weights = expand_dims(cast(sample_weight, float32), -1);
    if (weights.partial_shape().rank() == predicted.partial_shape().rank() + 1) weights = squeeze(weights, -1);
  }
  if (!spec.label_weights.empty() && !spec.multi_label) {
    Tensor by_label = expand_dims(cast(Tensor::from(spec.label_weights), float32), 0);
    weights = weights ? weights * by_label : by_label;
  }
  return weights ? broadcast_to(weights, shape(predicted)) : weights;
}

Scored scored(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight, const ConfusionSpec& spec) {
  auto [predicted, truth] = losses::same_rank(cast(y_pred, float32), cast(y_true, float32));
  if (spec.top_k) predicted = only_top_k(predicted, *spec.top_k);
  if (spec.class_id) {
    if (predicted.partial_shape().rank() == 1)
      fail<ValueError>("", cat("When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found shape: ",
                               to_text(predicted.partial_shape())));
    Tensor column = Tensor::from(std::vector<int64_t>{*spec.class_id});
    truth = gather(truth, column, -1);
    predicted = gather(predicted, column, -1);
  }
  Scored out{cast(cast(truth, bool_), float32), predicted, broadcast_weights(sample_weight, spec, predicted)};
  if (spec.multi_label) return out;
  return {reshape(out.truth, {-1}), reshape(out.predicted, {-1}), out.weights ? reshape(out.weights, {-1}) : out.weights};
}

Tensor weighted(const Tensor& x, const Tensor& weights) { return weights ? x * weights : x; }

/// By comparing every prediction with every threshold.
std::array<Tensor, 4> compared(const Scored& s, const ConfusionSpec& spec, const std::array<bool, 4>& wanted) {
  int64_t n = int64_t(spec.thresholds.size());
  Tensor thresholds = reshape(cast(Tensor::from(spec.thresholds), float32), spec.multi_label ? Ints{n, 1, 1} : Ints{n, 1});
  Tensor positive = cast(greater(expand_dims(s.predicted, 0), thresholds), float32);  // (thresholds, batch[, labels])
  Tensor actual = weighted(s.truth, s.weights), other = weighted(1.0 - s.truth, s.weights);
  std::array<Tensor, 4> out;
  if (wanted[0]) out[0] = reduce_sum(positive * actual, 1);
  if (wanted[1]) out[1] = reduce_sum(positive * other, 1);
  if (wanted[2]) out[2] = reduce_sum((1.0 - positive) * other, 1);
  if (wanted[3]) out[3] = reduce_sum((1.0 - positive) * actual, 1);
  return out;
}

/// Sums of the values of all buckets from each threshold up: (thresholds), or (thresholds, labels).
Tensor from_bucket_up(const Tensor& values, const Tensor& buckets, int64_t n, bool multi_label) {
  if (!multi_label) return cumsum(unsorted_segment_sum(values, buckets, n), 0, false, true);
  int64_t labels = values.partial_shape().dim(-1);
  Tensor offset = cast(range(labels), int32) * n;
  Tensor ids = where(less(buckets, 0), buckets, buckets + offset);
  Tensor sums = reshape(unsorted_segment_sum(reshape(values, {-1}), reshape(ids, {-1}), labels * n), {labels, n});
  return transpose(cumsum(sums, 1, false, true));
}

/// For evenly spread thresholds: each prediction falls into one bucket.
std::array<Tensor, 4> bucketed(const Scored& s, const ConfusionSpec& spec, const std::array<bool, 4>& wanted) {
  int64_t n = int64_t(spec.thresholds.size());
  Tensor scores = clip_by_value(s.predicted, 0.0, 1.0), buckets = ceil(scores * double(n - 1)) - 1.0;
  bool first_below_zero = spec.thresholds.front() < 0 || spec.thresholds.back() > 1;
  if (first_below_zero) buckets = maximum(buckets, 0.0);
  buckets = cast(buckets, int32);
  Tensor actual = weighted(s.truth, s.weights), other = weighted(1.0 - s.truth, s.weights);
  Axes samples = spec.multi_label ? Axes(0) : Axes();
  std::array<Tensor, 4> out;
  if (wanted[0] || wanted[3]) out[0] = from_bucket_up(actual, buckets, n, spec.multi_label);
  if (wanted[1] || wanted[2]) out[1] = from_bucket_up(other, buckets, n, spec.multi_label);
  if (wanted[2]) out[2] = reduce_sum(other, samples) - out[1];
  if (wanted[3]) out[3] = reduce_sum(actual, samples) - out[0];
  return out;
}

}  // namespace

std::array<Tensor, 4> confusion_counts(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight, const ConfusionSpec& spec,
                                       const std::array<bool, 4>& wanted) {
  Scored s = scored(y_true, y_pred, sample_weight, spec);
  return evenly_spread(spec.thresholds) ? bucketed(s, spec, wanted) : compared(s, spec, wanted);
}

}  // namespace runnel::inline v0::keras::metrics
