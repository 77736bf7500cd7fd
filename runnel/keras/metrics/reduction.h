// keras.metrics: Sum, Mean and the mean of a function.
#pragma once

#include <functional>

#include "runnel/keras/metrics/metric.h"

namespace runnel::inline v0::keras::metrics {

/// The sum of given values, weighted: Sum()(values, {}, sample_weight).
class SumBody : public MetricWith<MetricBody, Options> {
 public:
  using MetricWith::MetricWith;
  static constexpr const char* kName = "Sum";
  std::string class_name() const override { return kName; }
  void constructed() override;
  void update_state(const Tensor& values, const Tensor&, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override { return total_.value(); }

 protected:
  std::string default_name() const override { return "sum"; }

 private:
  Variable total_;
};
using Sum = ObjectOf<SumBody>;

/// The state of all means: the weighted sum and the sum of the weights, one value a sample.
class MeanMetricBody : public MetricBody {
 public:
  using MetricBody::MetricBody;
  void constructed() override;
  Tensor result() override;

 protected:
  /// Values (batch, ...) count once a sample, by their mean. `sample_weight` has the rank of the values or less.
  void add_values(const Tensor& values, const Tensor& sample_weight);

 private:
  Variable total_, count_;
};

/// The mean of given values, weighted: Mean()(values, {}, sample_weight).
class MeanBody : public MetricWith<MeanMetricBody, Options> {
 public:
  using MetricWith::MetricWith;
  static constexpr const char* kName = "Mean";
  std::string class_name() const override { return kName; }
  void update_state(const Tensor& values, const Tensor&, const Tensor& sample_weight = Tensor()) override { add_values(values, sample_weight); }

 protected:
  std::string default_name() const override { return "mean"; }
};
using Mean = ObjectOf<MeanBody>;

/// The mean of fn(y_true, y_pred), (batch, ...): what most metrics are.
class MeanOfFunctionBody : public MeanMetricBody {
 public:
  using MeanMetricBody::MeanMetricBody;
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;

 protected:
  virtual Tensor fn(const Tensor& y_true, const Tensor& y_pred) = 0;
};

struct MeanMetricWrapperOptions {
  std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)> fn{};
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
/// The mean of a function of one's own; it cannot be saved with the model, but for its name.
class MeanMetricWrapperBody : public MetricWith<MeanOfFunctionBody, MeanMetricWrapperOptions> {
 public:
  explicit MeanMetricWrapperBody(const MeanMetricWrapperOptions& options);
  static constexpr const char* kName = "MeanMetricWrapper";
  std::string class_name() const override { return kName; }

 protected:
  Tensor fn(const Tensor& y_true, const Tensor& y_pred) override { return options_.fn(y_true, y_pred); }
};
using MeanMetricWrapper = ObjectOf<MeanMetricWrapperBody>;

/// The mean of a function of another language.
class MeanOfForeignBody : public FromFunction<MeanOfFunctionBody> {
 public:
  using FromFunction::FromFunction;

 protected:
  std::string default_name() const override { return to_snake_case(function_->name()); }
  Tensor fn(const Tensor& y_true, const Tensor& y_pred) override { return (*function_)({y_true, y_pred}); }
};

/// A class whose fn() is written in a .cc with the options at hand.
#define RUNNEL_MEAN_METRIC(NAME, OPTIONS, DEFAULT_NAME, DIRECTION)                         \
  class NAME##Body : public MetricWith<MeanOfFunctionBody, OPTIONS> {           \
   public:                                                                      \
    using MetricWith::MetricWith;                                               \
    static constexpr const char* kName = #NAME;                                 \
    std::string class_name() const override { return kName; }                   \
    Direction direction() const override { return Direction::DIRECTION; }       \
                                                                                \
   protected:                                                                   \
    std::string default_name() const override { return DEFAULT_NAME; }          \
    Tensor fn(const Tensor& y_true, const Tensor& y_pred) override;             \
  };                                                                            \
  using NAME = ObjectOf<NAME##Body>;

}  // namespace runnel::inline v0::keras::metrics
