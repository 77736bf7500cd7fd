#include "runnel/keras/optimizers/sgd.h"

#include "runnel/op/op.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace optimizers {

SGDBody::SGDBody(const SGDOptions& options) : OptimizerWith(options) {
  if (options.momentum < 0 || options.momentum > 1) fail<ValueError>("", "`momentum` must be a float between [0, 1].");
}

void SGDBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  if (options_.momentum != 0) momentums_ = add_optimizer_variables(variables, "momentum");
}

void SGDBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  static const Op &descend = get_op("ResourceApplyGradientDescent"), &with_momentum = get_op("ResourceApplyKerasMomentum");
  DType dtype = variable.dtype();
  Tensor rate = cast(learning_rate, dtype), grad = cast(gradient, dtype);
  if (momentums_.empty()) {
    run(descend, {variable.handle(), rate, grad});
    return;
  }
  const Variable& momentum = momentums_[index_of(variable)];
  run(with_momentum, {variable.handle(), momentum.handle(), rate, grad, Operand(options_.momentum).tensor(dtype)},
      {{"use_nesterov", options_.nesterov}});
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, SGD, optimizers::SGDBody)

}  // namespace runnel::inline v0::keras
