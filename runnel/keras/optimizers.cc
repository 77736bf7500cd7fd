#include "runnel/keras/optimizers.h"

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

Tensor OptimizerBody::scalar(double value, DType dtype) { return cast(Tensor::scalar(value), dtype); }

const std::vector<Variable>& OptimizerBody::slots_of(const Variable& variable) {
  for (const auto& [known, slots] : state_)
    if (known.is(variable)) return slots;
  std::vector<Variable> made;
  for (int i = 0; i < slots(); ++i) made.emplace_back(zeros_like(variable.value()) + initial_slot(), VariableOptions{.trainable = false});
  return state_.emplace_back(variable, std::move(made)).second;
}

void OptimizerBody::build(const std::vector<Variable>& variables) {
  for (const Variable& v : variables) slots_of(v);
}

std::vector<Tensor> OptimizerBody::clipped(const std::vector<Tensor>& grads) const {
  Common clip = common();
  std::vector<Tensor> out = grads;
  Tensor scale;
  if (clip.global_clipnorm) {
    Tensor sum;
    for (const Tensor& g : grads)
      if (g) sum = sum ? sum + reduce_sum(square(g)) : reduce_sum(square(g));
    if (sum) scale = *clip.global_clipnorm / maximum(sqrt(sum), *clip.global_clipnorm);
  }
  for (Tensor& g : out) {
    if (!g) continue;
    if (clip.clipnorm) g = g * (*clip.clipnorm / maximum(sqrt(reduce_sum(square(g))), *clip.clipnorm));
    else if (scale) g = g * scale;
    else if (clip.clipvalue) g = clip_by_value(g, -*clip.clipvalue, *clip.clipvalue);
  }
  return out;
}

void OptimizerBody::check_common(const Common& o) const {
  if (int(o.clipnorm.has_value()) + int(o.clipvalue.has_value()) + int(o.global_clipnorm.has_value()) > 1)
    fail<ValueError>(class_name(), "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set.");
}

void OptimizerBody::apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  if (grads.size() != variables.size())
    fail<ValueError>("Optimizer.apply", "gradients and variables differ in number", {.got = cat(grads.size(), " and ", variables.size())});
  bool any = false;
  for (const Tensor& g : grads) any |= bool(g);
  if (!any) fail<ValueError>("Optimizer.apply", "No gradients provided for any variable.");
  Common options = common();
  check_common(options);
  std::vector<Tensor> used = clipped(grads);
  begin_step();
  for (size_t i = 0; i < variables.size(); ++i) {
    if (!used[i]) continue;
    if (options.weight_decay) variables[i].assign_sub(variables[i].value() * (*options.weight_decay * learning_rate()));
    update(used[i], variables[i], slots_of(variables[i]));
    if (const auto& constraint = variables[i].constraint()) variables[i].assign(constraint(variables[i].value()));
  }
  ++iterations_;
}

namespace optimizers {

void SGDBody::update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) {
  static const Op &descend = get_op("ResourceApplyGradientDescent"), &with_momentum = get_op("ResourceApplyKerasMomentum");
  DType dtype = variable.dtype();
  Tensor rate = scalar(options_.learning_rate, dtype);
  if (slots.empty()) run(descend, {variable.handle(), rate, grad});
  else run(with_momentum, {variable.handle(), slots[0].handle(), rate, grad, scalar(options_.momentum, dtype)}, {{"use_nesterov", options_.nesterov}});
}

void AdamBody::update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) {
  static const Op& op = get_op("ResourceApplyAdam");
  DType dtype = variable.dtype();
  if (options_.amsgrad) return update_amsgrad(grad, variable, slots);
  // Powers in the precision of the Variable, as Keras computes them
  float step = float(iterations_ + 1), power1 = std::pow(float(options_.beta_1), step), power2 = std::pow(float(options_.beta_2), step);
  run(op, {variable.handle(), slots[0].handle(), slots[1].handle(), scalar(power1, dtype), scalar(power2, dtype),
           scalar(options_.learning_rate, dtype), scalar(options_.beta_1, dtype), scalar(options_.beta_2, dtype),
           scalar(options_.epsilon, dtype), grad});
}

void AdamBody::update_amsgrad(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) {
  const Variable &m = slots[0], &v = slots[1], &largest = slots[2];
  double step = double(iterations_ + 1);
  double alpha = options_.learning_rate * std::sqrt(1.0 - std::pow(options_.beta_2, step)) / (1.0 - std::pow(options_.beta_1, step));
  m.assign_add((grad - m.value()) * (1.0 - options_.beta_1));
  v.assign_add((square(grad) - v.value()) * (1.0 - options_.beta_2));
  largest.assign(maximum(largest.value(), v.value()));
  variable.assign_sub(m.value() * alpha / (sqrt(largest.value()) + options_.epsilon));
}

void AdagradBody::update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) {
  slots[0].assign_add(square(grad));
  variable.assign_sub(grad * options_.learning_rate / sqrt(slots[0].value() + options_.epsilon));
}

void NadamBody::begin_step() {
  double step = double(iterations_ + 1);
  u_now_ = options_.beta_1 * (1.0 - 0.5 * std::pow(0.96, step));
  u_next_ = options_.beta_1 * (1.0 - 0.5 * std::pow(0.96, step + 1));
  product_ *= u_now_;
}

void NadamBody::update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) {
  const Variable &m = slots[0], &v = slots[1];
  double product_next = product_ * u_next_, beta2_power = std::pow(options_.beta_2, double(iterations_ + 1));
  m.assign_add((grad - m.value()) * (1.0 - options_.beta_1));
  v.assign_add((square(grad) - v.value()) * (1.0 - options_.beta_2));
  Tensor m_hat = m.value() * (u_next_ / (1.0 - product_next)) + grad * ((1.0 - u_now_) / (1.0 - product_));
  Tensor v_hat = v.value() / (1.0 - beta2_power);
  variable.assign_sub(m_hat * options_.learning_rate / (sqrt(v_hat) + options_.epsilon));
}

void RMSpropBody::update(const Tensor& grad, const Variable& variable, const std::vector<Variable>& slots) {
  const Variable& velocity = slots[0];
  velocity.assign(velocity.value() * options_.rho + square(grad) * (1.0 - options_.rho));
  Tensor denominator = velocity.value() + options_.epsilon;
  if (options_.centered) {
    const Variable& average = slots.back();
    average.assign(average.value() * options_.rho + grad * (1.0 - options_.rho));
    denominator = velocity.value() - square(average.value()) + options_.epsilon;
  }
  Tensor increment = grad * options_.learning_rate / sqrt(denominator);
  if (options_.momentum > 0) {
    slots[1].assign(slots[1].value() * options_.momentum + increment);
    increment = slots[1].value();
  }
  variable.assign_sub(increment);
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, SGD, optimizers::SGDBody)
RUNNEL_KERAS_CLASS(optimizers, Adam, optimizers::AdamBody)
RUNNEL_KERAS_CLASS(optimizers, AdamW, optimizers::AdamWBody)
RUNNEL_KERAS_CLASS(optimizers, Adagrad, optimizers::AdagradBody)
RUNNEL_KERAS_CLASS(optimizers, Nadam, optimizers::NadamBody)
RUNNEL_KERAS_CLASS(optimizers, RMSprop, optimizers::RMSpropBody)

}  // namespace runnel::inline v0::keras
