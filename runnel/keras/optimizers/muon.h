// keras.optimizers.Muon
#pragma once

#include "runnel/keras/optimizers/adam.h"

namespace runnel::inline v0::keras::optimizers {

struct MuonOptions {
  LearningRate learning_rate = 0.001;
  double adam_beta_1 = 0.9, adam_beta_2 = 0.999;
  std::optional<double> adam_weight_decay = 0.004;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = 0.004;
  std::optional<double> clipnorm{}, clipvalue{}, global_clipnorm{};
  RUNNEL_OPTIMIZER_FIELDS_AFTER_CLIPPING
  std::vector<std::string> exclude_layers{};  ///< Patterns of names (base/pattern.h) that Adam updates.
  bool exclude_embeddings = true;
  double muon_a = 3.4445, muon_b = -4.7750, muon_c = 2.0315, adam_lr_ratio = 1, momentum = 0.95;
  int64_t ns_steps = 5;
  bool nesterov = true;
  std::optional<double> rms_rate = 0.2;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("adam_beta_1", s.adam_beta_1);
    v("adam_beta_2", s.adam_beta_2);
    v("adam_weight_decay", s.adam_weight_decay);
    v("epsilon", s.epsilon);
    v("weight_decay", s.weight_decay);
    RUNNEL_OPTIMIZER_VISIT_CLIPPING
    v("exclude_layers", s.exclude_layers);
    v("exclude_embeddings", s.exclude_embeddings);
    v("muon_a", s.muon_a);
    v("muon_b", s.muon_b);
    v("muon_c", s.muon_c);
    v("adam_lr_ratio", s.adam_lr_ratio);
    v("momentum", s.momentum);
    v("ns_steps", s.ns_steps);
    v("nesterov", s.nesterov);
    v("rms_rate", s.rms_rate);
  }
};

/// Momentum made orthogonal for matrices, Adam for everything else (Jordan et al., "Muon", 2024).
class MuonBody : public OptimizerWith<MuonOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Muon";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 protected:
  void apply_weight_decay(const std::vector<Variable>& variables) override;

 private:
  bool uses_adam(const Variable& variable) const;
  void adam_step(const Tensor& gradient, const Variable& variable, const Tensor& rate, const Variable& m, const Variable& v);
  Tensor orthogonal(const Tensor& matrix) const;

  std::vector<Variable> momentums_, velocities_;  // no velocity: Muon updates that Variable
};
using Muon = ObjectOf<MuonBody>;

}  // namespace runnel::inline v0::keras::optimizers
