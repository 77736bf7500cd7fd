#include "runnel/keras/metrics/iou.h"

#include <algorithm>
#include <numeric>

#include "runnel/base/error.h"
#include "runnel/keras/settings.h"
#include "runnel/keras/warn.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

namespace {
}  // namespace

void IoUBase::set_up(const Spec& spec) {
  spec_ = spec;
  if (spec_.target_class_ids.empty()) {
    spec_.target_class_ids.resize(size_t(spec.num_classes));
    std::iota(spec_.target_class_ids.begin(), spec_.target_class_ids.end(), int64_t(0));
  }
  int64_t last = *std::max_element(spec_.target_class_ids.begin(), spec_.target_class_ids.end());
  if (last >= spec.num_classes) fail<ValueError>("", cat("Target class id ", last, " is out of range, which is [0, ", spec.num_classes, ")."));
}

void IoUBase::constructed() {
  MetricBody::constructed();
  matrix_ = add_variable({.shape = {spec_.num_classes, spec_.num_classes}, .dtype = dtype(), .name = "total_confusion_matrix"});
}

void IoUBase::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  auto numbers = [&](const Tensor& y, bool sparse) { return reshape(cast(sparse ? y : argmax(y, spec_.axis), dtype()), {-1}); };
  Tensor truth = numbers(y_true, spec_.sparse_y_true), predicted = numbers(y_pred, spec_.sparse_y_pred);
  if (sample_weight && sample_weight.dtype().is_floating() && dtype().is_integer())
    warn("You are passing weight as `float`, but dtype is `int`. This may result in an incorrect weight due to type casting. Consider using "
         "integer weights.");
  Tensor weights = sample_weight ? cast(sample_weight, dtype()) : ones({}, dtype());
  if (weights.partial_shape().rank() > 1) weights = reshape(weights, {-1});
  weights = broadcast_to(weights, shape(truth));
  auto in_range = [&](const Tensor& y) { return logical_and(greater_equal(y, 0), less(y, spec_.num_classes)); };
  Tensor counted = logical_and(in_range(truth), in_range(predicted));
  if (spec_.ignore_class) counted = logical_and(counted, not_equal(truth, *spec_.ignore_class));
  auto kept = [&](const Tensor& y) { return where(counted, y, zeros_like(y)); };
  Tensor places = cast(kept(truth), int64) * spec_.num_classes + cast(kept(predicted), int64);
  Tensor sums = unsorted_segment_sum(kept(weights), places, spec_.num_classes * spec_.num_classes);
  matrix_.assign_add(reshape(sums, {spec_.num_classes, spec_.num_classes}));
}

Tensor IoUBase::result() {
  Tensor matrix = matrix_.value(), targets = Tensor::from(spec_.target_class_ids);
  Tensor both = reduce_sum(matrix * eye(spec_.num_classes, {}, {}, matrix.dtype()), 0);
  Tensor either = reduce_sum(matrix, 0) + reduce_sum(matrix, 1) - both;
  both = cast(gather(both, targets, 0), float32);
  either = cast(gather(either, targets, 0), float32);
  Tensor seen = either > 1e-9;  // classes that neither labels nor predictions hold do not count
  Tensor shares = where(seen, both / (either + config::epsilon()), 0.0);
  return reduce_sum(shares) / (reduce_sum(cast(seen, float32)) + config::epsilon());
}

IoUBody::IoUBody(const IoUOptions& o) : MetricWith(o) {
  if (o.target_class_ids.empty()) fail<ValueError>("IoU", "`target_class_ids` must name at least one class");
  set_up({o.num_classes, o.target_class_ids, o.ignore_class, o.sparse_y_true, o.sparse_y_pred, o.axis});
}
MeanIoUBody::MeanIoUBody(const MeanIoUOptions& o) : MetricWith(o) {
  set_up({o.num_classes, {}, o.ignore_class, o.sparse_y_true, o.sparse_y_pred, o.axis});
}
OneHotIoUBody::OneHotIoUBody(const OneHotIoUOptions& o) : MetricWith(o) {
  if (o.target_class_ids.empty()) fail<ValueError>("OneHotIoU", "`target_class_ids` must name at least one class");
  set_up({o.num_classes, o.target_class_ids, o.ignore_class, false, o.sparse_y_pred, o.axis});
}
OneHotMeanIoUBody::OneHotMeanIoUBody(const OneHotMeanIoUOptions& o) : MetricWith(o) {
  set_up({o.num_classes, {}, o.ignore_class, false, o.sparse_y_pred, o.axis});
}
BinaryIoUBody::BinaryIoUBody(const BinaryIoUOptions& o) : MetricWith(o) { set_up({.num_classes = 2, .target_class_ids = o.target_class_ids}); }

void BinaryIoUBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  IoUBase::update_state(y_true, cast(greater_equal(cast(y_pred, float32), options_.threshold), dtype()), sample_weight);
}

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, IoU, metrics::IoUBody)
RUNNEL_KERAS_CLASS(metrics, BinaryIoU, metrics::BinaryIoUBody)
RUNNEL_KERAS_CLASS(metrics, MeanIoU, metrics::MeanIoUBody)
RUNNEL_KERAS_CLASS(metrics, OneHotIoU, metrics::OneHotIoUBody)
RUNNEL_KERAS_CLASS(metrics, OneHotMeanIoU, metrics::OneHotMeanIoUBody)

}  // namespace runnel::inline v0::keras
