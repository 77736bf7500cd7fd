#include "runnel/keras/optimizers/lamb.h"

#include "runnel/base/error.h"
#include "runnel/keras/optimizers/gradient_slices.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace optimizers {

namespace {
Tensor power(double base, const Tensor& step) { return pow(Operand(base).tensor(step.dtype()), step); }
Tensor root_mean_square(const Tensor& x) { return sqrt(reduce_mean(square(x))); }
Tensor norm(const Tensor& x) { return sqrt(reduce_sum(square(x))); }
}  // namespace

void LambBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  slots_.build(*this, variables, "momentum", "velocity");
}

void LambBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable &m = slots_.first[i], &v = slots_.second[i];
  Tensor grad = cast(gradient, variable.dtype()), step = next_step(variable.dtype());
  m.assign_add((grad - m.value()) * (1 - options_.beta_1));
  v.assign_add((cast(squared(gradient), variable.dtype()) - v.value()) * (1 - options_.beta_2));
  Tensor m_hat = m.value() / (1 - power(options_.beta_1, step)), v_hat = v.value() / (1 - power(options_.beta_2, step));
  Tensor update = m_hat / (sqrt(v_hat) + options_.epsilon);
  Tensor weight_norm = norm(variable.value()), update_norm = norm(update);
  Tensor ratio = where(logical_and(weight_norm > 0, update_norm > 0), weight_norm / update_norm, 1.0);
  variable.assign_sub(ratio * cast(learning_rate, variable.dtype()) * update);
}

LionBody::LionBody(const LionOptions& options) : OptimizerWith(options) {
  if (options.beta_1 <= 0 || options.beta_1 > 1)
    fail<ValueError>("", cat("Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. Received: beta_1=",
                             options.beta_1, "."));
}

void LionBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  momentums_ = add_optimizer_variables(variables, "momentum");
}

void LionBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  const Variable& m = momentums_[index_of(variable)];
  Tensor grad = cast(gradient, variable.dtype()), before = m.value();
  auto mixed = [&](double beta) {
    Tensor keep = Operand(beta).tensor(variable.dtype());
    return before * keep + grad * (1 - keep);
  };
  variable.assign_sub(cast(learning_rate, variable.dtype()) * sign(mixed(options_.beta_1)));
  m.assign(mixed(options_.beta_2));
}

// The second moment of a matrix is kept as its row and column means; vectors keep it whole.
void AdafactorBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  for (const Variable& v : variables) {
    PartialShape s = v.shape();
    bool factored = s.rank() >= 2;
    Shape row = factored ? s.slice(0, -1).known() : Shape(), column = factored ? s.slice(0, -2).concatenate({s.dim(-1)}).known() : Shape();
    DType dtype = factored ? v.dtype() : int32;  // place-holders, as Keras saves them
    rows_.push_back(add_variable({.shape = row, .dtype = dtype, .name = "row"}));
    columns_.push_back(add_variable({.shape = column, .dtype = dtype, .name = "column"}));
    velocities_.push_back(add_variable_from_reference(v, "velocity"));
  }
}

void AdafactorBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable &row = rows_[i], &column = columns_[i], &v = velocities_[i];
  Tensor grad = cast(gradient, variable.dtype()), rate = cast(learning_rate, variable.dtype()), step = next_step(variable.dtype());
  Tensor rate_now = minimum(rate, 1.0 / sqrt(step));
  Tensor alpha = maximum(options_.epsilon_2, root_mean_square(variable.value())) * rate_now;
  Tensor of_slices = cast(squared(gradient), variable.dtype()), squares = of_slices + options_.epsilon_1, keep = 1.0 - pow(step, options_.beta_2_decay);
  auto mix = [&](const Variable& slot, const Tensor& x) { slot.assign(keep * slot.value() + (1.0 - keep) * x); };
  if (variable.shape().rank() >= 2) {
    mix(row, reduce_mean(squares, -1));
    mix(column, reduce_mean(squares, -2));
    Tensor r = row.value();
    v.assign(expand_dims(r / reduce_mean(r, -1, true), -1) * expand_dims(column.value(), -2));
  } else {
    mix(v, squares);
  }
  Tensor update = grad / sqrt(v.value());
  Tensor size = sqrt(reduce_mean(of_slices / v.value()));  // the root mean square of the update
  variable.assign_sub(alpha * (update / maximum(1.0, size / options_.clip_threshold)));
}

void ScheduleFreeAdamWBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  slots_.build(*this, variables, "momentum", "velocity");
  for (size_t i = 0; i < variables.size(); ++i) slots_.first[i].assign(variables[i].value());
}

// The variable is y, between the iterate z and the average x: y = (1 - beta_1) z + beta_1 x.
void ScheduleFreeAdamWBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable &z = slots_.first[i], &v = slots_.second[i];
  DType dtype = variable.dtype();
  auto rounded = [&](double x) { return Operand(x).tensor(dtype); };  // Keras subtracts in the variable's precision
  Tensor grad = cast(gradient, dtype), rate = cast(learning_rate, dtype), step = next_step(dtype), beta_1 = rounded(options_.beta_1);
  if (options_.warmup_steps > 0) rate = rate * minimum(step / options_.warmup_steps, 1.0);
  v.assign_add((cast(squared(gradient), dtype) - v.value()) * (1 - rounded(options_.beta_2)));
  Tensor denominator = sqrt(v.value() / (1 - power(options_.beta_2, step))) + options_.epsilon;
  z.assign_sub(rate * grad / denominator);
  // The paper finds x by z before its update; Keras over TensorFlow reads z after it, and training shall go as it does there.
  Tensor z_now = z.value(), share = 1.0 / step, x = (variable.value() - (1 - beta_1) * z_now) / beta_1;
  Tensor x_now = (1.0 - share) * x + share * z_now;
  variable.assign((1 - beta_1) * z_now + beta_1 * x_now);
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, Lamb, optimizers::LambBody)
RUNNEL_KERAS_CLASS(optimizers, Lion, optimizers::LionBody)
RUNNEL_KERAS_CLASS(optimizers, Adafactor, optimizers::AdafactorBody)
RUNNEL_KERAS_CLASS(optimizers, ScheduleFreeAdamW, optimizers::ScheduleFreeAdamWBody)

}  // namespace runnel::inline v0::keras
