// OptimizerBody: what one subclasses for an optimizer of one's own.
//
//   struct SignDescentBody : OptimizerWith<SignDescentOptions> {
//     using OptimizerWith::OptimizerWith;
//     std::string class_name() const override { return "SignDescent"; }
//     void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override {
//       assign_sub(variable, sign(gradient) * learning_rate);
//     }
//   };
#pragma once

#include <utility>
#include <vector>

#include "runnel/base/filled.h"
#include "runnel/base/pointer_map.h"
#include "runnel/keras/initializers.h"
#include "runnel/keras/optimizers/schedule.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

/// The arguments that all optimizers share.
struct OptimizerSettings {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay{}, clipnorm{}, clipvalue{}, global_clipnorm{};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency{};
  std::optional<double> loss_scale_factor{};
  std::optional<int64_t> gradient_accumulation_steps{};
  std::string name{};
};

struct OptimizerVariableSpec {
  Shape shape{};
  Initializer initializer = "zeros";
  DType dtype = float32;
  std::string name{};
};

template <class Body>
class OverridableOptimizer;

/// Changes variables by their gradients. A subclass defines build() and update_step().
class OptimizerBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableOptimizer<Body>;
  static constexpr const char* kKind = "optimizers";
  /// ValueError for arguments that contradict each other.
  explicit OptimizerBody(const OptimizerSettings& settings);
  std::string module() const override { return "keras.optimizers"; }
  /// Makes `iteration` and, unless there is a schedule, `learning_rate`.
  void constructed() override;
  Config get_config() const override;

  // What an optimizer of one's own defines: the slots, made in build() after that of the base, and the update of a Variable.
  virtual void build(const std::vector<Variable>& variables);
  /// NotImplementedError here. `learning_rate` is a scalar; gradient and Variable have one shape.
  virtual void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate);
  /// update_step() of every pair: the place for what is computed once a step.
  virtual void backend_update_step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables, const Tensor& learning_rate);

  /// Scales, clips, decays, updates, applies constraints, and counts the step; Variables with an empty gradient are left alone.
  /// ValueError where there is no gradient at all, or a Variable that the optimizer was not built with.
  virtual void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables);
  /// To the Variables that the optimizer was built with.
  void apply(const std::vector<Tensor>& grads);
  /// What a model's training step calls: another language's apply_gradients(), where it has one, or apply().
  virtual void step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) { apply(grads, variables); }
  const Variable& apply_gradients(const std::vector<std::pair<Tensor, Variable>>& grads_and_vars);
  /// The same for two lists; ValueError where they differ in length, none at all included.
  void apply_gradients(const std::vector<Tensor>& grads, const std::vector<Variable>& variables);
  virtual Tensor scale_loss(const Tensor& loss) const;
  /// After training: the Variables take their averages where `use_ema` is set.
  virtual void finalize_variable_values(const std::vector<Variable>& variables);

  const std::string& name() const { return name_; }
  const OptimizerSettings& settings() const { return settings_; }
  bool built() const { return built_; }
  /// The Variables that it was built with, and their averages (none without `use_ema`).
  const std::vector<Variable>& trainable_variables() const { return trainable_; }
  const std::vector<Variable>& averages() const { return averages_; }
  /// iteration, learning_rate, then what build() made: in the order in which they are saved.
  virtual std::vector<Variable> variables() const { return variables_; }
  bool has_saved_state() const override { return true; }
  std::vector<SavedVariable> saved_variables() const override;
  /// Updates so far, an int64 scalar.
  virtual Tensor iterations() const;
  virtual const Variable& iterations_variable() const { return iterations_; }
  /// The rate of the coming update, a scalar.
  virtual Tensor learning_rate() const;
  /// No Variable where there is a schedule.
  const Variable& learning_rate_variable() const { return rate_; }
  /// TypeError for a number in place of a schedule.
  virtual void set_learning_rate(const LearningRate& rate);
  void visit_owned(OwnedVisitor& visitor) const override { visit_field(settings_.learning_rate, visitor); }
  void set_loss_scale_factor(std::optional<double> factor) { settings_.loss_scale_factor = factor; }
  /// Values of variables(), in order. ValueError where shapes differ.
  void set_weights(const std::vector<Tensor>& values);
  /// These, and Variables in whose names one of the patterns is found (base/pattern.h), do not decay.
  void exclude_from_weight_decay(const std::vector<Variable>& variables, const std::vector<std::string>& names = {});

  // For build() and update_step().
  Variable add_variable(const OptimizerVariableSpec& spec);
  /// Of the reference's shape and dtype, named after it.
  Variable add_variable_from_reference(const Variable& reference, const std::string& name, const Initializer& initializer = "zeros");
  /// One for each Variable.
  std::vector<Variable> add_optimizer_variables(const std::vector<Variable>& variables, const std::string& name,
                                                const Initializer& initializer = "zeros");
  void track_variable(const Variable& variable) { variables_.push_back(variable); }
  /// The place of the Variable among those that the optimizer was built with.
  size_t index_of(const Variable& variable) const;
  virtual void assign(const Variable& variable, const Tensor& value);
  virtual void assign_add(const Variable& variable, const Tensor& value);
  virtual void assign_sub(const Variable& variable, const Tensor& value);

  template <class Self>
  class Methods {
   public:
    void build(const std::vector<Variable>& variables) const { body()->build(variables); }
    void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) const { body()->apply(grads, variables); }
    /// ValueError where there are not as many gradients as Variables.
    void apply_gradients(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) const {
      body()->apply_gradients(grads, variables);
    }
    std::vector<Variable> variables() const { return body()->variables(); }
    Tensor iterations() const { return body()->iterations(); }
    Tensor learning_rate() const { return body()->learning_rate(); }
    void set_learning_rate(const LearningRate& rate) const { body()->set_learning_rate(rate); }

   private:
    OptimizerBody* body() const { return filled(static_cast<const Self*>(this)->body(), "Optimizer"); }
  };

 protected:
  virtual bool decays(const Variable& variable) const;
  virtual void apply_weight_decay(const std::vector<Variable>& variables);
  std::vector<Tensor> clipped(const std::vector<Tensor>& grads) const;
  /// iterations() + 1 as a scalar of the dtype.
  Tensor next_step(DType dtype) const;

 private:
  void check_known(const std::vector<Variable>& variables) const;
  void update(const std::vector<Tensor>& grads, const std::vector<Variable>& variables);
  void accumulate(const std::vector<Tensor>& grads, const std::vector<Variable>& variables);
  void update_averages();

  OptimizerSettings settings_;
  std::string name_;
  bool built_ = false;
  Variable iterations_, rate_;
  std::vector<Variable> variables_, trainable_, averages_, accumulated_;
  PointerMap<size_t> index_;
  std::vector<Variable> not_decaying_;
  std::vector<std::string> not_decaying_names_;
};
using Optimizer = Handle<OptimizerBody>;

/// An optimizer of which a subclass is written in another language.
template <class Body>
class OverridableOptimizer : public Overridable<Body> {
 public:
  enum { kBuild, kUpdateStep, kApply, kGetConfig, kApplyGradients };
  static constexpr const char* kMethods[] = {"build", "update_step", "apply", "get_config", "apply_gradients"};
  using Overridable<Body>::Overridable;
  void build(const std::vector<Variable>& variables) override { this->overridden(kBuild) ? this->tell("build", {variables}) : Body::build(variables); }
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override {
    if (this->overridden(kUpdateStep)) return this->tell("update_step", {gradient, variable, learning_rate});
    Body::update_step(gradient, variable, learning_rate);
  }
  using Body::apply;
  void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) override {
    if (this->overridden(kApply)) return this->tell("apply", {Nest(grads), variables});
    Body::apply(grads, variables);
  }
  void step(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) override {
    if (this->overridden(kApplyGradients)) return this->tell("_apply_pairs", {Nest(grads), variables});
    Body::step(grads, variables);
  }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};

template <class Options>
OptimizerSettings settings_of(const Options& o) {
  return {o.learning_rate, o.weight_decay, o.clipnorm, o.clipvalue, o.global_clipnorm, o.use_ema, o.ema_momentum,
          o.ema_overwrite_frequency, o.loss_scale_factor, o.gradient_accumulation_steps, o.name};
}

/// The shared fields of an options struct, in Keras's order; RUNNEL_OPTIMIZER_VISIT lists them.
#define RUNNEL_OPTIMIZER_FIELDS                                                     \
  std::optional<double> weight_decay{}, clipnorm{}, clipvalue{}, global_clipnorm{}; \
  RUNNEL_OPTIMIZER_FIELDS_AFTER_CLIPPING
#define RUNNEL_OPTIMIZER_FIELDS_AFTER_CLIPPING          \
  bool use_ema = false;                                 \
  double ema_momentum = 0.99;                           \
  std::optional<int64_t> ema_overwrite_frequency{};     \
  std::optional<double> loss_scale_factor{};            \
  std::optional<int64_t> gradient_accumulation_steps{}; \
  std::string name{};
#define RUNNEL_OPTIMIZER_VISIT       \
  v("weight_decay", s.weight_decay); \
  RUNNEL_OPTIMIZER_VISIT_CLIPPING
#define RUNNEL_OPTIMIZER_VISIT_CLIPPING                            \
  v("clipnorm", s.clipnorm);                                       \
  v("clipvalue", s.clipvalue);                                     \
  v("global_clipnorm", s.global_clipnorm);                         \
  v("use_ema", s.use_ema);                                         \
  v("ema_momentum", s.ema_momentum);                               \
  v("ema_overwrite_frequency", s.ema_overwrite_frequency);         \
  v("loss_scale_factor", s.loss_scale_factor);                     \
  v("gradient_accumulation_steps", s.gradient_accumulation_steps); \
  v("name", s.name);

/// An optimizer made from an options struct with the shared fields.
template <class OptionsT>
class OptimizerWith : public OptimizerBody {
 public:
  using Options = OptionsT;
  explicit OptimizerWith(const OptionsT& options) : OptimizerBody(settings_of(options)), options_(options) {}
  const OptionsT& options() const { return options_; }
  std::optional<Config> argument(std::string_view name) const override { return field_of(options_, name); }
  bool set_argument(std::string_view name, const Config& value) override { return set_field_of(options_, name, value); }
  void visit_owned(OwnedVisitor& visitor) const override {
    OptimizerBody::visit_owned(visitor);
    visit_fields(options_, visitor);
  }
  /// The shared arguments as they are now, then the optimizer's own.
  Config get_config() const override { return with_fields(OptimizerBody::get_config(), options_); }

 protected:
  OptionsT options_;
};

/// What a subclass in another language is derived from.
struct OptimizerBaseOptions {
  LearningRate learning_rate = 0.001;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    RUNNEL_OPTIMIZER_VISIT
  }
};
class OptimizerBaseBody : public OptimizerWith<OptimizerBaseOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  static constexpr const char* kName = "Optimizer";
  std::string class_name() const override { return kName; }
};

}  // namespace runnel::inline v0::keras
