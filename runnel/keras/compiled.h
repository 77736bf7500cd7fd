// What compile() was told, at work: the losses and metrics of a model's outputs, and the means that fit() shows.
#pragma once

#include <string>
#include <vector>

#include "runnel/keras/losses.h"
#include "runnel/keras/metrics.h"
#include "runnel/keras/optimizers.h"

namespace runnel::inline v0::keras {

/// Names and values in order: {"accuracy", 0.91}, {"loss", 0.25}, ...
using Logs = std::vector<std::pair<std::string, double>>;

/// A metric by name ("accuracy" is resolved by the shapes of the first batch) or as an object.
struct MetricSpec {
  MetricSpec(const char* name) : name(name) {}
  MetricSpec(const std::string& name) : name(name) {}
  MetricSpec(const Metric& metric) : metric(metric) {}
  template <class Body>
  MetricSpec(const ObjectOf<Body>& object) : metric(object) {}
  std::string name;
  Metric metric;
};

struct CompileOptions {
  Optimizer optimizer = "rmsprop";
  Loss loss{};                         ///< Of every output.
  std::vector<MetricSpec> metrics{};   ///< Of every output.
  std::vector<Loss> losses{};          ///< One for each output, in place of `loss`; an empty one leaves the output out.
  std::vector<double> loss_weights{};  ///< One for each output.
  std::vector<std::vector<MetricSpec>> output_metrics{};           ///< Those of each output, in place of `metrics`.
  std::vector<MetricSpec> weighted_metrics{};                      ///< Of every output; they take the sample weights.
  std::vector<std::vector<MetricSpec>> output_weighted_metrics{};  ///< Those of each output.
  bool run_eagerly = false;  ///< Steps run call by call in place of a compiled program.
  std::optional<bool> jit_compile{};
  Int steps_per_execution = 1;  ///< Callbacks hear of every so many steps.
  bool auto_scale_loss = true;  ///< In float16 the optimizer becomes a LossScaleOptimizer.
};

/// Targets, predictions and sample weights of a batch, output by output; weights may be empty.
struct Outcome {
  std::vector<Tensor> y, y_pred, weights;
};

class Compiled {
 public:
  explicit Compiled(const CompileOptions& options);
  const CompileOptions& options() const { return options_; }
  void set_optimizer(const Optimizer& optimizer) { options_.optimizer = optimizer; }
  /// Which outputs have a loss.
  std::vector<bool> has_loss(size_t outputs) const;

  /// The weighted sum of the outputs' losses; empty where there is no loss. `names` are the outputs'.
  Tensor loss(const Outcome& outcome, const std::vector<std::string>& names);
  /// `like`: whose first size is the number of samples.
  void update_loss(const Tensor& loss, const Tensor& like);
  void update_metrics(const Outcome& outcome, const std::vector<std::string>& names);
  /// The mean of the loss, the metrics, then the means of the outputs' losses.
  std::vector<Metric> metrics() const;
  /// The names of metrics() in the logs: with that of their output, and numbered where a name comes again.
  std::vector<std::string> log_names() const;
  void reset();
  void visit_owned(OwnedVisitor& visitor) const;

 private:
  struct Named {
    std::string output_name;
    Metric metric;
    bool weighted;
    size_t output;
    std::string log_name{};
  };
  const Loss& loss_of(size_t output) const;
  void make_output_losses(const Outcome& outcome, const std::vector<std::string>& names);
  void name_metrics();
  void resolve(const Outcome& outcome, const std::vector<std::string>& names);
  void add(const std::vector<MetricSpec>& specs, bool weighted, size_t output, const Outcome& outcome, const std::string& output_name);

  CompileOptions options_;
  Metric loss_;
  std::vector<Metric> output_losses_;
  std::vector<Named> metrics_;
  bool resolved_ = false;
};

}  // namespace runnel::inline v0::keras
