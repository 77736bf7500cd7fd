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
#include "runnel/keras/object.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

struct MetricVariableSpec {
  Shape shape{};
  Initializer initializer = "zeros";
  DType dtype = float32;
  std::string name{};
};

class MetricBody : public KerasObject {
 public:
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

/// A metric made from an options struct with name and dtype.
template <class Base, class OptionsT>
class MetricWith : public Base {
 public:
  using Options = OptionsT;
  explicit MetricWith(const OptionsT& options) : Base(options.name, options.dtype), options_(options) {}
  const OptionsT& options() const { return options_; }
  Config get_config() const override {
    Config config = MetricBody::get_config();
    for (const auto& [name, value] : fields_to_config(options_).as_dict())
      if (!config.find(name)) config.set(name, value);
    return config;
  }

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

}  // namespace metrics
}  // namespace runnel::inline v0::keras
