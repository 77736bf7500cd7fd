#include "runnel/keras/optimizers/optimizer.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/pattern.h"
#include "runnel/keras/optimizers/gradient_slices.h"
#include "runnel/keras/saving/saveable.h"
#include "runnel/keras/tracing.h"
#include "runnel/keras/warn.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/math.h"
#include "runnel/ops/variable_notes.h"

namespace runnel::inline v0::keras {

namespace {

void check_counts(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  if (grads.size() != variables.size())
    fail<ValueError>("Optimizer.apply", "gradients and variables differ in number", {.got = cat(grads.size(), " and ", variables.size())});
}

void check_settings(const OptimizerSettings& s) {
  if (int(s.clipnorm.has_value()) + int(s.clipvalue.has_value()) + int(s.global_clipnorm.has_value()) > 1)
    fail<ValueError>("", "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set.");
  if (s.gradient_accumulation_steps && *s.gradient_accumulation_steps < 2)
    fail<ValueError>("", "`gradient_accumulation_steps` must be an integer >= 2.",
                     {.got = cat("gradient_accumulation_steps=", *s.gradient_accumulation_steps)});
  if (s.use_ema && (s.ema_momentum > 1 || s.ema_momentum < 0))
    fail<ValueError>("", "`ema_momentum` must be in the range [0, 1].", {.got = cat("ema_momentum=", s.ema_momentum)});
  if (s.use_ema && s.ema_overwrite_frequency && *s.ema_overwrite_frequency < 1)
    fail<ValueError>("", "`ema_overwrite_frequency` must be an integer >= 1 or None.",
                     {.got = cat("ema_overwrite_frequency=", *s.ema_overwrite_frequency)});
}

/// "dense/kernel:0" -> "dense/kernel"
std::string path_of(const Variable& variable) { return variable.name().substr(0, variable.name().find(':')); }

/// variable -= variable * weight_decay * learning_rate
void decay(const Variable& variable, double weight_decay, const Tensor& learning_rate) {
  static const Op& op = get_op("KerasApplyWeightDecay");
  DType dtype = variable.dtype();
  Tensor rate = cast(learning_rate, dtype);
  if (dtype == float32 || dtype == float64) run(op, {variable.handle(), rate}, {{"decay", weight_decay}});
  else variable.assign_sub(variable.value() * weight_decay * rate);
}

}  // namespace

OptimizerBody::OptimizerBody(const OptimizerSettings& settings) : settings_(settings), name_(settings.name) { check_settings(settings); }

void OptimizerBody::constructed() {
  if (name_.empty()) name_ = unique_name(to_snake_case(class_name()));
  iterations_ = add_variable({.dtype = int64, .name = "iteration"});
  if (const double* rate = settings_.learning_rate.number()) {
    rate_ = add_variable({.name = "learning_rate"});
    rate_.assign(*rate);
  }
}

Config OptimizerBody::get_config() const {
  Config rate = rate_ ? Config(double(rate_.value().item<float>())) : to_config(settings_.learning_rate);
  return Config::Dict{{"name", name_},
                      {"learning_rate", rate},
                      {"weight_decay", to_config(settings_.weight_decay)},
                      {"clipnorm", to_config(settings_.clipnorm)},
                      {"global_clipnorm", to_config(settings_.global_clipnorm)},
                      {"clipvalue", to_config(settings_.clipvalue)},
                      {"use_ema", settings_.use_ema},
                      {"ema_momentum", settings_.ema_momentum},
                      {"ema_overwrite_frequency", to_config(settings_.ema_overwrite_frequency)},
                      {"loss_scale_factor", to_config(settings_.loss_scale_factor)},
                      {"gradient_accumulation_steps", to_config(settings_.gradient_accumulation_steps)}};
}

// --- Variables

Variable OptimizerBody::add_variable(const OptimizerVariableSpec& spec) {
  Variable variable;
  outside_of_traces([&] {
    VariableOptions options{.trainable = false, .name = cat(name_, "/", spec.name)};
    variable = Variable(spec.initializer(spec.shape, spec.dtype), options);
    notes_of(variable).is_weight = true;
  });
  track_variable(variable);
  return variable;
}

Variable OptimizerBody::add_variable_from_reference(const Variable& reference, const std::string& name, const Initializer& initializer) {
  if (notes_of(reference).overwrite_with_gradient) return {};  // it needs no state
  std::string prefix = path_of(reference);
  std::replace(prefix.begin(), prefix.end(), '/', '_');
  return add_variable({.shape = reference.shape().known(), .initializer = initializer, .dtype = reference.dtype(), .name = cat(prefix, "_", name)});
}

std::vector<Variable> OptimizerBody::add_optimizer_variables(const std::vector<Variable>& variables, const std::string& name,
                                                             const Initializer& initializer) {
  std::vector<Variable> out;
  for (const Variable& v : variables) out.push_back(add_variable_from_reference(v, name, initializer));
  return out;
}

void OptimizerBody::build(const std::vector<Variable>& variables) {
  if (settings_.use_ema) averages_ = add_optimizer_variables(variables, "average");
  if (settings_.gradient_accumulation_steps) accumulated_ = add_optimizer_variables(variables, "gradient_accumulator");
  for (size_t i = 0; i < variables.size(); ++i) index_[variables[i].handle().id()] = i;
  trainable_ = variables;
  built_ = true;
}

size_t OptimizerBody::index_of(const Variable& variable) const {
  const size_t* found = index_.find(variable.handle().id());
  if (!found)
    fail<ValueError>("", cat("Unknown variable: ", variable.name(), ". This optimizer can only be called for the variables it was originally built "
                             "with. When working with a new set of variables, you should recreate a new optimizer instance."),
                     {.hint = "compile() each model with an optimizer of its own, and anew after freezing layers"});
  return *found;
}

void OptimizerBody::check_known(const std::vector<Variable>& variables) const {
  for (const Variable& v : variables) index_of(v);
}

void OptimizerBody::set_weights(const std::vector<Tensor>& values) {
  if (!built_)
    fail<ValueError>("", "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                         "`optimizer.build(trainable_variables)` to create the optimizer weights before calling `set_weights()`.");
  std::vector<Variable> all = variables();
  for (size_t i = 0; i < std::min(all.size(), values.size()); ++i) {
    if (!all[i].shape().is_compatible_with(values[i].shape()))
      fail<ValueError>("", cat("Optimizer variable ", all[i].name(), " has shape ", to_text(all[i].shape()), " not compatible with provided weight shape ",
                               to_text(values[i].shape()), "."));
    all[i].assign(cast(values[i], all[i].dtype()));
  }
}

void OptimizerBody::assign(const Variable& variable, const Tensor& value) { variable.assign(cast(value, variable.dtype())); }
void OptimizerBody::assign_add(const Variable& variable, const Tensor& value) { variable.assign_add(cast(value, variable.dtype())); }
void OptimizerBody::assign_sub(const Variable& variable, const Tensor& value) { variable.assign_sub(cast(value, variable.dtype())); }

// --- the rate and the step

std::vector<SavedVariable> OptimizerBody::saved_variables() const { return numbered(variables()); }

Tensor OptimizerBody::iterations() const {
  Tensor steps = iterations_.value();
  return settings_.gradient_accumulation_steps ? floordiv(steps, *settings_.gradient_accumulation_steps) : steps;
}

Tensor OptimizerBody::next_step(DType dtype) const { return cast(iterations() + 1, dtype); }

Tensor OptimizerBody::learning_rate() const {
  if (rate_) return rate_.value();
  if (const LearningRateSchedule* schedule = settings_.learning_rate.schedule()) return (*schedule)(iterations_.value());
  return (*settings_.learning_rate.function())();
}

void OptimizerBody::set_learning_rate(const LearningRate& rate) {
  const double* number = rate.number();
  if (number && rate_) {
    rate_.assign(*number);
    return;
  }
  if (number && settings_.learning_rate.schedule())
    fail<TypeError>("", "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor argument, hence its "
                        "learning rate is not settable. If you need the learning rate to be settable, you should instantiate the optimizer with a "
                        "float `learning_rate` argument.");
  settings_.learning_rate = rate;
  if (rate_) std::erase_if(variables_, [&](const Variable& v) { return v.is(rate_); });
  rate_ = Variable();
}

Tensor OptimizerBody::scale_loss(const Tensor& loss) const { return settings_.loss_scale_factor ? loss * *settings_.loss_scale_factor : loss; }

// --- one step

void OptimizerBody::update_step(const Tensor&, const Variable&, const Tensor&) {
  fail<NotImplementedError>("", cat("Optimizer ", class_name(), " does not implement `update_step()`."));
}

void OptimizerBody::backend_update_step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables, const Tensor& learning_rate) {
  for (size_t i = 0; i < grads.size(); ++i) update_step(grads[i], variables[i], learning_rate);
}

// Slices of lookups stay slices, except where one norm is taken over all gradients, as in Keras.
std::vector<Tensor> OptimizerBody::clipped(const std::vector<Tensor>& grads) const {
  const OptimizerSettings& s = settings_;
  std::vector<Tensor> out = grads;
  if (s.clipnorm && *s.clipnorm > 0) {
    for (Tensor& g : out) {
      const Tensor& values = values_of(g);
      g = with_values(g, values * *s.clipnorm / maximum(sqrt(reduce_sum(square(values))), *s.clipnorm));
    }
  } else if (s.global_clipnorm && *s.global_clipnorm > 0) {
    std::vector<Tensor> values;
    for (const Tensor& g : grads) values.push_back(values_of(g));
    Tensor norm = global_norm(values);
    // A norm that is not finite makes all gradients NaN.
    Tensor scale = *s.global_clipnorm * minimum(1.0 / norm, 1.0 / *s.global_clipnorm) + (norm - norm);
    for (Tensor& g : out) g = dense(g) * scale;
  } else if (s.clipvalue && *s.clipvalue > 0) {
    for (Tensor& g : out) g = with_values(g, clip_by_value(values_of(g), -*s.clipvalue, *s.clipvalue));
  }
  return out;
}

void OptimizerBody::exclude_from_weight_decay(const std::vector<Variable>& variables, const std::vector<std::string>& names) {
  not_decaying_ = variables;
  not_decaying_names_ = names;
}

bool OptimizerBody::decays(const Variable& variable) const {
  auto same = [&](const Variable& v) { return v.is(variable); };
  auto matches = [&](const std::string& name) { return pattern_found(name, path_of(variable)); };
  return std::none_of(not_decaying_.begin(), not_decaying_.end(), same) &&
         std::none_of(not_decaying_names_.begin(), not_decaying_names_.end(), matches);
}

void OptimizerBody::apply_weight_decay(const std::vector<Variable>& variables) {
  if (!settings_.weight_decay) return;
  Tensor rate = learning_rate();
  for (const Variable& v : variables)
    if (decays(v)) decay(v, *settings_.weight_decay, rate);
}

void OptimizerBody::update(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  DenseGradients used(clipped(grads));
  apply_weight_decay(variables);
  backend_update_step(used.tensors(), variables, learning_rate());
}

// Sums gradients, and updates with their mean in every n-th step.
void OptimizerBody::accumulate(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  int64_t n = *settings_.gradient_accumulation_steps;
  std::vector<Tensor> means;
  std::vector<Variable> changed = variables_;
  for (size_t i = 0; i < grads.size(); ++i) {
    const Variable& sum = accumulated_[index_of(variables[i])];
    sum.assign_add(dense(grads[i]));
    means.push_back(sum.value() / n);
    changed.push_back(variables[i]);
  }
  run_if(equal(mod(iterations_.value() + 1, n), 0), changed, [&] {
    update(means, variables);
    for (const Variable& sum : accumulated_)
      if (sum) sum.assign(zeros_like(sum.value()));
  });
}

void OptimizerBody::update_averages() {
  Tensor not_first = not_equal(iterations(), 0);
  for (size_t i = 0; i < trainable_.size(); ++i) {
    if (!averages_[i]) continue;
    Tensor momentum = cast(not_first, trainable_[i].dtype()) * settings_.ema_momentum;
    averages_[i].assign(momentum * averages_[i].value() + (1 - momentum) * trainable_[i].value());
  }
  if (!settings_.ema_overwrite_frequency) return;
  run_if(equal(mod(iterations() + 1, *settings_.ema_overwrite_frequency), 0), trainable_, [&] { finalize_variable_values(trainable_); });
}

void OptimizerBody::finalize_variable_values(const std::vector<Variable>& variables) {
  if (!settings_.use_ema) return;
  if (variables.size() != averages_.size())
    fail<ValueError>("", cat("The length of model variables (", variables.size(), ") to override does not match the length of model variables stored in "
                             "the optimizer (", averages_.size(), "). Please check if the optimizer was called on your model."));
  for (size_t i = 0; i < variables.size(); ++i)
    if (averages_[i]) variables[i].assign(averages_[i].value());
}

void OptimizerBody::apply(const std::vector<Tensor>& grads) {
  if (!built_)
    fail<ValueError>("", "When passing `grads` without `variables`, the optimizer must already be built on a list of variables. Call "
                         "`optimizer.build(trainable_variables)` first. ");
  apply(grads, trainable_);
}

void OptimizerBody::apply_gradients(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  check_counts(grads, variables);
  apply(grads, variables);
}

const Variable& OptimizerBody::apply_gradients(const std::vector<std::pair<Tensor, Variable>>& grads_and_vars) {
  std::vector<Tensor> grads;
  std::vector<Variable> variables;
  for (const auto& [grad, variable] : grads_and_vars) {
    grads.push_back(grad);
    variables.push_back(variable);
  }
  apply(grads, variables);
  return iterations_variable();
}

void OptimizerBody::apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  if (grads.empty()) return;
  check_counts(grads, variables);
  if (!built_) build(variables);
  check_known(variables);
  std::vector<Tensor> used;
  std::vector<Variable> updated;
  std::vector<std::string> missing;
  for (size_t i = 0; i < grads.size(); ++i) {
    if (!grads[i]) {
      missing.push_back(cat("'", path_of(variables[i]), "'"));
      continue;
    }
    if (notes_of(variables[i]).overwrite_with_gradient) {
      variables[i].assign(grads[i]);
      continue;
    }
    used.push_back(settings_.loss_scale_factor ? with_values(grads[i], values_of(grads[i]) / *settings_.loss_scale_factor) : grads[i]);
    updated.push_back(variables[i]);
  }
  if (used.empty()) fail<ValueError>("", "No gradients provided for any variable.");
  if (!missing.empty())
    warn(cat("Gradients do not exist for variables [", join(missing), "] when minimizing the loss. If using `model.compile()`, did you forget to "
             "provide a `loss` argument?"));
  if (settings_.gradient_accumulation_steps) accumulate(used, updated);
  else update(used, updated);
  if (settings_.use_ema) update_averages();
  for (const Variable& v : updated)
    if (const auto& constraint = v.constraint()) v.assign(constraint(v.value()));
  iterations_.assign_add(1);
}

RUNNEL_KERAS_CLASS(optimizers, Optimizer, OptimizerBaseBody)

}  // namespace runnel::inline v0::keras
