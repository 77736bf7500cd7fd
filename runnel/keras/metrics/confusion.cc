#include "runnel/keras/metrics/confusion.h"

#include "runnel/base/error.h"
#include "runnel/keras/metrics/confusion_counts.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

Config to_config(const Thresholds& thresholds) {
  if (!thresholds.is_set()) return {};
  return thresholds.is_single() ? Config(thresholds.values()[0]) : to_config(thresholds.values());
}
void from_config(const Config& config, Thresholds& out) {
  if (config.is_null()) {
    out = Thresholds();
  } else if (config.is_number()) {
    out = config.as_double();
  } else {
    std::vector<double> values;
    from_config(config, values);
    out = Thresholds(values);
  }
}

namespace metrics {

namespace {

std::vector<double> checked(const Thresholds& given, double otherwise) {
  for (double t : given.values())
    if (!(t >= 0 && t <= 1)) fail<ValueError>("", cat("Threshold values must be in [0, 1]. Received: ", to_text(given.values())));
  return given.is_set() ? given.values() : std::vector<double>{otherwise};
}

}  // namespace

void ConfusionBody::add_cell(Cell cell, const char* name, const Shape& shape) { cells_[cell] = add_variable({.shape = shape, .name = name}); }

void ConfusionBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  std::array<bool, 4> wanted;
  for (size_t i = 0; i < 4; ++i) wanted[i] = bool(cells_[i]);
  std::array<Tensor, 4> counts = confusion_counts(y_true, y_pred, sample_weight, spec_, wanted);
  for (size_t i = 0; i < 4; ++i)
    if (cells_[i]) cells_[i].assign_add(counts[i]);
}

Tensor ConfusionBody::share(Cell part, Cell rest) const { return divide_no_nan(cell(part), cell(part) + cell(rest)); }
Tensor ConfusionBody::by_threshold(const Tensor& values) const { return spec_.thresholds.size() == 1 ? reshape(values, {}) : values; }

ConfusionCountBody::ConfusionCountBody(const CountOptions& options) : MetricWith(options) { spec_.thresholds = checked(options.thresholds, 0.5); }
void ConfusionCountBody::constructed() {
  MetricWith::constructed();
  add_cell(counted(), "accumulator", {int64_t(spec_.thresholds.size())});
}

PrecisionBody::PrecisionBody(const PrecisionOptions& options) : MetricWith(options) {
  spec_ = {.thresholds = checked(options.thresholds, options.top_k ? kNotAmongTop : 0.5), .top_k = options.top_k, .class_id = options.class_id};
}
void PrecisionBody::constructed() {
  MetricWith::constructed();
  Shape shape({int64_t(spec_.thresholds.size())});
  add_cell(kTruePositives, "true_positives", shape);
  add_cell(kFalsePositives, "false_positives", shape);
}
void RecallBody::constructed() {
  MetricWith::constructed();
  Shape shape({int64_t(spec_.thresholds.size())});
  add_cell(kTruePositives, "true_positives", shape);
  add_cell(kFalseNegatives, "false_negatives", shape);
}

void BestAtBody::set_up(const char* what, double value, int64_t num_thresholds, std::optional<int64_t> class_id) {
  if (!(value >= 0 && value <= 1)) fail<ValueError>("", cat("Argument `", what, "` must be in the range [0, 1]. Received: ", what, "=", value));
  if (num_thresholds <= 0)
    fail<ValueError>("", cat("Argument `num_thresholds` must be an integer > 0. Received: num_thresholds=", num_thresholds));
  value_ = value;
  spec_.class_id = class_id;
  if (num_thresholds == 1) spec_.thresholds = {0.5};
  else
    for (int64_t i = 0; i < num_thresholds; ++i) spec_.thresholds.push_back(double(i) / double(num_thresholds - 1));
}
void BestAtBody::constructed() {
  ConfusionBody::constructed();
  Shape shape({int64_t(spec_.thresholds.size())});
  add_cell(kTruePositives, "true_positives", shape);
  add_cell(kFalsePositives, "false_positives", shape);
  add_cell(kTrueNegatives, "true_negatives", shape);
  add_cell(kFalseNegatives, "false_negatives", shape);
}
#define RUNNEL_SETS_UP(NAME, FIELD)                                                            \
  NAME##Body::NAME##Body(const NAME##Options& options) : MetricWith(options) {                 \
    set_up(#FIELD, options.FIELD, options.num_thresholds, options.class_id);                   \
  }
RUNNEL_SETS_UP(SensitivityAtSpecificity, specificity)
RUNNEL_SETS_UP(SpecificityAtSensitivity, sensitivity)
RUNNEL_SETS_UP(PrecisionAtRecall, recall)
RUNNEL_SETS_UP(RecallAtPrecision, precision)
#undef RUNNEL_SETS_UP
Tensor BestAtBody::best(const Tensor& wanted, const Tensor& constrained) const {
  return reduce_max(where(greater_equal(constrained, value_), wanted, zeros_like(wanted)));
}

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, TruePositives, metrics::TruePositivesBody)
RUNNEL_KERAS_CLASS(metrics, FalsePositives, metrics::FalsePositivesBody)
RUNNEL_KERAS_CLASS(metrics, TrueNegatives, metrics::TrueNegativesBody)
RUNNEL_KERAS_CLASS(metrics, FalseNegatives, metrics::FalseNegativesBody)
RUNNEL_KERAS_CLASS(metrics, Precision, metrics::PrecisionBody)
RUNNEL_KERAS_CLASS(metrics, Recall, metrics::RecallBody)
RUNNEL_KERAS_CLASS(metrics, SensitivityAtSpecificity, metrics::SensitivityAtSpecificityBody)
RUNNEL_KERAS_CLASS(metrics, SpecificityAtSensitivity, metrics::SpecificityAtSensitivityBody)
RUNNEL_KERAS_CLASS(metrics, PrecisionAtRecall, metrics::PrecisionAtRecallBody)
RUNNEL_KERAS_CLASS(metrics, RecallAtPrecision, metrics::RecallAtPrecisionBody)

}  // namespace runnel::inline v0::keras
