// keras.optimizers: Adam, AdamW, Adamax, Nadam.
#pragma once

#include "runnel/keras/optimizers/optimizer.h"

namespace runnel::inline v0::keras::optimizers {

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("beta_1", s.beta_1);
    v("beta_2", s.beta_2);
    v("epsilon", s.epsilon);
    v("amsgrad", s.amsgrad);
    RUNNEL_OPTIMIZER_VISIT
  }
};

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> clipnorm{}, clipvalue{}, global_clipnorm{};
  RUNNEL_OPTIMIZER_FIELDS_AFTER_CLIPPING
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("weight_decay", s.weight_decay);
    v("beta_1", s.beta_1);
    v("beta_2", s.beta_2);
    v("epsilon", s.epsilon);
    v("amsgrad", s.amsgrad);
    RUNNEL_OPTIMIZER_VISIT_CLIPPING
  }
};

/// Of Adamax and Nadam.
struct MomentsOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("beta_1", s.beta_1);
    v("beta_2", s.beta_2);
    v("epsilon", s.epsilon);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Two slots a Variable, made and saved in turn.
struct TwoSlots {
  std::vector<Variable> first, second;
  void build(OptimizerBody& optimizer, const std::vector<Variable>& variables, const char* first_name, const char* second_name);
};

/// Kingma and Ba, "Adam: a method for stochastic optimization", 2014. amsgrad: Reddi et al., "On the convergence of Adam", 2018.
class AdamBody : public OptimizerWith<AdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Adam";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void backend_update_step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables, const Tensor& learning_rate) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  struct Powers {
    DType dtype;
    Tensor beta_1, beta_2;
  };
  Powers powers(DType dtype);
  void update_in_parts(const Tensor& gradient, const Variable& variable, const Tensor& rate);

  TwoSlots slots_;
  std::vector<Variable> largest_;
  bool in_step_ = false;
  std::vector<Powers> powers_;  // of the step that runs now, by dtype
};
using Adam = ObjectOf<AdamBody>;

/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
class AdamWBody : public AdamBody {
 public:
  using Options = AdamWOptions;
  explicit AdamWBody(const AdamWOptions& options);  ///< ValueError without a weight_decay.
  static constexpr const char* kName = "AdamW";
  std::string class_name() const override { return kName; }
};
using AdamW = ObjectOf<AdamWBody>;

/// Adam with the infinity norm, from the same paper.
class AdamaxBody : public OptimizerWith<MomentsOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Adamax";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  TwoSlots slots_;
};
using Adamax = ObjectOf<AdamaxBody>;

/// Dozat, "Incorporating Nesterov momentum into Adam", 2015.
class NadamBody : public OptimizerWith<MomentsOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Nadam";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void backend_update_step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables, const Tensor& learning_rate) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  Tensor schedule(const Tensor& step) const;

  TwoSlots slots_;
  Variable product_;  // of the momentum schedule up to now
};
using Nadam = ObjectOf<NadamBody>;

}  // namespace runnel::inline v0::keras::optimizers
