#include "runnel/keras/metrics/mean_losses.h"

#include "runnel/keras/losses.h"
#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

namespace {

Tensor deviations(const Tensor& x, int64_t axis) { return x - reduce_mean(x, axis, true); }
}  // namespace

Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int64_t axis) {
  return negative(losses::cosine_similarity(y_true, y_pred, axis));
}

Tensor pearson_correlation(const Tensor& y_true, const Tensor& y_pred, int64_t axis) {
  auto [truth, predicted] = losses::aligned(y_true, y_pred);
  auto standard = [&](const Tensor& x) {
    Tensor d = deviations(x, axis);
    return d / reduce_std(d, axis, true);
  };
  return reduce_mean(standard(truth) * standard(predicted), axis);
}

Tensor concordance_correlation(const Tensor& y_true, const Tensor& y_pred, int64_t axis) {
  auto [truth, predicted] = losses::aligned(y_true, y_pred);
  Tensor mean_true = reduce_mean(truth, axis, true), mean_pred = reduce_mean(predicted, axis, true);
  Tensor spread = reduce_variance(truth - mean_true, axis, true) + reduce_variance(predicted - mean_pred, axis, true);
  Tensor together = (truth - mean_pred) * (predicted - mean_pred);
  return reduce_mean(2.0 * together / (spread + square(mean_true - mean_pred) + config::epsilon()), axis);
}

Tensor MeanSquaredErrorBody::fn(const Tensor& t, const Tensor& p) { return losses::mean_squared_error(t, p); }
Tensor MeanAbsoluteErrorBody::fn(const Tensor& t, const Tensor& p) { return losses::mean_absolute_error(t, p); }
Tensor MeanAbsolutePercentageErrorBody::fn(const Tensor& t, const Tensor& p) { return losses::mean_absolute_percentage_error(t, p); }
Tensor MeanSquaredLogarithmicErrorBody::fn(const Tensor& t, const Tensor& p) { return losses::mean_squared_logarithmic_error(t, p); }
Tensor LogCoshErrorBody::fn(const Tensor& t, const Tensor& p) { return losses::log_cosh(t, p); }
Tensor CosineSimilarityBody::fn(const Tensor& t, const Tensor& p) { return cosine_similarity(t, p, options_.axis); }
Tensor PearsonCorrelationBody::fn(const Tensor& t, const Tensor& p) { return pearson_correlation(t, p, options_.axis); }
Tensor ConcordanceCorrelationBody::fn(const Tensor& t, const Tensor& p) { return concordance_correlation(t, p, options_.axis); }
Tensor KLDivergenceBody::fn(const Tensor& t, const Tensor& p) { return losses::kl_divergence(t, p); }
Tensor PoissonBody::fn(const Tensor& t, const Tensor& p) { return losses::poisson(t, p); }
Tensor HingeBody::fn(const Tensor& t, const Tensor& p) { return losses::hinge(t, p); }
Tensor SquaredHingeBody::fn(const Tensor& t, const Tensor& p) { return losses::squared_hinge(t, p); }
Tensor CategoricalHingeBody::fn(const Tensor& t, const Tensor& p) { return losses::categorical_hinge(t, p); }
Tensor BinaryCrossentropyBody::fn(const Tensor& t, const Tensor& p) {
  return losses::binary_crossentropy(t, p, options_.from_logits, options_.label_smoothing);
}
Tensor CategoricalCrossentropyBody::fn(const Tensor& t, const Tensor& p) {
  return losses::categorical_crossentropy(t, p, options_.from_logits, options_.label_smoothing, options_.axis);
}
Tensor SparseCategoricalCrossentropyBody::fn(const Tensor& t, const Tensor& p) {
  return losses::sparse_categorical_crossentropy(t, p, options_.from_logits, options_.ignore_class, options_.axis);
}

void RootMeanSquaredErrorBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  auto [truth, predicted] = losses::same_rank(cast(y_true, dtype()), cast(y_pred, dtype()));
  add_values(squared_difference(predicted, truth), sample_weight);
}
Tensor RootMeanSquaredErrorBody::result() { return sqrt(MeanMetricBody::result()); }

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, MeanSquaredError, metrics::MeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(metrics, MeanAbsoluteError, metrics::MeanAbsoluteErrorBody)
RUNNEL_KERAS_CLASS(metrics, MeanAbsolutePercentageError, metrics::MeanAbsolutePercentageErrorBody)
RUNNEL_KERAS_CLASS(metrics, MeanSquaredLogarithmicError, metrics::MeanSquaredLogarithmicErrorBody)
RUNNEL_KERAS_CLASS(metrics, RootMeanSquaredError, metrics::RootMeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(metrics, LogCoshError, metrics::LogCoshErrorBody)
RUNNEL_KERAS_CLASS(metrics, CosineSimilarity, metrics::CosineSimilarityBody)
RUNNEL_KERAS_CLASS(metrics, PearsonCorrelation, metrics::PearsonCorrelationBody)
RUNNEL_KERAS_CLASS(metrics, ConcordanceCorrelation, metrics::ConcordanceCorrelationBody)
RUNNEL_KERAS_CLASS(metrics, KLDivergence, metrics::KLDivergenceBody)
RUNNEL_KERAS_CLASS(metrics, Poisson, metrics::PoissonBody)
RUNNEL_KERAS_CLASS(metrics, Hinge, metrics::HingeBody)
RUNNEL_KERAS_CLASS(metrics, SquaredHinge, metrics::SquaredHingeBody)
RUNNEL_KERAS_CLASS(metrics, CategoricalHinge, metrics::CategoricalHingeBody)
RUNNEL_KERAS_CLASS(metrics, BinaryCrossentropy, metrics::BinaryCrossentropyBody)
RUNNEL_KERAS_CLASS(metrics, CategoricalCrossentropy, metrics::CategoricalCrossentropyBody)
RUNNEL_KERAS_CLASS(metrics, SparseCategoricalCrossentropy, metrics::SparseCategoricalCrossentropyBody)

}  // namespace runnel::inline v0::keras
