// keras.optimizers.SGD
#pragma once

#include "runnel/keras/optimizers/optimizer.h"

namespace runnel::inline v0::keras::optimizers {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("momentum", s.momentum);
    v("nesterov", s.nesterov);
    RUNNEL_OPTIMIZER_VISIT
  }
};

/// Gradient descent, with momentum where asked for.
class SGDBody : public OptimizerWith<SGDOptions> {
 public:
  explicit SGDBody(const SGDOptions& options);  ///< ValueError for a momentum outside of [0, 1].
  static constexpr const char* kName = "SGD";
  std::string class_name() const override { return kName; }
  void build(const std::vector<Variable>& variables) override;
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override;

 private:
  std::vector<Variable> momentums_;
};
using SGD = ObjectOf<SGDBody>;

}  // namespace runnel::inline v0::keras::optimizers
