#include "runnel/keras/optimizers/adam.h"

#include "runnel/keras/optimizers/gradient_slices.h"
#include "runnel/op/context.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace optimizers {

namespace {
Tensor number(double value, DType dtype) { return Operand(value).tensor(dtype); }
}  // namespace

void TwoSlots::build(OptimizerBody& optimizer, const std::vector<Variable>& variables, const char* first_name, const char* second_name) {
  for (const Variable& v : variables) {
    first.push_back(optimizer.add_variable_from_reference(v, first_name));
    second.push_back(optimizer.add_variable_from_reference(v, second_name));
  }
}

// --- Adam

void AdamBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  slots_.build(*this, variables, "momentum", "velocity");
  if (options_.amsgrad) largest_ = add_optimizer_variables(variables, "velocity_hat");
}

AdamBody::Powers AdamBody::powers(DType dtype) {
  for (const Powers& p : powers_)
    if (p.dtype == dtype) return p;
  Tensor step = next_step(dtype);
  Powers made{dtype, pow(number(options_.beta_1, dtype), step), pow(number(options_.beta_2, dtype), step)};
  if (in_step_) powers_.push_back(made);
  return made;
}

void AdamBody::backend_update_step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables, const Tensor& learning_rate) {
  Scoped in_step(in_step_, true);
  Scoped fresh(powers_, std::vector<Powers>());
  OptimizerBody::backend_update_step(grads, variables, learning_rate);
}

void AdamBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  static const Op &op = get_op("KerasApplyAdam"), &of_slices = get_op("KerasApplyAdamOfSlices");
  DType dtype = variable.dtype();
  Tensor rate = cast(learning_rate, dtype), grad = cast(gradient, dtype);
  if (options_.amsgrad) return update_in_parts(gradient, variable, rate);
  size_t i = index_of(variable);
  Powers p = powers(dtype);
  std::vector<Tensor> inputs{variable.handle(), slots_.first[i].handle(), slots_.second[i].handle(), p.beta_1, p.beta_2, rate, grad};
  const bool slices = is_from_slices(gradient);
  if (slices) inputs.push_back(cast(squared(gradient), dtype));
  run(slices ? of_slices : op, inputs, {{"beta1", options_.beta_1}, {"beta2", options_.beta_2}, {"epsilon", options_.epsilon}});
}

void AdamBody::update_in_parts(const Tensor& gradient, const Variable& variable, const Tensor& rate) {
  size_t i = index_of(variable);
  const Variable &m = slots_.first[i], &v = slots_.second[i];
  DType dtype = variable.dtype();
  Tensor grad = cast(gradient, dtype);
  Powers p = powers(dtype);
  Tensor alpha = rate * sqrt(1 - p.beta_2) / (1 - p.beta_1);
  m.assign_add((grad - m.value()) * (1 - options_.beta_1));
  v.assign_add((cast(squared(gradient), dtype) - v.value()) * (1 - options_.beta_2));
  if (options_.amsgrad) largest_[i].assign(maximum(largest_[i].value(), v.value()));
  const Variable& spread = options_.amsgrad ? largest_[i] : v;
  variable.assign_sub(m.value() * alpha / (sqrt(spread.value()) + options_.epsilon));
}

namespace {
AdamOptions adam_options(const AdamWOptions& o) {
  if (!o.weight_decay) fail<ValueError>("", "Argument `weight_decay` must be a float.", {.got = "weight_decay=None"});
  return {o.learning_rate, o.beta_1, o.beta_2, o.epsilon, o.amsgrad, o.weight_decay, o.clipnorm, o.clipvalue, o.global_clipnorm, o.use_ema,
          o.ema_momentum, o.ema_overwrite_frequency, o.loss_scale_factor, o.gradient_accumulation_steps, o.name};
}
}  // namespace

AdamWBody::AdamWBody(const AdamWOptions& options) : AdamBody(adam_options(options)) {}

// --- Adamax

void AdamaxBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  slots_.build(*this, variables, "momentum", "norm");
}

void AdamaxBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable &m = slots_.first[i], &norm = slots_.second[i];
  DType dtype = variable.dtype();
  Tensor grad = cast(gradient, dtype), power = pow(number(options_.beta_1, dtype), next_step(dtype));
  m.assign_add((grad - m.value()) * (1 - options_.beta_1));
  norm.assign(maximum(options_.beta_2 * norm.value(), cast(magnitude(gradient), dtype)));
  variable.assign_sub(cast(learning_rate, dtype) * m.value() / ((1 - power) * (norm.value() + options_.epsilon)));
}

// --- Nadam

void NadamBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  slots_.build(*this, variables, "momentum", "velocity");
  product_ = add_variable({.initializer = "ones", .dtype = variables.empty() ? float32 : variables[0].dtype(), .name = "variable"});
}

// The momentum at a step: beta_1 * (1 - 0.5 * 0.96^step)
Tensor NadamBody::schedule(const Tensor& step) const { return options_.beta_1 * (1 - 0.5 * pow(0.96, step)); }

void NadamBody::backend_update_step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables, const Tensor& learning_rate) {
  product_.assign(product_.value() * schedule(next_step(product_.dtype())));
  OptimizerBody::backend_update_step(grads, variables, learning_rate);
}

void NadamBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable &m = slots_.first[i], &v = slots_.second[i];
  DType dtype = variable.dtype();
  Tensor grad = cast(gradient, dtype), step = next_step(dtype), product = cast(product_.value(), dtype);
  Tensor now = schedule(step), next = schedule(step + 1);
  m.assign_add((grad - m.value()) * (1 - number(options_.beta_1, dtype)));
  v.assign_add((cast(squared(gradient), dtype) - v.value()) * (1 - number(options_.beta_2, dtype)));
  Tensor m_hat = next * m.value() / (1 - product * next) + (1 - now) * grad / (1 - product);
  Tensor v_hat = v.value() / (1 - pow(number(options_.beta_2, dtype), step));
  variable.assign_sub(m_hat * cast(learning_rate, dtype) / (sqrt(v_hat) + options_.epsilon));
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, Adam, optimizers::AdamBody)
RUNNEL_KERAS_CLASS(optimizers, AdamW, optimizers::AdamWBody)
RUNNEL_KERAS_CLASS(optimizers, Adamax, optimizers::AdamaxBody)
RUNNEL_KERAS_CLASS(optimizers, Nadam, optimizers::NadamBody)

}  // namespace runnel::inline v0::keras
