// keras.metrics of the confusion matrix at thresholds: true and false positives and negatives, and what is made of them.
#pragma once

#include <array>

#include "runnel/keras/metrics/metric.h"

namespace runnel::inline v0::keras {

/// One threshold or several, in [0, 1]: .thresholds = 0.4, .thresholds = {0.2, 0.8}. Unset: the metric's default.
class Thresholds {
 public:
  Thresholds() = default;
  Thresholds(double threshold) : values_{threshold}, single_(true) {}
  Thresholds(std::initializer_list<double> thresholds) : values_(thresholds) {}
  Thresholds(std::vector<double> thresholds) : values_(std::move(thresholds)) {}
  bool is_set() const { return !values_.empty(); }
  bool is_single() const { return single_; }
  const std::vector<double>& values() const { return values_; }

 private:
  std::vector<double> values_;
  bool single_ = false;
};
Config to_config(const Thresholds& thresholds);
void from_config(const Config& config, Thresholds& out);

namespace metrics {

/// How predictions become positives.
struct ConfusionSpec {
  std::vector<double> thresholds{};
  std::optional<int64_t> top_k{}, class_id{};
  bool multi_label = false;  ///< Counts for each label: (thresholds, labels).
  std::vector<double> label_weights{};
};

/// Keeps those cells of the matrix that add_cell() made, (thresholds) each.
class ConfusionBody : public MetricBody {
 public:
  using MetricBody::MetricBody;
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;

 protected:
  enum Cell { kTruePositives, kFalsePositives, kTrueNegatives, kFalseNegatives };
  void add_cell(Cell cell, const char* name, const Shape& shape);
  Tensor cell(Cell which) const { return cells_[which].value(); }
  /// part / (part + rest), 0 where there are none.
  Tensor share(Cell part, Cell rest) const;
  /// A scalar where there is one threshold.
  Tensor by_threshold(const Tensor& values) const;
  ConfusionSpec spec_;

 private:
  std::array<Variable, 4> cells_;
};

struct CountOptions {
  Thresholds thresholds{};
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("thresholds", s.thresholds);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
class ConfusionCountBody : public MetricWith<ConfusionBody, CountOptions> {
 public:
  explicit ConfusionCountBody(const CountOptions& options);
  void constructed() override;
  Tensor result() override { return by_threshold(cell(counted())); }

 protected:
  virtual Cell counted() const = 0;
};
#define RUNNEL_CONFUSION_COUNT(NAME)                                \
  class NAME##Body : public ConfusionCountBody {                    \
   public:                                                          \
    using ConfusionCountBody::ConfusionCountBody;                   \
    static constexpr const char* kName = #NAME;                     \
    std::string class_name() const override { return kName; }       \
                                                                    \
   protected:                                                       \
    Cell counted() const override { return k##NAME; }               \
  };                                                                \
  using NAME = ObjectOf<NAME##Body>;
RUNNEL_CONFUSION_COUNT(TruePositives)  ///< The number of positive labels predicted as such, by threshold.
RUNNEL_CONFUSION_COUNT(FalsePositives)  ///< The number of negative labels predicted as positive, by threshold.
RUNNEL_CONFUSION_COUNT(TrueNegatives)  ///< The number of negative labels predicted as such, by threshold.
RUNNEL_CONFUSION_COUNT(FalseNegatives)  ///< The number of positive labels predicted as negative, by threshold.
#undef RUNNEL_CONFUSION_COUNT

struct PrecisionOptions {
  Thresholds thresholds{};
  std::optional<int64_t> top_k{}, class_id{};
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("thresholds", s.thresholds);
    v("top_k", s.top_k);
    v("class_id", s.class_id);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
/// True positives among the predicted positives.
class PrecisionBody : public MetricWith<ConfusionBody, PrecisionOptions> {
 public:
  explicit PrecisionBody(const PrecisionOptions& options);
  static constexpr const char* kName = "Precision";
  std::string class_name() const override { return kName; }
  Direction direction() const override { return Direction::kUp; }
  void constructed() override;
  Tensor result() override { return by_threshold(share(kTruePositives, kFalsePositives)); }
};
using Precision = ObjectOf<PrecisionBody>;

/// True positives among the actual positives.
class RecallBody : public PrecisionBody {
 public:
  using PrecisionBody::PrecisionBody;
  static constexpr const char* kName = "Recall";
  std::string class_name() const override { return kName; }
  void constructed() override;
  Tensor result() override { return by_threshold(share(kTruePositives, kFalseNegatives)); }
};
using Recall = ObjectOf<RecallBody>;

/// The best value of one share where another is at least what is asked, over evenly spread thresholds.
class BestAtBody : public ConfusionBody {
 public:
  BestAtBody(const std::string& name, DType dtype) : ConfusionBody(name, dtype) {}
  Direction direction() const override { return Direction::kUp; }
  void constructed() override;

 protected:
  void set_up(const char* what, double value, int64_t num_thresholds, std::optional<int64_t> class_id);
  Tensor best(const Tensor& wanted, const Tensor& constrained) const;
  Tensor sensitivity() const { return share(kTruePositives, kFalseNegatives); }
  Tensor specificity() const { return share(kTrueNegatives, kFalsePositives); }
  Tensor precision() const { return share(kTruePositives, kFalsePositives); }

 private:
  double value_ = 0;
};
#define RUNNEL_BEST_AT(NAME, FIELD, BEST, CONSTRAINED)                                       \
  struct NAME##Options {                                                                     \
    double FIELD = 0.5;                                                                      \
    int64_t num_thresholds = 200;                                                            \
    std::optional<int64_t> class_id{};                                                       \
    std::string name{};                                                                      \
    DType dtype{};                                                                           \
    template <class S, class V>                                                              \
    static void fields(S& s, V&& v) {                                                        \
      v(#FIELD, s.FIELD);                                                                    \
      v("num_thresholds", s.num_thresholds);                                                 \
      v("class_id", s.class_id);                                                             \
      v("name", s.name);                                                                     \
      v("dtype", s.dtype);                                                                   \
    }                                                                                        \
  };                                                                                         \
  class NAME##Body : public MetricWith<BestAtBody, NAME##Options> {                          \
   public:                                                                                   \
    explicit NAME##Body(const NAME##Options& options);                                       \
    static constexpr const char* kName = #NAME;                                              \
    std::string class_name() const override { return kName; }                                \
    Tensor result() override { return best(BEST(), CONSTRAINED()); }                         \
  };                                                                                         \
  using NAME = ObjectOf<NAME##Body>;
RUNNEL_BEST_AT(SensitivityAtSpecificity, specificity, BestAtBody::sensitivity, BestAtBody::specificity)  ///< The best TP / (TP + FN) where TN / (TN + FP) is at least `specificity`.
RUNNEL_BEST_AT(SpecificityAtSensitivity, sensitivity, BestAtBody::specificity, BestAtBody::sensitivity)  ///< The best TN / (TN + FP) where TP / (TP + FN) is at least `sensitivity`.
RUNNEL_BEST_AT(PrecisionAtRecall, recall, BestAtBody::precision, BestAtBody::sensitivity)  ///< The best TP / (TP + FP) where TP / (TP + FN) is at least `recall`.
RUNNEL_BEST_AT(RecallAtPrecision, precision, BestAtBody::sensitivity, BestAtBody::precision)  ///< The best TP / (TP + FN) where TP / (TP + FP) is at least `precision`.
#undef RUNNEL_BEST_AT

}  // namespace metrics
}  // namespace runnel::inline v0::keras
