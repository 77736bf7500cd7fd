// keras.metrics: streaming averages.
#pragma once

#include <string>

#include "runnel/core/tensor.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

class MetricBody : public KerasObject {
 public:
  static constexpr const char* kKind = "metrics";
  std::string module() const override { return "keras.metrics"; }
  virtual const std::string& name() const = 0;
  virtual void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) = 0;
  virtual Tensor result() = 0;
  virtual void reset_state() = 0;
  /// Updates, and gives the result so far.
  Tensor call(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) {
    update_state(y_true, y_pred, sample_weight);
    return result();
  }
};
using Metric = Handle<MetricBody>;

namespace metrics {

struct Options {
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
  }
};

struct ThresholdOptions {
  double threshold = 0.5;
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("threshold", s.threshold);
    v("name", s.name);
  }
};
struct TopKOptions {
  int64_t k = 5;
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("k", s.k);
    v("name", s.name);
  }
};
struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("from_logits", s.from_logits);
    v("label_smoothing", s.label_smoothing);
  }
};
struct SparseCrossentropyOptions {
  bool from_logits = false;
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("from_logits", s.from_logits);
  }
};

/// The mean over all samples of a value per sample; sums are held in double, so that long epochs lose nothing.
class MeanMetricBody : public MetricBody {
 public:
  const std::string& name() const override { return name_; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;
  void reset_state() override;

 protected:
  virtual Tensor per_sample(const Tensor& y_true, const Tensor& y_pred) = 0;
  void add_values(Tensor values, const Tensor& sample_weight);
  std::string name_;
  double total_ = 0, count_ = 0;
};

/// The same with options, of which one is the name.
template <class OptionsT>
class MeanMetricWith : public BodyWith<MeanMetricBody, OptionsT> {
 public:
  explicit MeanMetricWith(const OptionsT& options) : BodyWithOptions(options) {}
  void constructed() override {
    if (this->options_.name.empty()) this->options_.name = to_snake_case(this->class_name());
    this->name_ = this->options_.name;
  }

 private:
  using BodyWithOptions = BodyWith<MeanMetricBody, OptionsT>;
};

#define RUNNEL_METRIC(NAME, OPTIONS)                                            \
  class NAME##Body : public MeanMetricWith<OPTIONS> {                           \
   public:                                                                      \
    using MeanMetricWith<OPTIONS>::MeanMetricWith;                              \
    static constexpr const char* kName = #NAME;                                 \
    std::string class_name() const override { return kName; }                   \
                                                                                \
   protected:                                                                   \
    Tensor per_sample(const Tensor& y_true, const Tensor& y_pred) override;     \
  };                                                                            \
  using NAME = ObjectOf<NAME##Body>;
RUNNEL_METRIC(MeanSquaredError, Options)
RUNNEL_METRIC(MeanAbsoluteError, Options)
RUNNEL_METRIC(MeanAbsolutePercentageError, Options)
RUNNEL_METRIC(MeanSquaredLogarithmicError, Options)
RUNNEL_METRIC(LogCoshError, Options)
RUNNEL_METRIC(KLDivergence, Options)
RUNNEL_METRIC(Poisson, Options)
RUNNEL_METRIC(Hinge, Options)
RUNNEL_METRIC(SquaredHinge, Options)
RUNNEL_METRIC(BinaryCrossentropy, CrossentropyOptions)
RUNNEL_METRIC(CategoricalCrossentropy, CrossentropyOptions)
RUNNEL_METRIC(SparseCategoricalCrossentropy, SparseCrossentropyOptions)
RUNNEL_METRIC(Accuracy, Options)
RUNNEL_METRIC(BinaryAccuracy, ThresholdOptions)
RUNNEL_METRIC(CategoricalAccuracy, Options)
RUNNEL_METRIC(SparseCategoricalAccuracy, Options)
RUNNEL_METRIC(TopKCategoricalAccuracy, TopKOptions)
RUNNEL_METRIC(SparseTopKCategoricalAccuracy, TopKOptions)
#undef RUNNEL_METRIC

/// The root of the mean squared error.
class RootMeanSquaredErrorBody : public MeanSquaredErrorBody {
 public:
  using MeanSquaredErrorBody::MeanSquaredErrorBody;
  static constexpr const char* kName = "RootMeanSquaredError";
  std::string class_name() const override { return kName; }
  Tensor result() override;
};
using RootMeanSquaredError = ObjectOf<RootMeanSquaredErrorBody>;

/// The mean of given values: Mean()(values, {}, sample_weight).
class MeanBody : public MeanMetricWith<Options> {
 public:
  using MeanMetricWith::MeanMetricWith;
  static constexpr const char* kName = "Mean";
  std::string class_name() const override { return kName; }
  using MeanMetricWith::update_state;
  void update_state(const Tensor& values) { update_state(values, Tensor()); }

 protected:
  Tensor per_sample(const Tensor& values, const Tensor&) override { return values; }
};
using Mean = ObjectOf<MeanBody>;

/// The sum of given values.
class SumBody : public MeanBody {
 public:
  using MeanBody::MeanBody;
  static constexpr const char* kName = "Sum";
  std::string class_name() const override { return kName; }
  Tensor result() override { return Tensor::scalar(float(total_)); }
};
using Sum = ObjectOf<SumBody>;

/// True positives among the predicted positives: predictions above a threshold.
class PrecisionBody : public MeanMetricWith<ThresholdOptions> {
 public:
  using MeanMetricWith::MeanMetricWith;
  static constexpr const char* kName = "Precision";
  std::string class_name() const override { return kName; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;

 protected:
  Tensor per_sample(const Tensor& y_true, const Tensor& y_pred) override;
  /// What the true positives are divided by.
  virtual Tensor basis(const Tensor& actual, const Tensor& predicted) const { return predicted; }
};
using Precision = ObjectOf<PrecisionBody>;

/// True positives among the actual positives.
class RecallBody : public PrecisionBody {
 public:
  using PrecisionBody::PrecisionBody;
  static constexpr const char* kName = "Recall";
  std::string class_name() const override { return kName; }

 protected:
  Tensor basis(const Tensor& actual, const Tensor& predicted) const override { return actual; }
};
using Recall = ObjectOf<RecallBody>;

}  // namespace metrics

/// The metric that compile() means by a name: "accuracy" and "acc" depend on the shapes of targets and predictions.
Metric metric_for(const std::string& name, const PartialShape& y_true, const PartialShape& y_pred);

}  // namespace runnel::inline v0::keras
