// MetricBody: what one subclasses for a streaming metric of one's own.
//
//   struct BiasBody : MetricWith<MetricBody, metrics::Options> {
//     using MetricWith::MetricWith;
//     Variable sum;
//     std::string class_name() const override { return "Bias"; }
//     void constructed() override { MetricWith::constructed(); sum = add_variable({.name = "sum"}); }
//     void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& weight) override { sum.assign_add(reduce_sum(y_pred - y_true)); }
//     Tensor result() override { return sum.value(); }
//   };
#pragma once

#include <string>
#include <vector>

#include "runnel/keras/initializers.h"
#include "runnel/keras/nest.h"
#include "runnel/keras/overrides.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

struct MetricVariableSpec {
  Shape shape{};
  Initializer initializer = "zeros";
  DType dtype = float32;
  std::string name{};
};

template <class Body>
class OverridableMetric;

/// Something that is counted or averaged over many batches: update_state(), result(), reset_state().
class MetricBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableMetric<Body>;
  /// The mean of function(y_true, y_pred).
  static Ref<KerasObject> from_function(const Ref<Function>& function);
  static constexpr const char* kKind = "metrics";
  /// An empty name means default_name(); no dtype means float32.
  explicit MetricBody(const std::string& name = "", DType dtype = {}) : name_(name), dtype_(dtype ? dtype : default_dtype()) {}
  std::string module() const override { return "keras.metrics"; }
  void constructed() override;
  Config get_config() const override;

  // What a metric defines. Metrics of values alone (Mean, Sum) take them in place of y_true, and no y_pred.
  virtual void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) = 0;
  virtual Tensor result() = 0;
  /// For metrics with several results: a dict of tensors. By default result().
  virtual Nest results() { return result(); }
  /// Makes all Variables zero.
  virtual void reset_state();

  /// Which values are better: what callbacks that look for the best go by.
  enum class Direction { kUnknown, kUp, kDown };
  virtual Direction direction() const { return Direction::kUnknown; }

  const std::string& name() const { return name_; }
  void set_name(const std::string& name) { name_ = name; }
  DType dtype() const { return dtype_; }
  /// The metric's own, then those of the metrics inside; in order of creation.
  std::vector<Variable> variables() const;
  /// State that reset_state() resets and that is not saved.
  Variable add_variable(const MetricVariableSpec& spec);
  void track(const Ref<MetricBody>& metric) { inner_.push_back(metric); }
  /// Updates, and gives the result so far.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred = Tensor(), const Tensor& sample_weight = Tensor());

  template <class Self>
  class Methods {
   public:
    void update_state(const Tensor& y_true, const Tensor& y_pred = Tensor(), const Tensor& sample_weight = Tensor()) const {
      body()->update_state(y_true, y_pred, sample_weight);
    }
    Tensor result() const { return body()->result(); }
    void reset_state() const { body()->reset_state(); }
    const std::string& name() const { return body()->name(); }
    std::vector<Variable> variables() const { return body()->variables(); }

   private:
    MetricBody* body() const { return static_cast<const Self*>(this)->body().get(); }
  };

 protected:
  /// The class's name in snake case, made unique.
  virtual std::string default_name() const { return unique_name(to_snake_case(class_name())); }

 private:
  static DType default_dtype();
  std::string name_;
  DType dtype_;
  std::vector<Variable> variables_;
  std::vector<Ref<MetricBody>> inner_;
};
using Metric = Handle<MetricBody>;

/// A metric of which a subclass is written in another language.
template <class Body>
class OverridableMetric : public Overridable<Body> {
 public:
  enum { kUpdateState, kResult, kResetState, kGetConfig };
  static constexpr const char* kMethods[] = {"update_state", "result", "reset_state", "get_config"};
  using Overridable<Body>::Overridable;
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override {
    if (!this->overridden(kUpdateState)) return Body::update_state(y_true, y_pred, sample_weight);
    if (!y_pred) this->tell("update_state", {y_true, sample_weight});
    else this->tell("update_state", {y_true, y_pred, sample_weight});
  }
  Tensor result() override { return this->overridden(kResult) ? this->call_foreign("result", {}) : Body::result(); }
  Nest results() override {
    if (!this->overridden(kResult)) return Body::results();
    return std::get<Nest>(this->ask("result", {}, Wanted::kNest).held());
  }
  void reset_state() override { this->overridden(kResetState) ? this->tell("reset_state", {}) : Body::reset_state(); }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};

/// A metric made from an options struct with name and dtype.
template <class Base, class OptionsT>
class MetricWith : public Base {
 public:
  using Options = OptionsT;
  explicit MetricWith(const OptionsT& options) : Base(options.name, options.dtype), options_(options) {}
  const OptionsT& options() const { return options_; }
  std::optional<Config> argument(std::string_view name) const override { return field_of(options_, name); }
  Config get_config() const override { return with_fields(MetricBody::get_config(), options_); }

 protected:
  OptionsT options_;
};

namespace metrics {

/// Of metrics without arguments of their own.
struct Options {
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("dtype", s.dtype);
  }
};

/// What a subclass in another language is derived from.
class MetricBaseBody : public MetricWith<MetricBody, Options> {
 public:
  using MetricWith::MetricWith;
  static constexpr const char* kName = "Metric";
  std::string class_name() const override { return kName; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;
};

}  // namespace metrics
}  // namespace runnel::inline v0::keras
