#include "runnel/keras/optimizers/ftrl.h"

#include "runnel/base/error.h"
#include "runnel/keras/optimizers/gradient_slices.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace optimizers {

namespace {
void check_not_negative(const char* name, double value) {
  if (value < 0) fail<ValueError>("", cat("`", name, "` needs to be positive or zero. Received: ", name, "=", value, "."));
}
}  // namespace

FtrlBody::FtrlBody(const FtrlOptions& o) : OptimizerWith(o) {
  check_not_negative("initial_accumulator_value", o.initial_accumulator_value);
  check_not_negative("l1_regularization_strength", o.l1_regularization_strength);
  check_not_negative("l2_regularization_strength", o.l2_regularization_strength);
  check_not_negative("l2_shrinkage_regularization_strength", o.l2_shrinkage_regularization_strength);
  if (o.learning_rate_power > 0)
    fail<ValueError>("", cat("`learning_rate_power` needs to be negative or zero. Received: learning_rate_power=", o.learning_rate_power, "."));
}

void FtrlBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  for (const Variable& v : variables) {
    accumulators_.push_back(add_variable_from_reference(v, "accumulator", initializers::Constant({.value = options_.initial_accumulator_value})));
    linears_.push_back(add_variable_from_reference(v, "linear"));
  }
}

void FtrlBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  const FtrlOptions& o = options_;
  const Variable &accumulator = accumulators_[index_of(variable)], &linear = linears_[index_of(variable)];
  Tensor rate = cast(learning_rate, variable.dtype()), grad = cast(gradient, variable.dtype()), w = variable.value();
  Tensor before = accumulator.value(), after = before + cast(squared(gradient), variable.dtype());
  auto rooted = [&](const Tensor& x) { return pow(x, -o.learning_rate_power); };
  Tensor shrunk = grad + 2 * o.l2_shrinkage_regularization_strength * w;
  linear.assign_add(shrunk - (rooted(after) - rooted(before)) / rate * w);
  Tensor l2 = o.l2_regularization_strength + o.beta / (2.0 * rate);
  Tensor quadratic = rooted(after) / rate + 2.0 * l2, sum = linear.value();
  Tensor clipped = clip_by_value(sum, -o.l1_regularization_strength, o.l1_regularization_strength);
  variable.assign((clipped - sum) / quadratic);
  accumulator.assign(after);
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, Ftrl, optimizers::FtrlBody)

}  // namespace runnel::inline v0::keras
