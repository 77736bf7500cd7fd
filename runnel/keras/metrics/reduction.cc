#include "runnel/keras/metrics/reduction.h"

#include <tuple>

#include "runnel/keras/losses/loss.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

namespace {

using Reduce = Tensor (*)(const Tensor&, const Axes&, bool);

/// x with the axes [first, rank) reduced.
Tensor reduce_from(Reduce reduce, const Tensor& x, int first) {
  std::vector<int64_t> axes;
  for (int axis = first; axis < x.partial_shape().rank(); ++axis) axes.push_back(axis);
  return axes.empty() ? x : reduce(x, axes, false);
}

struct SampleWise {
  Tensor values, weights;  // (batch); weights may be empty
};

SampleWise sample_wise(const Tensor& given, const Tensor& sample_weight, Reduce reduce, DType dtype) {
  Tensor values = cast(given, dtype), weights;
  if (sample_weight) {
    std::tie(values, weights) = losses::same_rank(values, cast(sample_weight, dtype));
    int rank = weights.partial_shape().rank();
    values = reduce_from(reduce, values, rank);
    if (!(weights.partial_shape() == values.partial_shape())) weights = broadcast_to(weights, shape(values));
    values = values * weights;
    weights = reduce_from(reduce, weights, 1);
  }
  return {reduce_from(reduce, values, 1), weights};
}

/// reduce_sum() without the call for a scalar, as the loss of each batch is.
Tensor sum_of(const Tensor& x) { return x.partial_shape().rank() == 0 ? x : reduce_sum(x); }

/// The number of samples as a scalar.
Tensor count_of(const Tensor& values, DType dtype) {
  PartialShape s = values.partial_shape();
  if (s.rank() == 0) return ones({}, dtype);
  if (s.dim(0) >= 0) return Operand(double(s.dim(0))).tensor(dtype);
  return cast(size(values), dtype);
}

}  // namespace

void SumBody::constructed() {
  MetricWith::constructed();
  total_ = add_variable({.dtype = dtype(), .name = "total"});
}

void SumBody::update_state(const Tensor& values, const Tensor&, const Tensor& sample_weight) {
  total_.assign_add(reduce_sum(sample_wise(values, sample_weight, &reduce_sum, dtype()).values));
}

void MeanMetricBody::constructed() {
  MetricBody::constructed();
  total_ = add_variable({.dtype = dtype(), .name = "total"});
  count_ = add_variable({.dtype = dtype(), .name = "count"});
}

void MeanMetricBody::add_values(const Tensor& given, const Tensor& sample_weight) {
  auto [values, weights] = sample_wise(given, sample_weight, &reduce_mean, dtype());
  total_.assign_add(sum_of(values));
  count_.assign_add(weights ? sum_of(weights) : count_of(values, dtype()));
}

Tensor MeanMetricBody::result() { return divide_no_nan(total_.value(), count_.value()); }

void MeanOfFunctionBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  add_values(fn(y_true, y_pred), losses::with_mask(sample_weight, mask_of(y_pred), dtype(), "sum"));
}

MeanMetricWrapperBody::MeanMetricWrapperBody(const MeanMetricWrapperOptions& options) : MetricWith(options) {
  if (!options.fn) fail<ValueError>("MeanMetricWrapper", "a function `fn` of (y_true, y_pred) is needed");
}

}  // namespace metrics

Ref<KerasObject> MetricBody::from_function(const Ref<Function>& function) {
  auto metric = make_ref<metrics::MeanOfForeignBody>(function);
  metric->constructed();
  return metric;
}

RUNNEL_KERAS_CLASS(metrics, Sum, metrics::SumBody)
RUNNEL_KERAS_CLASS(metrics, Mean, metrics::MeanBody)

}  // namespace runnel::inline v0::keras
