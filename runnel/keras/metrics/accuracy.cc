#include "runnel/keras/metrics/accuracy.h"

#include "runnel/keras/losses/loss.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

namespace {

/// Class numbers (batch, ..., 1) beside predictions (batch, ..., classes), as (batch, ...).
Tensor class_numbers(const Tensor& y_true, const Tensor& y_pred, DType dtype) {
  PartialShape t = y_true.partial_shape(), p = y_pred.partial_shape();
  return cast(t.rank() == p.rank() && t.dim(-1) == 1 ? squeeze(y_true, -1) : y_true, dtype);
}

Tensor last_axis_gone(const Tensor& matches) {
  PartialShape s = matches.partial_shape();
  return s.rank() > 1 && s.dim(-1) == 1 ? squeeze(matches, -1) : matches;
}

Tensor among_top(const Tensor& labels, const Tensor& y_pred, int64_t k) {
  Tensor rows = y_pred.partial_shape().rank() > 2 ? reshape(y_pred, {-1, y_pred.partial_shape().dim(-1)}) : y_pred;
  if (labels.partial_shape().rank() <= 1) return cast(nn::in_top_k(labels, rows, k), float32);
  return reshape(cast(nn::in_top_k(reshape(labels, {-1}), rows, k), float32), shape(labels));
}

}  // namespace

Tensor accuracy(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = losses::aligned(y_true, y_pred);
  return cast(equal(truth, predicted), float32);
}

Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold) {
  auto [truth, predicted] = losses::same_rank(y_true, y_pred.dtype().is_floating() ? y_pred : cast(y_pred, float32));
  return cast(equal(truth, cast(greater(predicted, threshold), truth.dtype())), float32);
}

Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) { return cast(equal(argmax(y_true, -1), argmax(y_pred, -1)), float32); }

Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return last_axis_gone(cast(equal(class_numbers(y_true, y_pred, int64), argmax(y_pred, -1)), float32));
}

Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int64_t k) {
  return among_top(argmax(y_true, -1, int32), cast(y_pred, float32), k);
}

Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int64_t k, bool from_sorted_ids) {
  if (!from_sorted_ids) return among_top(class_numbers(y_true, y_pred, int32), cast(y_pred, float32), k);
  Tensor first = slice(y_pred, {0, 0}, {-1, std::min(k, y_pred.partial_shape().dim(1))});
  return cast(reduce_any(equal(expand_dims(reshape(cast(y_true, y_pred.dtype()), {-1}), 1), first), 1), float32);
}

Tensor AccuracyBody::fn(const Tensor& t, const Tensor& p) { return accuracy(t, p); }
Tensor BinaryAccuracyBody::fn(const Tensor& t, const Tensor& p) { return binary_accuracy(t, p, options_.threshold); }
Tensor CategoricalAccuracyBody::fn(const Tensor& t, const Tensor& p) { return categorical_accuracy(t, p); }
Tensor SparseCategoricalAccuracyBody::fn(const Tensor& t, const Tensor& p) { return sparse_categorical_accuracy(t, p); }
Tensor TopKCategoricalAccuracyBody::fn(const Tensor& t, const Tensor& p) { return top_k_categorical_accuracy(t, p, options_.k); }
Tensor SparseTopKCategoricalAccuracyBody::fn(const Tensor& t, const Tensor& p) {
  return sparse_top_k_categorical_accuracy(t, p, options_.k, options_.from_sorted_ids);
}

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, Accuracy, metrics::AccuracyBody)
RUNNEL_KERAS_CLASS(metrics, BinaryAccuracy, metrics::BinaryAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, CategoricalAccuracy, metrics::CategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, SparseCategoricalAccuracy, metrics::SparseCategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, TopKCategoricalAccuracy, metrics::TopKCategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, SparseTopKCategoricalAccuracy, metrics::SparseTopKCategoricalAccuracyBody)

}  // namespace runnel::inline v0::keras
