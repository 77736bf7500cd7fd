#include "runnel/keras/optimizers/adagrad.h"

#include "runnel/keras/optimizers/gradient_slices.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace optimizers {

namespace {
// rho * slot + (1 - rho) * x
void average_into(const Variable& slot, double rho, const Tensor& x) { slot.assign(rho * slot.value() + (1 - rho) * x); }
}  // namespace

void AdagradBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  accumulators_ = add_optimizer_variables(variables, "accumulator", initializers::Constant({.value = options_.initial_accumulator_value}));
}

void AdagradBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  const Variable& accumulator = accumulators_[index_of(variable)];
  Tensor rate = cast(learning_rate, variable.dtype()), grad = cast(gradient, variable.dtype());
  accumulator.assign_add(cast(squared(gradient), variable.dtype()));
  variable.assign_sub(rate * grad / sqrt(accumulator.value() + options_.epsilon));
}

void AdadeltaBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  slots_.build(*this, variables, "accumulated_grad", "accumulated_delta_var");
}

void AdadeltaBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable &grads = slots_.first[i], &deltas = slots_.second[i];
  Tensor grad = cast(gradient, variable.dtype());
  auto root = [&](const Variable& v) { return sqrt(v.value() + options_.epsilon); };
  Tensor squares = cast(squared(gradient), variable.dtype());
  average_into(grads, options_.rho, squares);
  Tensor ratio = root(deltas) / root(grads);
  average_into(deltas, options_.rho, square(ratio) * squares);
  variable.assign_sub(cast(learning_rate, variable.dtype()) * ratio * grad);
}

void RMSpropBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  velocities_ = add_optimizer_variables(variables, "velocity");
  if (options_.momentum > 0) momentums_ = add_optimizer_variables(variables, "momentum");
  if (options_.centered) averages_ = add_optimizer_variables(variables, "average_gradient");
}

void RMSpropBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable& velocity = velocities_[i];
  Tensor grad = cast(gradient, variable.dtype());
  average_into(velocity, options_.rho, cast(squared(gradient), variable.dtype()));
  Tensor denominator = velocity.value();
  if (options_.centered) {
    average_into(averages_[i], options_.rho, grad);
    denominator = denominator - square(averages_[i].value());
  }
  Tensor increment = cast(learning_rate, variable.dtype()) * grad / sqrt(denominator + options_.epsilon);
  if (options_.momentum > 0) {
    momentums_[i].assign(options_.momentum * momentums_[i].value() + increment);
    increment = momentums_[i].value();
  }
  variable.assign_sub(increment);
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, Adagrad, optimizers::AdagradBody)
RUNNEL_KERAS_CLASS(optimizers, Adadelta, optimizers::AdadeltaBody)
RUNNEL_KERAS_CLASS(optimizers, RMSprop, optimizers::RMSpropBody)

}  // namespace runnel::inline v0::keras
