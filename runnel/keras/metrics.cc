#include "runnel/keras/metrics.h"

#include <cmath>

#include "runnel/keras/losses.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

void MeanMetricBody::constructed() { name_ = options_.name.empty() ? to_snake_case(class_name()) : options_.name; }

void MeanMetricBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  Tensor values = per_sample(y_true, y_pred);
  if (sample_weight) {
    Tensor weights = cast(sample_weight, values.dtype());
    total_ += double(cast(reduce_sum(values * weights), float32).item<float>());
    count_ += double(cast(reduce_sum(weights), float32).item<float>());
    return;
  }
  total_ += double(cast(reduce_sum(values), float32).item<float>());
  count_ += double(values.num_elements());
}
Tensor MeanMetricBody::result() { return Tensor::scalar(count_ == 0 ? 0.f : float(total_ / count_)); }
void MeanMetricBody::reset_state() { total_ = count_ = 0; }

Tensor RootMeanSquaredErrorBody::result() { return sqrt(MeanMetricBody::result()); }

Tensor MeanSquaredErrorBody::per_sample(const Tensor& y_true, const Tensor& y_pred) { return losses::mean_squared_error(y_true, y_pred); }
Tensor MeanAbsoluteErrorBody::per_sample(const Tensor& y_true, const Tensor& y_pred) { return losses::mean_absolute_error(y_true, y_pred); }

Tensor BinaryAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  Tensor above = cast(greater(y_pred, 0.5), y_pred.dtype());
  return reduce_mean(cast(equal(cast(y_true, y_pred.dtype()), above), float32), -1);
}
Tensor CategoricalAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return cast(equal(argmax(y_true, -1), argmax(y_pred, -1)), float32);
}
Tensor SparseCategoricalAccuracyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  Tensor labels = cast(y_true, int64);
  if (labels.rank() == y_pred.rank() && labels.dim(-1) == 1) labels = squeeze(labels, -1);
  return cast(equal(labels, argmax(y_pred, -1)), float32);
}

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, MeanSquaredError, metrics::MeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(metrics, MeanAbsoluteError, metrics::MeanAbsoluteErrorBody)
RUNNEL_KERAS_CLASS(metrics, RootMeanSquaredError, metrics::RootMeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(metrics, BinaryAccuracy, metrics::BinaryAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, CategoricalAccuracy, metrics::CategoricalAccuracyBody)
RUNNEL_KERAS_CLASS(metrics, SparseCategoricalAccuracy, metrics::SparseCategoricalAccuracyBody)

Metric metric_for(const std::string& name, const PartialShape& y_true, const PartialShape& y_pred) {
  if (name != "accuracy" && name != "acc") return Metric(name);
  bool one = y_pred.rank() < 2 || y_pred.dim(-1) == 1;
  bool sparse = y_true.rank() < y_pred.rank() || y_true.dim(-1) == 1;
  metrics::Options options{.name = name};
  if (one) return metrics::BinaryAccuracy(options);
  if (sparse) return metrics::SparseCategoricalAccuracy(options);
  return metrics::CategoricalAccuracy(options);
}

}  // namespace runnel::inline v0::keras
