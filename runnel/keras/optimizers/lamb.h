// keras.optimizers that were made for large batches and models: Lamb, Lion, Adafactor, and ScheduleFreeAdamW.
#pragma once

#include "runnel/keras/optimizers/adam.h"

namespace runnel::inline v0::keras::optimizers {

/// You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2019.
class LambBody : public OptimizerWith<MomentsOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Lamb";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  TwoSlots slots_;
};
using Lamb = ObjectOf<LambBody>;

struct LionOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.99;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("beta_1", s.beta_1);
    v("beta_2", s.beta_2);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Chen et al., "Symbolic discovery of optimization algorithms", 2023.
class LionBody : public OptimizerWith<LionOptions> {
 public:
  explicit LionBody(const LionOptions& options);  ///< ValueError for a beta_1 outside of (0, 1].
  static constexpr const char* kName = "Lion";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  std::vector<Variable> momentums_;
};
using Lion = ObjectOf<LionBody>;

struct AdafactorOptions {
  LearningRate learning_rate = 0.001;
  double beta_2_decay = -0.8, epsilon_1 = 1e-30, epsilon_2 = 1e-3, clip_threshold = 1;
  bool relative_step = true;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("beta_2_decay", s.beta_2_decay);
    v("epsilon_1", s.epsilon_1);
    v("epsilon_2", s.epsilon_2);
    v("clip_threshold", s.clip_threshold);
    v("relative_step", s.relative_step);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
class AdafactorBody : public OptimizerWith<AdafactorOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Adafactor";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  std::vector<Variable> rows_, columns_, velocities_;
};
using Adafactor = ObjectOf<AdafactorBody>;

struct ScheduleFreeAdamWOptions {
  LearningRate learning_rate = 0.0025;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8, warmup_steps = 0;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("beta_1", s.beta_1);
    v("beta_2", s.beta_2);
    v("epsilon", s.epsilon);
    v("warmup_steps", s.warmup_steps);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Defazio et al., "The road less scheduled", 2024.
class ScheduleFreeAdamWBody : public OptimizerWith<ScheduleFreeAdamWOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "ScheduleFreeAdamW";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  TwoSlots slots_;  // the plain iterate z, and the second moment
};
using ScheduleFreeAdamW = ObjectOf<ScheduleFreeAdamWBody>;

}  // namespace runnel::inline v0::keras::optimizers
