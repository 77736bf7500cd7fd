#include "runnel/keras/compiled.h"

#include <algorithm>
#include <map>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

Tensor weight_of(const Outcome& outcome, size_t output) { return outcome.weights.empty() ? Tensor() : outcome.weights[output]; }

// The first size as a float32 scalar.
Tensor samples_of(const Tensor& t) {
  PartialShape shape = t.partial_shape();
  if (shape.has_rank() && (shape.rank() == 0 || shape[0] >= 0)) return Tensor::scalar(shape.rank() == 0 ? 1.f : float(shape[0]));
  return cast(gather(runnel::shape(t), 0, 0), float32);
}

void check_outputs(size_t given, const char* what, size_t outputs) {
  if (given == 0 || given == outputs) return;
  fail<ValueError>("", cat("For a model with multiple outputs, when providing the `", what, "` argument as a list, it should have as many entries as "
                           "the model has outputs. Received: ", what, " of length ", given, "; the model has ", outputs, " outputs."));
}

}  // namespace

Compiled::Compiled(const CompileOptions& options) : options_(options), loss_(metrics::Mean({.name = "loss"})) {}

const Loss& Compiled::loss_of(size_t output) const { return options_.losses.empty() ? options_.loss : options_.losses[output]; }

std::vector<bool> Compiled::has_loss(size_t outputs) const {
  std::vector<bool> out;
  for (size_t i = 0; i < outputs; ++i) out.push_back(i < options_.losses.size() || options_.losses.empty() ? bool(loss_of(i)) : false);
  return out;
}

// Where several outputs have a loss, each has a mean of its own: "NAME_loss".
void Compiled::make_output_losses(const Outcome& outcome, const std::vector<std::string>& names) {
  std::vector<bool> wanted = has_loss(outcome.y_pred.size());
  output_losses_.resize(wanted.size());
  if (std::count(wanted.begin(), wanted.end(), true) < 2) return;
  for (size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i]) output_losses_[i] = metrics::Mean({.name = cat(names.empty() ? loss_of(i).body()->name() : names[i], "_loss")});
}

Tensor Compiled::loss(const Outcome& outcome, const std::vector<std::string>& names) {
  size_t outputs = outcome.y_pred.size();
  check_outputs(options_.losses.size(), "loss", outputs);
  if (!options_.loss_weights.empty() && options_.loss_weights.size() != outputs)
    fail<ValueError>("", cat("`loss_weights` must match the number of losses, got ", outputs, " losses and ", options_.loss_weights.size(), " weights."));
  if (output_losses_.empty()) make_output_losses(outcome, names);
  Tensor total;
  for (size_t i = 0; i < outputs; ++i) {
    if (!loss_of(i) || !outcome.y[i]) continue;
    Tensor value = loss_of(i)(outcome.y[i], outcome.y_pred[i], weight_of(outcome, i));
    if (output_losses_[i]) output_losses_[i](value, Tensor(), samples_of(outcome.y_pred[i]));
    if (!options_.loss_weights.empty()) value = value * options_.loss_weights[i];
    total = total ? total + value : value;
  }
  return total;
}

void Compiled::update_loss(const Tensor& loss, const Tensor& like) { loss_(loss, Tensor(), like ? samples_of(like) : Tensor::scalar(1.f)); }

void Compiled::add(const std::vector<MetricSpec>& specs, bool weighted, size_t output, const Outcome& outcome, const std::string& output_name) {
  for (const MetricSpec& spec : specs) {
    Metric metric = spec.metric ? spec.metric : metric_for(spec.name, outcome.y[output].partial_shape(), outcome.y_pred[output].partial_shape());
    if (!spec.metric) metric.body()->set_name(spec.name);
    metrics_.push_back({output_name, metric, weighted, output});
  }
}

namespace {

/// The metrics of one output. A flat list is for all outputs, unless it has just one entry for each (as in Keras 3).
std::vector<MetricSpec> specs_of(const std::vector<MetricSpec>& all, const std::vector<std::vector<MetricSpec>>& each, size_t output, size_t outputs) {
  if (!each.empty()) return each[output];
  if (outputs > 1 && all.size() == outputs) return {all[output]};
  return all;
}

}  // namespace

void Compiled::resolve(const Outcome& outcome, const std::vector<std::string>& names) {
  if (resolved_) return;
  metrics_.clear();  // of an attempt that failed
  const CompileOptions& o = options_;
  size_t outputs = outcome.y_pred.size();
  check_outputs(o.output_metrics.size(), "metrics", outputs);
  check_outputs(o.output_weighted_metrics.size(), "weighted_metrics", outputs);
  for (bool weighted : {false, true})
    for (size_t i = 0; i < outputs; ++i) {
      if (!outcome.y[i]) continue;
      std::string name = outputs > 1 && !names.empty() ? names[i] : "";
      const auto& each = weighted ? o.output_weighted_metrics : o.output_metrics;
      add(specs_of(weighted ? o.weighted_metrics : o.metrics, each, i, outputs), weighted, i, outcome, name);
    }
  name_metrics();
  resolved_ = true;
}

// Keras's rules: "OUTPUT_NAME"; a weighted one whose name is taken becomes "OUTPUT_weighted_NAME"; then "NAME_1", "NAME_2".
void Compiled::name_metrics() {
  std::map<std::string, int> seen;
  for (Named& m : metrics_) {
    std::string prefix = m.output_name.empty() ? "" : m.output_name + "_";
    std::string name = prefix + m.metric.body()->name();
    if (seen.contains(name) && m.weighted) name = cat(prefix, "weighted_", m.metric.body()->name());
    int times = seen[name]++;
    m.log_name = times == 0 ? name : cat(name, "_", times);
  }
}

void Compiled::update_metrics(const Outcome& outcome, const std::vector<std::string>& names) {
  resolve(outcome, names);
  for (const Named& m : metrics_)
    m.metric.body()->update_state(outcome.y[m.output], outcome.y_pred[m.output], m.weighted ? weight_of(outcome, m.output) : Tensor());
}

std::vector<Metric> Compiled::metrics() const {
  std::vector<Metric> out{loss_};
  for (const Named& m : metrics_) out.push_back(m.metric);
  for (const Metric& m : output_losses_)
    if (m) out.push_back(m);
  return out;
}

std::vector<std::string> Compiled::log_names() const {
  std::vector<std::string> out{loss_.body()->name()};
  for (const Named& m : metrics_) out.push_back(m.log_name);
  for (const Metric& m : output_losses_)
    if (m) out.push_back(m.body()->name());
  return out;
}

void Compiled::reset() {
  for (const Metric& m : metrics()) m.body()->reset_state();
}

void Compiled::visit_owned(OwnedVisitor& visitor) const {
  visitor.owned(options_.optimizer.body().get());
  visitor.owned(options_.loss.body().get());
  for (const Loss& loss : options_.losses) visitor.owned(loss.body().get());
  auto given = [&](const std::vector<MetricSpec>& specs) {
    for (const MetricSpec& spec : specs) visitor.owned(spec.metric.body().get());
  };
  given(options_.metrics);
  given(options_.weighted_metrics);
  for (const auto& specs : options_.output_metrics) given(specs);
  for (const auto& specs : options_.output_weighted_metrics) given(specs);
  for (const Named& m : metrics_) visitor.owned(m.metric.body().get());
}

}  // namespace runnel::inline v0::keras
