#include "runnel/keras/optimizers/multi.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/pattern.h"
#include "runnel/keras/optimizers/loss_scale.h"

namespace runnel::inline v0::keras {

Optimizer OptimizerMap::operator()(const Variable& variable) const {
  if (choose) return choose(variable);
  std::string path = variable.name().substr(0, variable.name().find(':'));
  std::vector<const Optimizer*> fitting;
  for (const auto& [pattern, optimizer] : optimizers) {
    if (pattern == path) return optimizer;
    if (pattern_found("^" + pattern + "$", path)) fitting.push_back(&optimizer);
  }
  if (fitting.size() > 1) fail<ValueError>("", cat("Multiple optimizers assigned to variable ", path, "."));
  Optimizer found = fitting.empty() ? default_optimizer : *fitting[0];
  if (!found) fail<ValueError>("", cat("No optimizer for variable ", path, "."), {.hint = "give the OptimizerMap a default_optimizer"});
  return found;
}

Config to_config(const OptimizerMap& map) {
  Config entries = Config::dict();
  for (const auto& [pattern, optimizer] : map.optimizers) entries.set(pattern, to_config(optimizer));
  return Config::Dict{{"default_optimizer", to_config(map.default_optimizer)}, {"optimizer_map", entries}};
}

void from_config(const Config& config, OptimizerMap& out) {
  auto* function = config.is_object() ? dynamic_cast<Function*>(config.as_object().get()) : nullptr;
  if (function) {
    out.source = config.as_object();
    out.choose = [function](const Variable& variable) {
      Value argument = variable;
      Optimizer optimizer;
      from_config(std::get<Config>(function->call({&argument, 1}, Wanted::kConfig).held()), optimizer);
      return optimizer;
    };
    return;
  }
  from_config(config.at("default_optimizer"), out.default_optimizer);
  for (const auto& [pattern, optimizer] : config.at("optimizer_map").as_dict()) from_config(optimizer, out.optimizers.emplace_back(pattern, Optimizer()).second);
}

namespace optimizers {

MultiOptimizerBody::MultiOptimizerBody(const MultiOptimizerOptions& options)
    : OptimizerBody({.learning_rate = 0.0, .loss_scale_factor = options.loss_scale_factor, .name = options.name}), options_(options) {
  for (const auto& [pattern, optimizer] : options.optimizer_map.optimizers) place_of(optimizer);
  if (options.optimizer_map.default_optimizer) place_of(options.optimizer_map.default_optimizer);
}

Config MultiOptimizerBody::get_config() const {
  Config config = fields_to_config(options_);
  config.set("name", name());
  return config;
}

void MultiOptimizerBody::visit_owned(OwnedVisitor& visitor) const {
  const OptimizerMap& map = options_.optimizer_map;
  visitor.owned(map.source.get());
  visitor.owned(map.default_optimizer.body().get());
  for (const auto& [pattern, optimizer] : map.optimizers) visitor.owned(optimizer.body().get());
  for (const Optimizer& optimizer : inner_) visitor.owned(optimizer.body().get());
}

size_t MultiOptimizerBody::place_of(const Optimizer& optimizer) {
  for (size_t i = 0; i < inner_.size(); ++i)
    if (inner_[i].body() == optimizer.body()) return i;
  bool nested = dynamic_cast<LossScaleOptimizerBody*>(optimizer.body().get()) || dynamic_cast<MultiOptimizerBody*>(optimizer.body().get());
  if (nested) fail<ValueError>("", cat(optimizer.body()->class_name(), " cannot be used inside an MultiOptimizer."));
  optimizer.body()->set_loss_scale_factor(options_.loss_scale_factor);
  inner_.push_back(optimizer);
  return inner_.size() - 1;
}

std::vector<std::vector<size_t>> MultiOptimizerBody::groups(const std::vector<Variable>& variables) {
  std::vector<size_t> places;
  for (const Variable& v : variables) {
    auto built_with = std::find_if(inner_.begin(), inner_.end(), [&](const Optimizer& o) {
      const auto& held = o.body()->trainable_variables();
      return std::any_of(held.begin(), held.end(), [&](const Variable& w) { return w.is(v); });
    });
    places.push_back(built_with != inner_.end() ? size_t(built_with - inner_.begin()) : place_of(options_.optimizer_map(v)));
  }
  std::vector<std::vector<size_t>> out(inner_.size());
  for (size_t i = 0; i < places.size(); ++i) out[places[i]].push_back(i);
  return out;
}

namespace {
template <class T>
std::vector<T> picked(const std::vector<T>& items, const std::vector<size_t>& places) {
  std::vector<T> out;
  for (size_t i : places) out.push_back(items[i]);
  return out;
}
}  // namespace

void MultiOptimizerBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  std::vector<std::vector<size_t>> places = groups(variables);
  for (size_t i = 0; i < places.size(); ++i)
    if (!places[i].empty()) inner_[i].body()->build(picked(variables, places[i]));
  OptimizerBody::build(variables);
}

void MultiOptimizerBody::apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  if (grads.empty()) return;
  if (!built()) build(variables);
  if (grads.size() != variables.size())
    fail<ValueError>("", cat("Gradients must match trainable variables one-to-one. Received ", grads.size(), " gradients and ", variables.size(), " variables."));
  std::vector<std::vector<size_t>> places = groups(variables);
  for (size_t i = 0; i < places.size(); ++i)
    if (!places[i].empty()) inner_[i].body()->apply(picked(grads, places[i]), picked(variables, places[i]));
  iterations_variable().assign_add(1);
}

void MultiOptimizerBody::finalize_variable_values(const std::vector<Variable>& variables) {
  std::vector<std::vector<size_t>> places = groups(variables);
  for (size_t i = 0; i < places.size(); ++i)
    if (!places[i].empty()) inner_[i].body()->finalize_variable_values(picked(variables, places[i]));
}

std::vector<Variable> MultiOptimizerBody::variables() const {
  std::vector<Variable> out = OptimizerBody::variables();
  for (const Optimizer& optimizer : inner_)
    for (const Variable& v : optimizer.body()->variables()) out.push_back(v);
  return out;
}

Tensor MultiOptimizerBody::learning_rate() const {
  fail<AttributeError>("", "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on the individual sub-optimizers instead.");
}
void MultiOptimizerBody::set_learning_rate(const LearningRate&) {
  fail<AttributeError>("", "Learning rate cannot be set on a MultiOptimizer. Set the learning rate on the individual sub-optimizers instead.");
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, MultiOptimizer, optimizers::MultiOptimizerBody)

}  // namespace runnel::inline v0::keras
