// keras.optimizers.Ftrl
#pragma once

#include "runnel/keras/optimizers/adam.h"

namespace runnel::inline v0::keras::optimizers {

struct FtrlOptions {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5, initial_accumulator_value = 0.1, l1_regularization_strength = 0, l2_regularization_strength = 0,
         l2_shrinkage_regularization_strength = 0, beta = 0;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("learning_rate_power", s.learning_rate_power);
    v("initial_accumulator_value", s.initial_accumulator_value);
    v("l1_regularization_strength", s.l1_regularization_strength);
    v("l2_regularization_strength", s.l2_regularization_strength);
    v("l2_shrinkage_regularization_strength", s.l2_shrinkage_regularization_strength);
    v("beta", s.beta);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Follow the regularised leader: McMahan et al., "Ad click prediction: a view from the trenches", 2013.
class FtrlBody : public OptimizerWith<FtrlOptions> {
 public:
  explicit FtrlBody(const FtrlOptions& options);  ///< ValueError for negative strengths and a positive power.
  static constexpr const char* kName = "Ftrl";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  std::vector<Variable> accumulators_, linears_;
};
using Ftrl = ObjectOf<FtrlBody>;

}  // namespace runnel::inline v0::keras::optimizers
