// Metrics that are asked for by name.
#include "runnel/keras/metrics.h"

namespace runnel::inline v0::keras {

namespace {

Metric named(Metric metric, const std::string& name) {
  metric.body()->set_name(name);
  return metric;
}

}  // namespace

Metric metric_for(const std::string& name, const PartialShape& y_true, const PartialShape& y_pred) {
  bool binary = y_pred.rank() < 2 || y_pred.dim(-1) == 1;
  bool sparse = y_true.rank() < y_pred.rank() || y_true.dim(-1) == 1;
  if (name == "accuracy" || name == "acc") {
    if (binary) return named(metrics::BinaryAccuracy(), name);
    return named(sparse ? Metric(metrics::SparseCategoricalAccuracy()) : Metric(metrics::CategoricalAccuracy()), name);
  }
  if (name == "crossentropy" || name == "ce") {
    if (binary) return named(metrics::BinaryCrossentropy(), name);
    return named(sparse ? Metric(metrics::SparseCategoricalCrossentropy()) : Metric(metrics::CategoricalCrossentropy()), name);
  }
  return Metric(name);
}

}  // namespace runnel::inline v0::keras
