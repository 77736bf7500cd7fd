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

/// The mean over all samples of a value per sample; sums are held in double, so that long epochs lose nothing.
class MeanMetricBody : public BodyWith<MetricBody, Options> {
 public:
  explicit MeanMetricBody(const Options& options) : BodyWith(options) {}
  void constructed() override;
  const std::string& name() const override { return name_; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;
  void reset_state() override;

 protected:
  virtual Tensor per_sample(const Tensor& y_true, const Tensor& y_pred) = 0;
  std::string name_;
  double total_ = 0, count_ = 0;
};

#define RUNNEL_METRIC(NAME)                                                     \
  class NAME##Body : public MeanMetricBody {                                    \
   public:                                                                      \
    using MeanMetricBody::MeanMetricBody;                                       \
    static constexpr const char* kName = #NAME;                                 \
    std::string class_name() const override { return kName; }                   \
                                                                                \
   protected:                                                                   \
    Tensor per_sample(const Tensor& y_true, const Tensor& y_pred) override;     \
  };                                                                            \
  using NAME = ObjectOf<NAME##Body>;
RUNNEL_METRIC(MeanSquaredError)
RUNNEL_METRIC(MeanAbsoluteError)
RUNNEL_METRIC(BinaryAccuracy)
RUNNEL_METRIC(CategoricalAccuracy)
RUNNEL_METRIC(SparseCategoricalAccuracy)
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

}  // namespace metrics

/// The metric that compile() means by a name: "accuracy" and "acc" depend on the shapes of targets and predictions.
Metric metric_for(const std::string& name, const PartialShape& y_true, const PartialShape& y_pred);

}  // namespace runnel::inline v0::keras
