// What compile() was told, at work: the losses and metrics of a model's outputs, and the means that fit() shows.
#pragma once

#include <map>
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
  MetricSpec(const Loss& loss);  ///< The mean of what it gives for each batch.
  template <class Body>
    requires std::derived_from<Body, MetricBody>
  MetricSpec(const ObjectOf<Body>& object) : metric(object) {}
  template <class Body>
    requires std::derived_from<Body, LossBody>
  MetricSpec(const ObjectOf<Body>& object) : MetricSpec(Loss(object)) {}
  std::string name;
  Metric metric;
};

/// What belongs to each output: by position, or by the outputs' names. Outputs that are a dict stand in the order of their keys.
template <class T>
struct PerOutput : std::vector<T> {
  using std::vector<T>::vector;
  PerOutput(const std::vector<T>& values) : std::vector<T>(values) {}
  PerOutput(const std::map<std::string, T>& by_name) {
    for (const auto& [name, value] : by_name) add(name, value);
  }
  void add(const std::string& name, const T& value) {
    names.push_back(name);
    this->push_back(value);
  }
  std::vector<std::string> names{};  ///< Empty: by position.
};

struct CompileOptions {
  Optimizer optimizer = "rmsprop";
  Loss loss{};                         ///< Of every output.
  std::vector<MetricSpec> metrics{};   ///< Of every output.
  PerOutput<Loss> losses{};            ///< One for each output, in place of `loss`; an empty one leaves the output out.
  PerOutput<double> loss_weights{};    ///< One for each output.
  PerOutput<std::vector<MetricSpec>> output_metrics{};           ///< Those of each output, in place of `metrics`.
  std::vector<MetricSpec> weighted_metrics{};                    ///< Of every output; they take the sample weights.
  PerOutput<std::vector<MetricSpec>> output_weighted_metrics{};  ///< Those of each output.
  bool run_eagerly = false;  ///< Steps run call by call in place of a compiled program.
  std::optional<bool> jit_compile{};
  Int steps_per_execution = 1;  ///< Callbacks hear of every so many steps.
  bool auto_scale_loss = true;  ///< In float16 the optimizer becomes a LossScaleOptimizer.
};

/// A model's outputs: their names in the order of the tensors; nothing for a list that nothing names.
struct OutputNames {
  std::vector<std::string> names{};
  std::vector<std::string> shown{};  ///< The same in the order in which a dict has them.
  bool is_dict = false;
};

/// Targets, predictions and sample weights of a batch, output by output; weights may be empty.
struct Outcome {
  std::vector<Tensor> y, y_pred, weights;
  OutputNames outputs;
};

class Compiled {
 public:
  explicit Compiled(const CompileOptions& options);
  const CompileOptions& options() const { return options_; }
  void set_optimizer(const Optimizer& optimizer) { options_.optimizer = optimizer; }
  /// Puts what was given by name into the order of the outputs. ValueError or KeyError for a name that no output has.
  void meet(const OutputNames& outputs, size_t count);
  /// Which outputs have a loss; after meet().
  std::vector<bool> has_loss(size_t outputs) const;
  const Loss& loss_of(size_t output) const;

  /// The weighted sum of the outputs' losses; empty where there is no loss.
  Tensor loss(const Outcome& outcome);
  /// `like`: whose first size is the number of samples.
  void update_loss(const Tensor& loss, const Tensor& like);
  void update_metrics(const Outcome& outcome);
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
  void make_output_losses(const Outcome& outcome);
  bool has_spare_losses(size_t outputs) const;
  void show_spare_losses();
  std::vector<size_t> shown_outputs(const OutputNames& outputs, size_t count) const;
  void name_metrics();
  void resolve(const Outcome& outcome);
  void add(const std::vector<MetricSpec>& specs, bool weighted, size_t output, const Outcome& outcome, const std::string& output_name);

  CompileOptions options_;
  std::vector<Loss> losses_;  // these four in the order of the outputs, once they are known
  std::vector<double> loss_weights_;
  std::vector<std::vector<MetricSpec>> output_metrics_, output_weighted_metrics_;
  bool met_ = false;
  Metric loss_;
  std::vector<Metric> output_losses_;
  std::vector<size_t> shown_;  // the outputs as their losses are listed
  std::vector<Named> metrics_;
  bool resolved_ = false;
};

}  // namespace runnel::inline v0::keras
