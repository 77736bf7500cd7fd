#include "runnel/keras/compiled.h"

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

Tensor Compiled::loss(const Outcome& outcome, const std::vector<std::string>& names) {
  size_t outputs = outcome.y_pred.size();
  check_outputs(options_.losses.size(), "loss", outputs);
  check_outputs(options_.loss_weights.size(), "loss_weights", outputs);
  if (outputs > 1 && output_losses_.empty())
    for (size_t i = 0; i < outputs; ++i) output_losses_.push_back(metrics::Mean({.name = cat(names[i], "_loss")}));
  Tensor total;
  for (size_t i = 0; i < outputs; ++i) {
    if (!loss_of(i) || !outcome.y[i]) continue;
    Tensor value = loss_of(i)(outcome.y[i], outcome.y_pred[i], weight_of(outcome, i));
    if (outputs > 1) output_losses_[i](value, Tensor(), samples_of(outcome.y_pred[i]));
    if (!options_.loss_weights.empty()) value = value * options_.loss_weights[i];
    total = total ? total + value : value;
  }
  return total;
}

void Compiled::update_loss(const Tensor& loss, const Tensor& like) { loss_(loss, Tensor(), like ? samples_of(like) : Tensor::scalar(1.f)); }

void Compiled::add(const std::vector<MetricSpec>& specs, bool weighted, size_t output, const Outcome& outcome, const std::string& prefix) {
  for (const MetricSpec& spec : specs) {
    Metric metric = spec.metric ? spec.metric : metric_for(spec.name, outcome.y[output].partial_shape(), outcome.y_pred[output].partial_shape());
    if (!spec.metric) metric.body()->set_name(spec.name);
    metrics_.push_back({prefix, metric, weighted, output});
  }
}

void Compiled::resolve(const Outcome& outcome, const std::vector<std::string>& names) {
  if (resolved_) return;
  resolved_ = true;
  size_t outputs = outcome.y_pred.size();
  check_outputs(options_.output_metrics.size(), "metrics", outputs);
  check_outputs(options_.output_weighted_metrics.size(), "weighted_metrics", outputs);
  for (size_t i = 0; i < outputs; ++i) {
    if (!outcome.y[i]) continue;
    std::string prefix = outputs > 1 ? names[i] + "_" : "";
    add(options_.output_metrics.empty() ? options_.metrics : options_.output_metrics[i], false, i, outcome, prefix);
    add(options_.output_weighted_metrics.empty() ? options_.weighted_metrics : options_.output_weighted_metrics[i], true, i, outcome, prefix);
  }
  for (const Named& m : metrics_)
    if (!m.prefix.empty()) m.metric.body()->set_name(m.prefix + m.metric.body()->name());
}

void Compiled::update_metrics(const Outcome& outcome, const std::vector<std::string>& names) {
  resolve(outcome, names);
  for (const Named& m : metrics_)
    m.metric.body()->update_state(outcome.y[m.output], outcome.y_pred[m.output], m.weighted ? weight_of(outcome, m.output) : Tensor());
}

std::vector<Metric> Compiled::metrics() const {
  std::vector<Metric> out{loss_};
  out.insert(out.end(), output_losses_.begin(), output_losses_.end());
  for (const Named& m : metrics_) out.push_back(m.metric);
  return out;
}

void Compiled::reset() {
  for (const Metric& m : metrics()) m.body()->reset_state();
}

void Compiled::visit_owned(OwnedVisitor& visitor) const {
  visitor.owned(options_.optimizer.body().get());
  visitor.owned(options_.loss.body().get());
  for (const Loss& loss : options_.losses) visitor.owned(loss.body().get());
}

}  // namespace runnel::inline v0::keras
