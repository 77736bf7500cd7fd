// keras.optimizers.MultiOptimizer: different optimizers for different weights.
#pragma once

#include <functional>

#include "runnel/keras/optimizers/optimizer.h"

namespace runnel::inline v0::keras {

/// Which optimizer a Variable gets: that of its very path ("dense/kernel"), else that of the one pattern that fits the whole path
/// ("encoder/.*", see base/pattern.h), else the default.
struct OptimizerMap {
  Optimizer default_optimizer{};
  std::vector<std::pair<std::string, Optimizer>> optimizers{};
  std::function<Optimizer(const Variable&)> choose{};  ///< In place of all that.
  Ref<RefCounted> source{};                            ///< Set where that is a function of another language.
  /// ValueError where several patterns fit, or nothing does.
  Optimizer operator()(const Variable& variable) const;
};
Config to_config(const OptimizerMap& map);
void from_config(const Config& config, OptimizerMap& out);

namespace optimizers {

struct MultiOptimizerOptions {
  OptimizerMap optimizer_map{};
  std::optional<double> loss_scale_factor{};
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("optimizer_map", s.optimizer_map);
    v("loss_scale_factor", s.loss_scale_factor);
    v("name", s.name);
  }
};

/// Gives each Variable's gradient to the Variable's optimizer. It has no learning rate of its own: AttributeError.
class MultiOptimizerBody : public OptimizerBody {
 public:
  using Options = MultiOptimizerOptions;
  explicit MultiOptimizerBody(const MultiOptimizerOptions& options);
  static constexpr const char* kName = "MultiOptimizer";
  std::string class_name() const override { return kName; }
  Config get_config() const override;
  std::optional<Config> argument(std::string_view name) const override { return field_of(options_, name); }
  void visit_owned(OwnedVisitor& visitor) const override;
  void build(const std::vector<Variable>& variables) override;
  using OptimizerBody::apply;
  void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) override;
  void finalize_variable_values(const std::vector<Variable>& variables) override;
  /// Its own, then those of the optimizers inside.
  std::vector<Variable> variables() const override;
  Tensor learning_rate() const override;
  void set_learning_rate(const LearningRate& rate) override;
  const std::vector<Optimizer>& optimizers() const { return inner_; }

 private:
  /// The places, in `variables`, of those that belong to each of the optimizers inside.
  std::vector<std::vector<size_t>> groups(const std::vector<Variable>& variables);
  size_t place_of(const Optimizer& optimizer);
  MultiOptimizerOptions options_;
  std::vector<Optimizer> inner_;
};
using MultiOptimizer = ObjectOf<MultiOptimizerBody>;

}  // namespace optimizers
}  // namespace runnel::inline v0::keras
