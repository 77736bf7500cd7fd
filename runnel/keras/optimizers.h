// keras.optimizers
#pragma once

#include <vector>

#include "runnel/keras/object.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

class OptimizerBody : public KerasObject {
 public:
  static constexpr const char* kKind = "optimizers";
  std::string module() const override { return "keras.optimizers"; }

  /// Makes the slots of Variables not seen before.
  void build(const std::vector<Variable>& variables);
  /// Clips, updates every Variable that has a gradient, applies constraints, and counts one iteration.
  void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables);
  int64_t iterations() const { return iterations_; }
  virtual double learning_rate() const = 0;
  virtual void set_learning_rate(double rate) = 0;

 protected:
  struct Common {
    std::optional<double> weight_decay, clipnorm, clipvalue, global_clipnorm;
  };
  virtual Common common() const = 0;
  /// How many slots each Variable has, and what they hold at first.
  virtual int slots() const = 0;
  virtual double initial_slot() const { return 0; }
  /// Once a step, before the Variables are updated.
  virtual void begin_step() {}
  virtual void update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) = 0;
  /// A scalar of the Variable's dtype.
  static Tensor scalar(double value, DType dtype);
  int64_t iterations_ = 0;

 private:
  void check_common(const Common& options) const;
  std::vector<Tensor> clipped(const std::vector<Tensor>& grads) const;
  const std::vector<Variable>& slots_of(const Variable& variable);
  std::vector<std::pair<Variable, std::vector<Variable>>> state_;
};
using Optimizer = Handle<OptimizerBody>;

namespace optimizers {

#define RUNNEL_CLIPPING_FIELDS                                                      \
  std::optional<double> weight_decay{}, clipnorm{}, clipvalue{}, global_clipnorm{}; \
  std::string name{};
#define RUNNEL_CLIPPING_VISIT                 \
  v("weight_decay", s.weight_decay);          \
  v("clipnorm", s.clipnorm);                  \
  v("clipvalue", s.clipvalue);                \
  v("global_clipnorm", s.global_clipnorm);    \
  v("name", s.name);

struct SGDOptions {
  double learning_rate = 0.01, momentum = 0;
  bool nesterov = false;
  RUNNEL_CLIPPING_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("momentum", s.momentum);
    v("nesterov", s.nesterov);
    RUNNEL_CLIPPING_VISIT
  }
};
struct AdamOptions {
  double learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  RUNNEL_CLIPPING_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("beta_1", s.beta_1);
    v("beta_2", s.beta_2);
    v("epsilon", s.epsilon);
    v("amsgrad", s.amsgrad);
    RUNNEL_CLIPPING_VISIT
  }
};
struct NadamOptions {
  double learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  RUNNEL_CLIPPING_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("beta_1", s.beta_1);
    v("beta_2", s.beta_2);
    v("epsilon", s.epsilon);
    RUNNEL_CLIPPING_VISIT
  }
};
struct AdagradOptions {
  double learning_rate = 0.001, initial_accumulator_value = 0.1, epsilon = 1e-7;
  RUNNEL_CLIPPING_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("initial_accumulator_value", s.initial_accumulator_value);
    v("epsilon", s.epsilon);
    RUNNEL_CLIPPING_VISIT
  }
};
struct RMSpropOptions {
  double learning_rate = 0.001, rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  RUNNEL_CLIPPING_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("rho", s.rho);
    v("momentum", s.momentum);
    v("epsilon", s.epsilon);
    v("centered", s.centered);
    RUNNEL_CLIPPING_VISIT
  }
};
#undef RUNNEL_CLIPPING_FIELDS
#undef RUNNEL_CLIPPING_VISIT

template <class OptionsT>
class OptimizerWith : public BodyWith<OptimizerBody, OptionsT> {
 public:
  using BodyWith<OptimizerBody, OptionsT>::BodyWith;
  double learning_rate() const override { return this->options_.learning_rate; }
  void set_learning_rate(double rate) override { this->options_.learning_rate = rate; }

 protected:
  OptimizerBody::Common common() const override {
    const OptionsT& o = this->options_;
    return {o.weight_decay, o.clipnorm, o.clipvalue, o.global_clipnorm};
  }
};

/// Gradient descent, with momentum where asked for.
class SGDBody : public OptimizerWith<SGDOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "SGD";
  std::string class_name() const override { return kName; }

 protected:
  int slots() const override { return options_.momentum != 0 ? 1 : 0; }
  void update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) override;
};
using SGD = ObjectOf<SGDBody>;

/// Kingma and Ba, "Adam: a method for stochastic optimization", 2014.
class AdamBody : public OptimizerWith<AdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Adam";
  std::string class_name() const override { return kName; }

 protected:
  int slots() const override { return options_.amsgrad ? 3 : 2; }
  void update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) override;

 private:
  void update_amsgrad(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots);
};
using Adam = ObjectOf<AdamBody>;

/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019: Adam with a weight_decay of 0.004 by default.
class AdamWBody : public AdamBody {
 public:
  explicit AdamWBody(AdamOptions options) : AdamBody(with_decay(options)) {}
  static constexpr const char* kName = "AdamW";
  std::string class_name() const override { return kName; }

 private:
  static AdamOptions with_decay(AdamOptions options) {
    options.weight_decay = options.weight_decay.value_or(0.004);
    return options;
  }
};
using AdamW = ObjectOf<AdamWBody>;

/// Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
class AdagradBody : public OptimizerWith<AdagradOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Adagrad";
  std::string class_name() const override { return kName; }

 protected:
  int slots() const override { return 1; }
  double initial_slot() const override { return options_.initial_accumulator_value; }
  void update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) override;
};
using Adagrad = ObjectOf<AdagradBody>;

/// Dozat, "Incorporating Nesterov momentum into Adam", 2015.
class NadamBody : public OptimizerWith<NadamOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Nadam";
  std::string class_name() const override { return kName; }

 protected:
  int slots() const override { return 2; }
  void begin_step() override;
  void update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) override;

 private:
  double u_now_ = 0, u_next_ = 0, product_ = 1;
};
using Nadam = ObjectOf<NadamBody>;

/// Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012.
class RMSpropBody : public OptimizerWith<RMSpropOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "RMSprop";
  std::string class_name() const override { return kName; }

 protected:
  int slots() const override { return 1 + (options_.momentum > 0 ? 1 : 0) + (options_.centered ? 1 : 0); }
  void update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) override;
};
using RMSprop = ObjectOf<RMSpropBody>;

}  // namespace optimizers
}  // namespace runnel::inline v0::keras
