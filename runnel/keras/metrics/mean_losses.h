// keras.metrics that are means of losses, and of correlations.
#pragma once

#include "runnel/keras/metrics/reduction.h"

namespace runnel::inline v0::keras::metrics {

struct BinaryCrossentropyOptions {
  std::string name{};
  DType dtype{};
  bool from_logits = false;
  double label_smoothing = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("dtype", s.dtype);
    v("from_logits", s.from_logits);
    v("label_smoothing", s.label_smoothing);
  }
};
struct CategoricalCrossentropyOptions {
  std::string name{};
  DType dtype{};
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("dtype", s.dtype);
    v("from_logits", s.from_logits);
    v("label_smoothing", s.label_smoothing);
    v("axis", s.axis);
  }
};
struct SparseCrossentropyOptions {
  std::string name{};
  DType dtype{};
  bool from_logits = false;
  std::optional<int64_t> ignore_class{};
  int64_t axis = -1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("dtype", s.dtype);
    v("from_logits", s.from_logits);
    v("ignore_class", s.ignore_class);
    v("axis", s.axis);
  }
};
struct AxisOptions {
  std::string name{};
  DType dtype{};
  int64_t axis = -1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("dtype", s.dtype);
    v("axis", s.axis);
  }
};

/// The cosine of the angle between the vectors along `axis` (the loss of that name has the other sign).
Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int64_t axis = -1);
/// Pearson's correlation coefficient along `axis`.
Tensor pearson_correlation(const Tensor& y_true, const Tensor& y_pred, int64_t axis = -1);
/// Lin's concordance correlation coefficient along `axis` (Lin, 1989).
Tensor concordance_correlation(const Tensor& y_true, const Tensor& y_pred, int64_t axis = -1);

RUNNEL_MEAN_METRIC(MeanSquaredError, Options, "mean_squared_error", kDown)  ///< Mean of (y_true - y_pred)^2.
RUNNEL_MEAN_METRIC(MeanAbsoluteError, Options, "mean_absolute_error", kDown)  ///< Mean of |y_true - y_pred|.
RUNNEL_MEAN_METRIC(MeanAbsolutePercentageError, Options, "mean_absolute_percentage_error", kDown)  ///< 100 times the mean of |y_true - y_pred| / max(|y_true|, 1e-7).
RUNNEL_MEAN_METRIC(MeanSquaredLogarithmicError, Options, "mean_squared_logarithmic_error", kDown)  ///< Mean of (log(y_true + 1) - log(y_pred + 1))^2.
RUNNEL_MEAN_METRIC(LogCoshError, Options, "logcosh", kDown)  ///< Mean of log(cosh(y_pred - y_true)).
RUNNEL_MEAN_METRIC(CosineSimilarity, AxisOptions, "cosine_similarity", kUp)  ///< Mean cosine of the angle between the vectors along `axis`.
RUNNEL_MEAN_METRIC(PearsonCorrelation, AxisOptions, "pearson_correlation", kUp)  ///< Mean correlation of y_true and y_pred along `axis`.
RUNNEL_MEAN_METRIC(ConcordanceCorrelation, AxisOptions, "concordance_correlation", kUp)  ///< Mean concordance correlation (Lin, 1989) along `axis`.
RUNNEL_MEAN_METRIC(KLDivergence, Options, "kl_divergence", kUnknown)  ///< Mean of sum(y_true log(y_true / y_pred)).
RUNNEL_MEAN_METRIC(Poisson, Options, "poisson", kUnknown)  ///< Mean of y_pred - y_true log(y_pred).
RUNNEL_MEAN_METRIC(Hinge, Options, "hinge", kDown)  ///< Mean of max(1 - y_true y_pred, 0).
RUNNEL_MEAN_METRIC(SquaredHinge, Options, "squared_hinge", kDown)  ///< Mean of max(1 - y_true y_pred, 0)^2.
RUNNEL_MEAN_METRIC(CategoricalHinge, Options, "categorical_hinge", kDown)  ///< Mean of max(neg - pos + 1, 0); see losses.CategoricalHinge.
RUNNEL_MEAN_METRIC(BinaryCrossentropy, BinaryCrossentropyOptions, "binary_crossentropy", kDown)  ///< Mean cross-entropy of labels 0 or 1 and probabilities (or logits).
RUNNEL_MEAN_METRIC(CategoricalCrossentropy, CategoricalCrossentropyOptions, "categorical_crossentropy", kDown)  ///< Mean cross-entropy of one-hot labels and probabilities (or logits).
RUNNEL_MEAN_METRIC(SparseCategoricalCrossentropy, SparseCrossentropyOptions, "sparse_categorical_crossentropy", kDown)  ///< Mean cross-entropy of class numbers and probabilities (or logits).

/// The root of the mean squared error.
class RootMeanSquaredErrorBody : public MetricWith<MeanMetricBody, Options> {
 public:
  using MetricWith::MetricWith;
  static constexpr const char* kName = "RootMeanSquaredError";
  std::string class_name() const override { return kName; }
  Direction direction() const override { return Direction::kDown; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;

 protected:
  std::string default_name() const override { return "root_mean_squared_error"; }
};
using RootMeanSquaredError = ObjectOf<RootMeanSquaredErrorBody>;

}  // namespace runnel::inline v0::keras::metrics
