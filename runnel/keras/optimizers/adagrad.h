// keras.optimizers that divide by the size of past gradients: Adagrad, Adadelta, RMSprop.
#pragma once

#include "runnel/keras/optimizers/adam.h"

namespace runnel::inline v0::keras::optimizers {

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1, epsilon = 1e-7;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("initial_accumulator_value", s.initial_accumulator_value);
    v("epsilon", s.epsilon);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
class AdagradBody : public OptimizerWith<AdagradOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Adagrad";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  std::vector<Variable> accumulators_;
};
using Adagrad = ObjectOf<AdagradBody>;

struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.95, epsilon = 1e-7;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("rho", s.rho);
    v("epsilon", s.epsilon);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
class AdadeltaBody : public OptimizerWith<AdadeltaOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Adadelta";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  TwoSlots slots_;
};
using Adadelta = ObjectOf<AdadeltaBody>;

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("rho", s.rho);
    v("momentum", s.momentum);
    v("epsilon", s.epsilon);
    v("centered", s.centered);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012.
class RMSpropBody : public OptimizerWith<RMSpropOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "RMSprop";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  std::vector<Variable> velocities_, momentums_, averages_;
};
using RMSprop = ObjectOf<RMSpropBody>;

}  // namespace runnel::inline v0::keras::optimizers
