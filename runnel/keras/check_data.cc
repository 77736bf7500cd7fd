#include "runnel/keras/check_data.h"

#include <cmath>

#include "runnel/keras/axis_names.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

double number_of(const Tensor& scalar) { return cast(scalar, float64).item<double>(); }
bool all_of(const Tensor& condition) { return reduce_all(condition).item<bool>(); }

Tensor as_double(const Tensor& t) { return cast(t, float64); }

bool is_whole(const Tensor& y) { return !y.dtype().is_floating() || all_of(equal(floor(y), y)); }

// Rows of zeros with a single one.
bool is_one_hot(const Tensor& y) {
  if (y.rank() < 2 || y.dim(-1) < 2) return false;
  Tensor values = as_double(y);
  return all_of(logical_or(equal(values, 0.0), equal(values, 1.0))) && all_of(equal(reduce_sum(values, {-1}), 1.0));
}

bool sums_to_one(const Tensor& rows) { return all_of(less(abs(reduce_sum(as_double(rows), {-1}) - 1.0), 1e-3)); }

/// What a loss makes of labels and predictions.
struct LossKind {
  bool sparse = false, categorical = false, binary = false, regression = false, from_logits = false;
};
LossKind kind_of(const LossBody& loss) {
  std::string name = loss.class_name();
  std::optional<Config> logits = loss.argument("from_logits");
  bool regression = false;  // a loss of one's own may want anything
  for (const char* known : {"MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Huber", "LogCosh", "Poisson"})
    regression |= name == known;
  return {name == "SparseCategoricalCrossentropy", name == "CategoricalCrossentropy" || name == "CategoricalFocalCrossentropy",
          name == "BinaryCrossentropy" || name == "BinaryFocalCrossentropy", regression, logits && logits->is_bool() && logits->as_bool()};
}

/// One output under examination.
struct Labels {
  std::string where;
  const Tensor &y, &y_pred;
  LossKind kind;
  Findings& out;
  int64_t units() const { return y_pred.rank() == 0 ? 1 : y_pred.dim(-1); }
  void error(const std::string& problem, const std::string& got, const std::string& expected, const std::string& hint) const {
    out.push_back({true, where, problem, got, expected, hint});
  }
};

std::string shape_text(const Tensor& t) { return to_text(t.shape()); }

void check_class_numbers(const Labels& l) {
  if (is_one_hot(l.y) && l.y.dim(-1) == l.units())
    return l.error("one-hot rows where class numbers are expected", cat("labels of shape ", shape_text(l.y)), "whole numbers of shape (samples,)",
                   "loss=\"categorical_crossentropy\", or argmax(y, axis=-1)");
  if (l.units() == 1)
    return l.error("a single unit cannot choose between classes", "1 unit", "a unit for each class", "Dense(classes), or binary_crossentropy with a sigmoid");
  bool same_rank = l.y.rank() == l.y_pred.rank() - 1 || (l.y.rank() == l.y_pred.rank() && l.y.dim(-1) == 1);
  if (!same_rank) return l.error("labels have the wrong shape", shape_text(l.y), cat("one class number for each of the predictions ", shape_text(l.y_pred)), "");
  if (!is_whole(l.y)) return l.error("class numbers are not whole", l.y.dtype().name(), "0, 1, 2, ...", "mean_squared_error for regression");
  auto range = range_of(l.y);
  if (!range || (range->low >= 0 && range->high < double(l.units()))) return;
  bool from_one = range->low >= 1 && range->high == double(l.units());
  l.error("labels outside of [0, classes)", range_text(*range), cat("0 .. ", l.units() - 1),
          from_one ? "count classes from 0: y - 1" : cat("Dense(", int64_t(range->high) + 1, "), or other labels"));
}

void check_one_hot(const Labels& l) {
  if (l.units() == 1) return l.error("a softmax of one unit is always 1", "1 unit", "a unit for each class", "binary_crossentropy with a sigmoid");
  bool column = l.y.rank() < l.y_pred.rank() || l.y.dim(-1) == 1;
  if (column)
    return l.error("class numbers where one-hot rows are expected", cat("labels of shape ", shape_text(l.y)), cat("rows of ", l.units(), " numbers"),
                   "loss=\"sparse_categorical_crossentropy\", or to_categorical(y)");
  if (l.y.dim(-1) != l.units())
    return l.error("labels and predictions differ in classes", cat(l.y.dim(-1), " classes"), cat(l.units(), " units"), cat("Dense(", l.y.dim(-1), ")"));
  if (!sums_to_one(l.y))
    l.out.push_back({false, l.where, "rows of labels do not add up to 1", "", "one-hot rows", "binary_crossentropy for several labels at once"});
}

void check_binary(const Labels& l) {
  auto range = range_of(l.y);
  int64_t classes = l.y.rank() < l.y_pred.rank() ? 1 : l.y.dim(-1);
  if (classes != l.units())
    return l.error("labels and predictions differ in size", shape_text(l.y), shape_text(l.y_pred),
                   l.units() == 1 ? "Dense with a unit for each label" : "Dense(1), or sparse_categorical_crossentropy");
  if (!range || (range->low >= 0 && range->high <= 1)) return;
  bool signs = range->low == -1 && range->high == 1;
  l.error("binary labels are not 0 and 1", range_text(*range), "0 and 1", signs ? "(y + 1) / 2, or loss=\"hinge\"" : "sparse_categorical_crossentropy for classes");
}

// Predictions against what the loss takes them for.
void check_predictions(const Labels& l) {
  auto range = range_of(l.y_pred);
  bool crossentropy = l.kind.sparse || l.kind.categorical || l.kind.binary;
  if (!range || !crossentropy) return;
  bool within = range->low >= 0 && range->high <= 1;
  bool softmax = within && l.units() > 1 && sums_to_one(l.y_pred);
  if (l.kind.from_logits && (softmax || (l.kind.binary && within && range->low > 0 && range->high < 1)))
    l.out.push_back({softmax, l.where, "the loss expects logits, the outputs are probabilities", range_text(*range), "numbers of any size",
                     "from_logits=False, or no activation in the last layer"});
  if (!l.kind.from_logits && !within)
    l.error("the loss expects probabilities, the outputs are none", range_text(*range), "0 .. 1", "from_logits=True, or a softmax or sigmoid in the last layer");
}

void check_regression(const Labels& l) {
  bool fits = l.y.rank() + 1 == l.y_pred.rank() ? l.units() == 1 : l.y.rank() == l.y_pred.rank() && l.y.dim(-1) == l.units();
  if (l.y.rank() == l.y_pred.rank() + 1) fits = l.y.dim(-1) == 1;
  if (fits) return;
  bool broadcast = l.y.rank() == l.y_pred.rank() && (l.y.dim(-1) == 1 || l.units() == 1);
  l.out.push_back({!broadcast, l.where, "labels and predictions differ in shape", shape_text(l.y), shape_text(l.y_pred),
                   "as many units in the last layer as labels for a sample"});
}

}  // namespace

std::optional<ValueRange> range_of(const Tensor& t) {
  if (t.dtype() == string || t.dtype() == bool_ || t.num_elements() == 0) return {};
  ValueRange range{number_of(reduce_min(t)), number_of(reduce_max(t))};
  return std::isnan(range.low) || std::isnan(range.high) ? std::nullopt : std::optional(range);
}
std::string range_text(const ValueRange& range) { return cat(float(range.low), " .. ", float(range.high)); }

bool check_values(const std::string& where, const Tensor& t, Findings& out) {
  if (t.dtype() == string) {
    out.push_back({true, where, "text where numbers are expected", "string", "numbers", "turn words into numbers first"});
    return false;
  }
  if (!t.dtype().is_floating() || all_of(is_finite(t))) return true;
  int64_t nans = int64_t(number_of(reduce_sum(cast(is_nan(t), int64)))), infinite = int64_t(number_of(reduce_sum(cast(is_inf(t), int64))));
  out.push_back({true, where, "values that are no numbers", cat(nans, " NaN, ", infinite, " infinite"), "finite numbers", "leave out or fill in those samples"});
  return false;
}

void check_scale(const std::string& where, const Tensor& t, Findings& out) {
  auto range = range_of(t);
  if (!range) return;
  bool pixels = t.rank() >= 3 && range->low >= 0 && range->high > 1.5 && range->high <= 255;
  if (pixels) out.push_back({false, where, "images are not normalised", range_text(*range), "0 .. 1", "x / 255, or a Rescaling(1 / 255) layer"});
  else if (t.dtype().is_floating() && std::max(-range->low, range->high) > 1000)
    out.push_back({false, where, "values are large", range_text(*range), "about -3 .. 3", "subtract the mean and divide by the deviation"});
}

void check_labels(const std::string& where, const Tensor& y, const Tensor& y_pred, const LossBody& loss, Findings& out) {
  Labels labels{where, y, y_pred, kind_of(loss), out};
  if (labels.kind.sparse) check_class_numbers(labels);
  else if (labels.kind.categorical) check_one_hot(labels);
  else if (labels.kind.binary) check_binary(labels);
  else if (labels.kind.regression) check_regression(labels);
  check_predictions(labels);
}

}  // namespace runnel::inline v0::keras
