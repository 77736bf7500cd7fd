// keras.optimizers.LossScaleOptimizer
#pragma once

#include "runnel/keras/optimizers/optimizer.h"

namespace runnel::inline v0::keras::optimizers {

struct LossScaleOptions {
  Optimizer inner_optimizer{};
  double initial_scale = 32768;
  int64_t dynamic_growth_steps = 2000;
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("inner_optimizer", s.inner_optimizer);
    v("initial_scale", s.initial_scale);
    v("dynamic_growth_steps", s.dynamic_growth_steps);
    v("name", s.name);
  }
};

/// Scales the loss up, so that gradients in float16 do not vanish. A step whose gradients are not finite is left out and halves
/// the scale; dynamic_growth_steps good steps in a row double it.
class LossScaleOptimizerBody : public OptimizerBody {
 public:
  using Options = LossScaleOptions;
  explicit LossScaleOptimizerBody(const LossScaleOptions& options);
  static constexpr const char* kName = "LossScaleOptimizer";
  std::string class_name() const override { return kName; }
  Config get_config() const override;
  std::optional<Config> argument(std::string_view name) const override { return field_of(options_, name); }
  void visit_owned(OwnedVisitor& visitor) const override { visit_fields(options_, visitor); }
  void build(const std::vector<Variable>& variables) override;
  using OptimizerBody::apply;
  void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) override;
  Tensor scale_loss(const Tensor& loss) const override;
  void finalize_variable_values(const std::vector<Variable>& variables) override;
  /// Its own, then the inner optimizer's.
  std::vector<Variable> variables() const override;
  Tensor iterations() const override { return inner().iterations(); }
  const Variable& iterations_variable() const override { return inner().iterations_variable(); }
  Tensor learning_rate() const override { return inner().learning_rate(); }
  void set_learning_rate(const LearningRate& rate) override { inner().set_learning_rate(rate); }
  const Optimizer& inner_optimizer() const { return options_.inner_optimizer; }
  /// The scale as it is now, a scalar; empty before build().
  const Variable& dynamic_scale() const { return dynamic_scale_; }
  /// Good steps since it changed.
  const Variable& step_counter() const { return step_counter_; }

 private:
  OptimizerBody& inner() const { return *options_.inner_optimizer.body(); }
  LossScaleOptions options_;
  Variable step_counter_, dynamic_scale_;
};
using LossScaleOptimizer = ObjectOf<LossScaleOptimizerBody>;

}  // namespace runnel::inline v0::keras::optimizers
