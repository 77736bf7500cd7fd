// keras.metrics: FBetaScore, F1Score and R2Score. Targets and predictions are (batch, classes).
#pragma once

#include "runnel/keras/metrics/metric.h"

namespace runnel::inline v0::keras::metrics {

struct FBetaScoreOptions {
  std::string average{};  ///< "": one score a class; "micro", "macro", "weighted".
  double beta = 1;
  std::optional<double> threshold{};  ///< Unset: the greatest prediction counts as 1.
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("average", s.average);
    v("beta", s.beta);
    v("threshold", s.threshold);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct F1ScoreOptions {
  std::string average{};
  std::optional<double> threshold{};
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("average", s.average);
    v("threshold", s.threshold);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};

/// (1 + beta^2) precision recall / (beta^2 precision + recall)
class FBetaBody : public MetricBody {
 public:
  FBetaBody(const std::string& name, DType dtype) : MetricBody(name, dtype) {}
  Direction direction() const override { return Direction::kUp; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;

 protected:
  void set_up(const std::string& average, double beta, std::optional<double> threshold);
  Config with_average(Config config) const;

 private:
  void build(const PartialShape& y_true, const PartialShape& y_pred);
  Tensor positives(const Tensor& y_pred) const;
  std::string average_;
  double beta_ = 1;
  std::optional<double> threshold_;
  Variable true_positives_, false_positives_, false_negatives_, actual_;
};

/// (1 + beta^2) precision recall / (beta^2 precision + recall), by class or averaged.
class FBetaScoreBody : public MetricWith<FBetaBody, FBetaScoreOptions> {
 public:
  explicit FBetaScoreBody(const FBetaScoreOptions& options);
  static constexpr const char* kName = "FBetaScore";
  std::string class_name() const override { return kName; }
  Config get_config() const override { return with_average(MetricWith::get_config()); }

 protected:
  std::string default_name() const override { return "fbeta_score"; }
};
using FBetaScore = ObjectOf<FBetaScoreBody>;

/// 2 precision recall / (precision + recall), by class or averaged.
class F1ScoreBody : public MetricWith<FBetaBody, F1ScoreOptions> {
 public:
  explicit F1ScoreBody(const F1ScoreOptions& options);
  static constexpr const char* kName = "F1Score";
  std::string class_name() const override { return kName; }
  Config get_config() const override { return with_average(MetricWith::get_config()); }

 protected:
  std::string default_name() const override { return "f1_score"; }
};
using F1Score = ObjectOf<F1ScoreBody>;

struct R2ScoreOptions {
  std::string class_aggregation = "uniform_average";  ///< "": one score an output; "variance_weighted_average".
  int64_t num_regressors = 0;                         ///< For the adjusted score.
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("class_aggregation", s.class_aggregation);
    v("num_regressors", s.num_regressors);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};

/// The coefficient of determination: 1 - sum (y - p)^2 / sum (y - mean y)^2.
class R2ScoreBody : public MetricWith<MetricBody, R2ScoreOptions> {
 public:
  explicit R2ScoreBody(const R2ScoreOptions& options);
  static constexpr const char* kName = "R2Score";
  std::string class_name() const override { return kName; }
  Direction direction() const override { return Direction::kUp; }
  void constructed() override;
  Config get_config() const override;
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;

 protected:
  std::string default_name() const override { return "r2_score"; }

 private:
  Tensor adjusted(const Tensor& score) const;
  Variable num_samples_, squared_sum_, sum_, residual_, count_;
};
using R2Score = ObjectOf<R2ScoreBody>;

}  // namespace runnel::inline v0::keras::metrics
