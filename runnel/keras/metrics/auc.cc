#include "runnel/keras/metrics/auc.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace metrics {

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = char(std::tolower(c));
  return text;
}
std::string upper(std::string text) {
  for (char& c : text) c = char(std::toupper(c));
  return text;
}

void check_options(const AUCOptions& o) {
  if (!o.thresholds && o.num_thresholds <= 1)
    fail<ValueError>("", cat("Argument `num_thresholds` must be an integer > 1. Received: num_thresholds=", o.num_thresholds));
  if (o.curve != "ROC" && o.curve != "PR" && o.curve != "PRGAIN")
    fail<ValueError>("", cat("Invalid AUC curve value: \"", o.curve, "\". Expected values are [\"PR\", \"ROC\", \"PRGAIN\"]"));
  if (o.summation_method != "interpolation" && o.summation_method != "majoring" && o.summation_method != "minoring")
    fail<ValueError>("", cat("Invalid AUC summation method value: \"", o.summation_method,
                             "\". Expected values are [\"interpolation\", \"majoring\", \"minoring\"]"));
  if (o.num_labels && !o.multi_label) fail<ValueError>("", "`num_labels` is needed only when `multi_label` is True.");
}

Tensor but_last(const Tensor& x) { return strided_slice(x, {0}, {-1}); }
Tensor but_first(const Tensor& x) { return strided_slice(x, {1}, {0}, {1}, 0, 1); }

}  // namespace

AUCBody::AUCBody(const AUCOptions& options) : MetricWith(options) {
  options_.curve = upper(options.curve);
  options_.summation_method = lower(options.summation_method);
  check_options(options_);
  std::vector<double> inner;
  if (options.thresholds) {
    inner = *options.thresholds;
    std::sort(inner.begin(), inner.end());
    options_.num_thresholds = int64_t(inner.size()) + 2;
  } else {
    for (int64_t i = 1; i + 1 < options.num_thresholds; ++i) inner.push_back(double(i) / double(options.num_thresholds - 1));
  }
  // The ends lie outside of [0, 1], so that rounding loses no prediction.
  spec_.thresholds.push_back(-config::epsilon());
  spec_.thresholds.insert(spec_.thresholds.end(), inner.begin(), inner.end());
  spec_.thresholds.push_back(1 + config::epsilon());
  spec_.multi_label = options.multi_label;
  if (options.label_weights) spec_.label_weights = *options.label_weights;
}

Config AUCBody::get_config() const {
  Config config = MetricWith::get_config();
  if (options_.thresholds) {
    config.set("thresholds", to_config(std::vector<double>(spec_.thresholds.begin() + 1, spec_.thresholds.end() - 1)));
    return config;
  }
  Config::Dict without;
  for (const auto& [name, value] : config.as_dict())
    if (name != "thresholds") without.emplace_back(name, value);
  return without;
}

void AUCBody::constructed() {
  MetricWith::constructed();
  if (!options_.multi_label) add_cells({options_.num_thresholds});
  else if (options_.num_labels) add_cells({options_.num_thresholds, *options_.num_labels});
}

void AUCBody::add_cells(const Shape& shape) {
  add_cell(kTruePositives, "true_positives", shape);
  add_cell(kFalsePositives, "false_positives", shape);
  add_cell(kTrueNegatives, "true_negatives", shape);
  add_cell(kFalseNegatives, "false_negatives", shape);
  built_ = true;
}

void AUCBody::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  if (!built_) {
    PartialShape s = y_pred.partial_shape();
    if (s.rank() != 2)
      fail<ValueError>("", cat("`y_pred` must have rank 2 when `multi_label=True`. Found rank ", s.rank(), ". Full shape received for `y_pred`: ", to_text(s)));
    add_cells({options_.num_thresholds, s.dim(1)});
  }
  ConfusionBody::update_state(y_true, options_.from_logits ? sigmoid(y_pred) : y_pred, sample_weight);
}

/// The sum over thresholds, and the mean over labels.
Tensor AUCBody::total(const Tensor& areas) const {
  if (!options_.multi_label) return reduce_sum(areas);
  Tensor by_label = reduce_sum(areas, 0);
  if (!options_.label_weights) return reduce_mean(by_label);
  Tensor weights = cast(Tensor::from(*options_.label_weights), by_label.dtype());
  return divide_no_nan(reduce_sum(by_label * weights), reduce_sum(weights));
}

Tensor AUCBody::interpolated_pr() const {
  Tensor tp = cell(kTruePositives), p = tp + cell(kFalsePositives);
  Tensor tp_gained = but_last(tp) - but_first(tp), p_gained = but_last(p) - but_first(p);
  Tensor slope = divide_no_nan(tp_gained, maximum(p_gained, 0.0));
  Tensor intercept = but_first(tp) - slope * but_first(p);
  Tensor both = logical_and(but_last(p) > 0.0, but_first(p) > 0.0);
  Tensor ratio = where(both, divide_no_nan(but_last(p), maximum(but_first(p), 0.0)), ones_like(but_first(p)));
  Tensor actual = maximum(but_first(tp) + but_first(cell(kFalseNegatives)), 0.0);
  return total(divide_no_nan(slope * (tp_gained + intercept * log(ratio)), actual));
}

AUCBody::Curve AUCBody::curve() const {
  Tensor recall = share(kTruePositives, kFalseNegatives);
  if (options_.curve == "ROC") return {share(kFalsePositives, kTrueNegatives), recall};
  if (options_.curve == "PR") return {recall, share(kTruePositives, kFalsePositives)};
  Tensor tp = cell(kTruePositives), fp = cell(kFalsePositives), fn = cell(kFalseNegatives), none = equal(tp, 0.0);
  Tensor scale = divide_no_nan(tp + fn, cell(kTrueNegatives) + fp);
  Tensor recall_gain = where(none, 0.0, 1.0 - scale * divide_no_nan(fn, tp));
  Tensor precision_gain = where(none, 1.0, 1.0 - scale * divide_no_nan(fp, tp));
  return {maximum(recall_gain, 0.0), precision_gain};
}

Tensor AUCBody::result() {
  if (!built_) return Tensor::scalar(0.0f);
  const std::string& method = options_.summation_method;
  if (options_.curve == "PR" && method == "interpolation") return interpolated_pr();
  auto [x, y] = curve();
  Tensor left = but_last(y), right = but_first(y), heights;
  if (method == "interpolation") heights = (left + right) / 2.0;
  else heights = method == "minoring" ? minimum(left, right) : maximum(left, right);
  return total((but_last(x) - but_first(x)) * heights);
}

}  // namespace metrics

RUNNEL_KERAS_CLASS(metrics, AUC, metrics::AUCBody)

}  // namespace runnel::inline v0::keras
