#include "runnel/keras/optimizers/loss_scale.h"

#include "runnel/base/error.h"
#include "runnel/keras/tracing.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace optimizers {

LossScaleOptimizerBody::LossScaleOptimizerBody(const LossScaleOptions& options)
    : OptimizerBody({.learning_rate = 0.0, .name = options.name}), options_(options) {
  if (!options.inner_optimizer) fail<ValueError>("LossScaleOptimizer", "an `inner_optimizer` is needed");
  inner().set_loss_scale_factor({});  // gradients shall not be scaled back twice
}

Config LossScaleOptimizerBody::get_config() const {
  Config config = fields_to_config(options_);
  config.set("name", name());
  return config;
}

void LossScaleOptimizerBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  step_counter_ = add_variable({.dtype = int64, .name = "step_counter"});
  dynamic_scale_ = add_variable({.initializer = initializers::Constant({.value = options_.initial_scale}), .name = "dynamic_scale"});
  inner().build(variables);
  OptimizerBody::build(variables);
}

std::vector<Variable> LossScaleOptimizerBody::variables() const {
  std::vector<Variable> out = OptimizerBody::variables();
  for (const Variable& v : inner().variables()) out.push_back(v);
  return out;
}

void LossScaleOptimizerBody::apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  if (!built()) build(variables);
  Tensor finite = Tensor::scalar(true), scale = dynamic_scale_.value();
  std::vector<Tensor> unscaled;
  for (const Tensor& given : grads) {
    Tensor g = dense(given);
    if (g) finite = logical_and(finite, reduce_all(is_finite(g)));
    unscaled.push_back(g ? g / cast(scale, g.dtype()) : g);
  }
  std::vector<Variable> changed = inner().variables();
  changed.insert(changed.end(), variables.begin(), variables.end());
  run_if(finite, changed, [&] { inner().apply(unscaled, variables); });
  Tensor steps = step_counter_.value(), grows = logical_and(finite, equal(steps, options_.dynamic_growth_steps - 1));
  step_counter_.assign(where(logical_and(finite, logical_not(grows)), steps + 1, zeros_like(steps)));
  dynamic_scale_.assign(scale * where(finite, where(grows, 2.0, Tensor::scalar(1.0f)), 0.5));
}

Tensor LossScaleOptimizerBody::scale_loss(const Tensor& loss) const {
  if (!built()) return loss * options_.initial_scale;
  return loss * cast(dynamic_scale_.value(), loss.dtype());
}

void LossScaleOptimizerBody::finalize_variable_values(const std::vector<Variable>& variables) { inner().finalize_variable_values(variables); }

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, LossScaleOptimizer, optimizers::LossScaleOptimizerBody)

}  // namespace runnel::inline v0::keras
