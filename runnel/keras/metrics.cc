#include "runnel/keras/metrics.h"

#include <tuple>

#include "runnel/keras/losses.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

namespace {

double sum_of(const Tensor& x) { return double(cast(reduce_sum(x), float32).item<float>()); }

}  // namespace

void MeanMetricBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  if (!y_pred) return add_values(per_sample(y_true, y_pred), sample_weight);
  auto [truth, predicted] = losses::same_rank(y_true, y_pred);
  add_values(per_sample(truth, predicted), sample_weight);
}

void MeanMetricBody::add_values(Tensor values, const Tensor& sample_weight) {
  if (!values.dtype().is_floating()) values = cast(values, float32);
  if (!sample_weight) {
    total_ += sum_of(values);
    count_ += double(values.num_elements());
    return;
  }
  Tensor weights;
  std::tie(values, weights) = losses::same_rank(values, cast(sample_weight, values.dtype()));
  while (values.rank() > weights.rank()) values = reduce_mean(values, -1);
  total_ += sum_of(values * weights);
  count_ += sum_of(broadcast_to(weights, values.shape()));
}
Tensor MeanMetricBody::result() { return Tensor::scalar(count_ == 0 ? 0.f : float(total_ / count_)); }
void MeanMetricBody::reset_state() { total_ = count_ = 0; }

Tensor RootMeanSquaredErrorBody::result() { return sqrt(MeanMetricBody::result()); }

Tensor MeanSquaredErrorBody::per_sample(const Tensor& t, const Tensor& p) { return losses::mean_squared_error(t, p); }
Tensor MeanAbsoluteErrorBody::per_sample(const Tensor& t, const Tensor& p) { return losses::mean_absolute_error(t, p); }
Tensor MeanAbsolutePercentageErrorBody::per_sample(const Tensor& t, const Tensor& p) { return losses::mean_absolute_percentage_error(t, p); }
Tensor MeanSquaredLogarithmicErrorBody::per_sample(const Tensor& t, const Tensor& p) { return losses::mean_squared_logarithmic_error(t, p); }
Tensor LogCoshErrorBody::per_sample(const Tensor& t, const Tensor& p) { return losses::log_cosh(t, p); }
Tensor KLDivergenceBody::per_sample(const Tensor& t, const Tensor& p) { return losses::kl_divergence(t, p); }
Tensor PoissonBody::per_sample(const Tensor& t, const Tensor& p) { return losses::poisson(t, p); }
Tensor HingeBody::per_sample(const Tensor& t, const Tensor& p) { return losses::hinge(t, p); }
Tensor SquaredHingeBody::per_sample(const Tensor& t, const Tensor& p) { return losses::squared_hinge(t, p); }
Tensor BinaryCrossentropyBody::per_sample(const Tensor& t, const Tensor& p) {
  return losses::binary_crossentropy(t, p, options_.from_logits, options_.label_smoothing);
}
Tensor CategoricalCrossentropyBody::per_sample(const Tensor& t, const Tensor& p) {
  return losses::categorical_crossentropy(t, p, options_.from_logits, options_.label_smoothing);
}
Tensor SparseCategoricalCrossentropyBody::per_sample(const Tensor& t, const Tensor& p) {
  return losses::sparse_categorical_crossentropy(t, p, options_.from_logits);
}

Tensor AccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return cast(equal(cast(y_true, y_pred.dtype()), y_pred), float32);
}
Tensor BinaryAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  Tensor above = cast(greater(y_pred, options_.threshold), y_pred.dtype());
  return cast(equal(cast(y_true, y_pred.dtype()), above), float32);
}
Tensor CategoricalAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return cast(equal(argmax(y_true, -1), argmax(y_pred, -1)), float32);
}

namespace {
/// Class numbers (..., 1) or (...) beside predictions (..., classes), as (...).
Tensor class_numbers(const Tensor& y_true, const Tensor& y_pred, DType dtype) {
  Tensor labels = cast(y_true, dtype);
  return labels.rank() == y_pred.rank() && labels.dim(-1) == 1 ? squeeze(labels, -1) : labels;
}

Tensor among_top(const Tensor& labels, const Tensor& y_pred, int64_t k) {
  Tensor rows = reshape(y_pred, {-1, y_pred.dim(-1)});
  return reshape(cast(nn::in_top_k(reshape(labels, {-1}), rows, k), float32), labels.shape());
}
}  // namespace

Tensor SparseCategoricalAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return cast(equal(class_numbers(y_true, y_pred, int64), argmax(y_pred, -1)), float32);
}
Tensor TopKCategoricalAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return among_top(argmax(y_true, -1, int32), y_pred, options_.k);
}
Tensor SparseTopKCategoricalAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return among_top(class_numbers(y_true, y_pred, int32), y_pred, options_.k);
}

Tensor PrecisionBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return cast(logical_and(cast(y_true, bool_), greater(y_pred, options_.threshold)), float32);
}

void PrecisionBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  auto [truth, predicted] = losses::same_rank(y_true, y_pred);
  Tensor hits = per_sample(truth, predicted);
  Tensor all = basis(cast(cast(truth, bool_), float32), cast(greater(predicted, options_.threshold), float32));
  if (sample_weight) {
    Tensor weights = cast(sample_weight, float32);
    while (weights.rank() < hits.rank()) weights = expand_dims(weights, -1);
    hits = hits * weights;
    all = all * weights;
  }
  total_ += sum_of(hits);
  count_ += sum_of(all);
}

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, MeanSquaredError, metrics::MeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(metrics, MeanAbsoluteError, metrics::MeanAbsoluteErrorBody)
RUNNEL_KERAS_CLASS(metrics, MeanAbsolutePercentageError, metrics::MeanAbsolutePercentageErrorBody)
RUNNEL_KERAS_CLASS(metrics, MeanSquaredLogarithmicError, metrics::MeanSquaredLogarithmicErrorBody)
RUNNEL_KERAS_CLASS(metrics, LogCoshError, metrics::LogCoshErrorBody)
RUNNEL_KERAS_CLASS(metrics, KLDivergence, metrics::KLDivergenceBody)
RUNNEL_KERAS_CLASS(metrics, Poisson, metrics::PoissonBody)
RUNNEL_KERAS_CLASS(metrics, Hinge, metrics::HingeBody)
RUNNEL_KERAS_CLASS(metrics, SquaredHinge, metrics::SquaredHingeBody)
RUNNEL_KERAS_CLASS(metrics, BinaryCrossentropy, metrics::BinaryCrossentropyBody)
RUNNEL_KERAS_CLASS(metrics, CategoricalCrossentropy, metrics::CategoricalCrossentropyBody)
RUNNEL_KERAS_CLASS(metrics, SparseCategoricalCrossentropy, metrics::SparseCategoricalCrossentropyBody)
RUNNEL_KERAS_CLASS(metrics, Accuracy, metrics::AccuracyBody)
RUNNEL_KERAS_CLASS(metrics, BinaryAccuracy, metrics::BinaryAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, CategoricalAccuracy, metrics::CategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, SparseCategoricalAccuracy, metrics::SparseCategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, TopKCategoricalAccuracy, metrics::TopKCategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, SparseTopKCategoricalAccuracy, metrics::SparseTopKCategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, RootMeanSquaredError, metrics::RootMeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(metrics, Mean, metrics::MeanBody)
RUNNEL_KERAS_CLASS(metrics, Sum, metrics::SumBody)
RUNNEL_KERAS_CLASS(metrics, Precision, metrics::PrecisionBody)
RUNNEL_KERAS_CLASS(metrics, Recall, metrics::RecallBody)

Metric metric_for(const std::string& name, const PartialShape& y_true, const PartialShape& y_pred) {
  if (name != "accuracy" && name != "acc") return Metric(name);
  bool one = y_pred.rank() < 2 || y_pred.dim(-1) == 1;
  bool sparse = y_true.rank() < y_pred.rank() || y_true.dim(-1) == 1;
  metrics::Options options{.name = name};
  if (one) return metrics::BinaryAccuracy({.name = name});
  if (sparse) return metrics::SparseCategoricalAccuracy(options);
  return metrics::CategoricalAccuracy(options);
}

}  // namespace runnel::inline v0::keras
