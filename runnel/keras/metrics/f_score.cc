#include "runnel/keras/metrics/f_score.h"

#include "runnel/base/error.h"
#include "runnel/keras/losses/loss.h"
#include "runnel/keras/settings.h"
#include "runnel/keras/warn.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

namespace {

void check_matrices(const char* metric, const PartialShape& y_true, const PartialShape& y_pred) {
  if (y_true.rank() == 2 && y_pred.rank() == 2) return;
  fail<ValueError>("", cat(metric, " expects 2D inputs with shape (batch_size, output_dim). Received input shapes: y_pred.shape=", to_text(y_pred),
                           " and y_true.shape=", to_text(y_true), "."));
}

/// "" is Keras's None.
Config null_where_empty(Config config, const char* field, const std::string& value) {
  if (value.empty()) config.set(field, Config());
  return config;
}

}  // namespace

// --- F

void FBetaBody::set_up(const std::string& average, double beta, std::optional<double> threshold) {
  if (!average.empty() && average != "micro" && average != "macro" && average != "weighted")
    fail<ValueError>("", cat("Invalid `average` argument value. Expected one of: {None, 'micro', 'macro', 'weighted'}. Received: average=", average));
  if (!(beta > 0)) fail<ValueError>("", cat("Invalid `beta` argument value. It should be > 0. Received: beta=", beta));
  if (threshold && (*threshold > 1 || *threshold <= 0))
    fail<ValueError>("", cat("Invalid `threshold` argument value. It should verify 0 < threshold <= 1. Received: threshold=", *threshold));
  average_ = average;
  beta_ = beta;
  threshold_ = threshold;
}

Config FBetaBody::with_average(Config config) const { return null_where_empty(std::move(config), "average", average_); }

void FBetaBody::build(const PartialShape& y_true, const PartialShape& y_pred) {
  check_matrices("FBetaScore", y_true, y_pred);
  Shape shape = average_ == "micro" ? Shape() : Shape({y_pred.dim(1)});
  auto add = [&](const char* name) { return add_variable({.shape = shape, .dtype = dtype(), .name = name}); };
  true_positives_ = add("true_positives");
  false_positives_ = add("false_positives");
  false_negatives_ = add("false_negatives");
  actual_ = add("intermediate_weights");
}

Tensor FBetaBody::positives(const Tensor& y_pred) const {
  if (threshold_) return cast(y_pred > *threshold_, dtype());
  return cast(logical_and(y_pred >= reduce_max(y_pred, -1, true), abs(y_pred) > 1e-9), dtype());
}

void FBetaBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  if (!true_positives_) build(y_true.partial_shape(), y_pred.partial_shape());
  Tensor truth = cast(y_true, dtype()), positive = positives(cast(y_pred, dtype()));
  Tensor weights = sample_weight ? expand_dims(cast(sample_weight, dtype()), 1) : sample_weight;
  auto add = [&](const Variable& to, const Tensor& values) {
    Tensor weighted = weights ? values * weights : values;
    to.assign_add(average_ == "micro" ? reduce_sum(weighted) : reduce_sum(weighted, 0));
  };
  add(true_positives_, positive * truth);
  add(false_positives_, positive * (1.0 - truth));
  add(false_negatives_, (1.0 - positive) * truth);
  add(actual_, truth);
}

Tensor FBetaBody::result() {
  if (!true_positives_) return zeros({}, dtype());
  Tensor tp = true_positives_.value(), squared = Operand(beta_ * beta_).tensor(dtype());
  Tensor precision = tp / (tp + false_positives_.value() + config::epsilon()), recall = tp / (tp + false_negatives_.value() + config::epsilon());
  Tensor score = precision * recall / (squared * precision + recall + config::epsilon()) * (1.0 + squared);
  if (average_.empty()) return score;
  if (average_ != "weighted") return reduce_mean(score);
  return reduce_sum(score * (actual_.value() / (reduce_sum(actual_.value()) + config::epsilon())));
}

// --- R2

R2ScoreBody::R2ScoreBody(const R2ScoreOptions& options) : MetricWith(options) {
  const std::string& how = options.class_aggregation;
  if (!how.empty() && how != "uniform_average" && how != "variance_weighted_average")
    fail<ValueError>("", cat("Invalid value for argument `class_aggregation`. Expected one of (None, 'uniform_average', 'variance_weighted_average'). "
                             "Received: class_aggregation=", how));
  if (options.num_regressors < 0)
    fail<ValueError>("", cat("Invalid value for argument `num_regressors`. Expected a value >= 0. Received: num_regressors=", options.num_regressors));
}

void R2ScoreBody::constructed() {
  MetricWith::constructed();
  num_samples_ = add_variable({.name = "num_samples"});
}

Config R2ScoreBody::get_config() const { return null_where_empty(MetricWith::get_config(), "class_aggregation", options_.class_aggregation); }

void R2ScoreBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  auto [truth, predicted] = losses::same_rank(cast(y_true, dtype()), cast(y_pred, dtype()));
  if (!sum_) {
    check_matrices("R2Score", truth.partial_shape(), predicted.partial_shape());
    Shape shape({predicted.partial_shape().dim(1)});
    squared_sum_ = add_variable({.shape = shape, .name = "squared_sum"});
    sum_ = add_variable({.shape = shape, .name = "sum"});
    residual_ = add_variable({.shape = shape, .name = "residual"});
    count_ = add_variable({.shape = shape, .name = "count"});
  }
  Tensor weights = sample_weight ? cast(sample_weight, dtype()) : ones({}, dtype());
  if (weights.partial_shape().rank() == 1) weights = expand_dims(weights, 1);
  weights = broadcast_to(weights, shape(truth));
  Tensor weighted = truth * weights;
  sum_.assign_add(reduce_sum(weighted, 0));
  squared_sum_.assign_add(reduce_sum(truth * weighted, 0));
  residual_.assign_add(reduce_sum(squared_difference(truth, predicted) * weights, 0));
  count_.assign_add(reduce_sum(weights, 0));
  num_samples_.assign_add(cast(size(truth), float32));
}

Tensor R2ScoreBody::result() {
  if (!sum_) return zeros({}, dtype());
  Tensor sum = sum_.value(), total = squared_sum_.value() - sum * (sum / count_.value());
  Tensor scores = 1.0 - residual_.value() / total;
  scores = where(is_inf(scores), 0.0, scores);
  if (options_.class_aggregation == "uniform_average") scores = reduce_mean(scores);
  if (options_.class_aggregation == "variance_weighted_average") scores = reduce_sum(total * scores) / reduce_sum(total);
  return options_.num_regressors == 0 ? scores : adjusted(scores);
}

Tensor R2ScoreBody::adjusted(const Tensor& score) const {
  Tensor n = num_samples_.value();
  double p = double(options_.num_regressors);
  Tensor enough = n - 1.0 > p;
  if (!enough.is_symbolic() && !enough.item<bool>())
    warn("Not more datapoints than independent predictors in adjusted R2 score. Falling back to standard R2 score.");
  return where(enough, 1.0 - (1.0 - score) * (n - 1.0) / (n - p - 1.0), score);
}

FBetaScoreBody::FBetaScoreBody(const FBetaScoreOptions& options) : MetricWith(options) { set_up(options.average, options.beta, options.threshold); }
F1ScoreBody::F1ScoreBody(const F1ScoreOptions& options) : MetricWith(options) { set_up(options.average, 1, options.threshold); }

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, FBetaScore, metrics::FBetaScoreBody)
RUNNEL_KERAS_CLASS(metrics, F1Score, metrics::F1ScoreBody)
RUNNEL_KERAS_CLASS(metrics, R2Score, metrics::R2ScoreBody)

}  // namespace runnel::inline v0::keras
