#include "runnel/keras/compiled.h"

#include <algorithm>
#include <map>
#include <numeric>

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

// What the means of the outputs' losses weigh a batch with: as in Keras nothing, where a step is compiled for every size of batch.
Tensor known_samples_of(const Tensor& t) {
  PartialShape shape = t.partial_shape();
  return shape.has_rank() && shape.rank() > 0 && shape[0] < 0 ? Tensor() : samples_of(t);
}

void check_outputs(size_t given, const char* what, size_t outputs) {
  if (given == 0 || given == outputs) return;
  fail<ValueError>("", cat("For a model with multiple outputs, when providing the `", what, "` argument as a list, it should have as many entries as "
                           "the model has outputs. Received: ", what, " of length ", given, "; the model has ", outputs, " outputs."));
}

std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(cat("'", name, "'"));
  return cat("[", join(out, ", "), "]");
}

[[noreturn]] void unknown_output(const std::string& key, const std::vector<std::string>& keys, const OutputNames& outputs, const char* what) {
  if (outputs.is_dict && std::string(what) == "loss")
    fail<KeyError>("", cat("The path: ('", key, "',) in the `loss` argument, can't be found in either the model's output (`y_pred`) or in the labels (`y_true`)."),
                   {.expected = cat("keys among ", quoted(outputs.names))});
  fail<ValueError>("", cat("Expected keys ", quoted(outputs.names), " in ", what, " dict, but found ", what, ".keys()=", quoted(keys)),
                   {.hint = "the keys are the names of the layers that make the outputs, or the keys of a dict of outputs"});
}

template <class T>
std::vector<T> arranged(const PerOutput<T>& given, const OutputNames& outputs, size_t count, const T& missing, const char* what) {
  if (given.names.empty() || (count == 1 && outputs.names.empty())) return given;
  std::vector<T> out(count, missing);
  for (size_t i = 0; i < given.size(); ++i) {
    auto at = std::find(outputs.names.begin(), outputs.names.end(), given.names[i]);
    if (at == outputs.names.end()) unknown_output(given.names[i], given.names, outputs, what);
    out[size_t(at - outputs.names.begin())] = given[i];
  }
  return out;
}

// All metrics belong to an output that stands alone, whatever their keys are.
PerOutput<std::vector<MetricSpec>> joined(const PerOutput<std::vector<MetricSpec>>& given, size_t count) {
  if (count != 1 || given.names.empty()) return given;
  std::vector<MetricSpec> all;
  for (const auto& specs : given) all.insert(all.end(), specs.begin(), specs.end());
  return std::vector<std::vector<MetricSpec>>{all};
}

// Keras 2's names of outputs that nothing names.
OutputNames numbered(size_t count) {
  OutputNames out;
  for (size_t i = 0; i < count; ++i) out.names.push_back(cat("output_", i + 1));
  return out;
}

}  // namespace

MetricSpec::MetricSpec(const Loss& loss)
    : metric(metrics::MeanMetricWrapper({.fn = [loss](const Tensor& y_true, const Tensor& y_pred) { return loss(y_true, y_pred); }, .name = loss.body()->name()})) {}

Compiled::Compiled(const CompileOptions& options) : options_(options), loss_(metrics::Mean({.name = "loss"})) {}

void Compiled::meet(const OutputNames& given, size_t count) {
  if (met_) return;
  const OutputNames outputs = given.names.empty() && count > 1 ? numbered(count) : given;
  const CompileOptions& o = options_;
  losses_ = arranged(o.losses, outputs, count, Loss(), "loss");
  loss_weights_ = arranged(o.loss_weights, outputs, count, 1.0, "loss_weights");
  output_metrics_ = arranged(joined(o.output_metrics, count), outputs, count, {}, "metrics");
  output_weighted_metrics_ = arranged(joined(o.output_weighted_metrics, count), outputs, count, {}, "weighted_metrics");
  met_ = true;
}

const Loss& Compiled::loss_of(size_t output) const { return losses_.empty() ? options_.loss : losses_[output]; }

std::vector<bool> Compiled::has_loss(size_t outputs) const {
  std::vector<bool> out;
  for (size_t i = 0; i < outputs; ++i) out.push_back(i < losses_.size() || losses_.empty() ? bool(loss_of(i)) : false);
  return out;
}

// A dict of outputs: as the keys of `loss` say, else as the dict has them. A list: as it stands, for outputs of one layer share a name.
std::vector<size_t> Compiled::shown_outputs(const OutputNames& outputs, size_t count) const {
  std::vector<size_t> out(outputs.is_dict ? 0 : count);
  std::iota(out.begin(), out.end(), size_t(0));
  if (!outputs.is_dict) return out;
  const std::vector<std::string>& order = options_.losses.names.empty() ? outputs.shown : options_.losses.names;
  for (const std::string& name : order) out.push_back(size_t(std::find(outputs.names.begin(), outputs.names.end(), name) - outputs.names.begin()));
  return out;
}

bool Compiled::has_spare_losses(size_t outputs) const { return outputs == 1 && losses_.size() > 1 && options_.losses.names.empty(); }

// Of a list of losses for one output the first counts. Keras shows a mean for each in the list, and these stay 0.
void Compiled::show_spare_losses() {
  for (const Loss& loss : losses_) {
    if (!loss) continue;
    shown_.push_back(output_losses_.size());
    output_losses_.push_back(metrics::Mean({.name = cat(loss.body()->name(), "_loss")}));
  }
}

// Where several outputs have a loss, each has a mean of its own: "NAME_loss".
void Compiled::make_output_losses(const Outcome& outcome) {
  const std::vector<std::string>& names = outcome.outputs.names;
  std::vector<bool> wanted = has_loss(outcome.y_pred.size());
  output_losses_.resize(wanted.size());
  if (has_spare_losses(wanted.size())) return show_spare_losses();
  if (std::count(wanted.begin(), wanted.end(), true) < 2) return;
  shown_ = shown_outputs(outcome.outputs, wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i]) output_losses_[i] = metrics::Mean({.name = cat(names.empty() ? loss_of(i).body()->name() : names[i], "_loss")});
}

Tensor Compiled::loss(const Outcome& outcome) {
  size_t outputs = outcome.y_pred.size();
  size_t losses = has_spare_losses(outputs) ? losses_.size() : outputs;
  check_outputs(losses_.size(), "loss", losses);
  if (!loss_weights_.empty() && loss_weights_.size() != losses)
    fail<ValueError>("", cat("`loss_weights` must match the number of losses, got ", losses, " losses and ", loss_weights_.size(), " weights."));
  if (output_losses_.empty()) make_output_losses(outcome);
  Tensor total;
  for (size_t i = 0; i < outputs; ++i) {
    if (!loss_of(i) || !outcome.y[i]) continue;
    Tensor value = loss_of(i)(outcome.y[i], outcome.y_pred[i], weight_of(outcome, i));
    if (output_losses_[i]) output_losses_[i](value, Tensor(), known_samples_of(outcome.y_pred[i]));
    if (!loss_weights_.empty()) value = value * loss_weights_[i];
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

void Compiled::resolve(const Outcome& outcome) {
  if (resolved_) return;
  metrics_.clear();  // of an attempt that failed
  const CompileOptions& o = options_;
  const std::vector<std::string>& names = outcome.outputs.names;
  size_t outputs = outcome.y_pred.size();
  check_outputs(output_metrics_.size(), "metrics", outputs);
  check_outputs(output_weighted_metrics_.size(), "weighted_metrics", outputs);
  for (bool weighted : {false, true})
    for (size_t i = 0; i < outputs; ++i) {
      if (!outcome.y[i]) continue;
      std::string name = outputs > 1 && !names.empty() ? names[i] : "";
      const auto& each = weighted ? output_weighted_metrics_ : output_metrics_;
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

void Compiled::update_metrics(const Outcome& outcome) {
  resolve(outcome);
  for (const Named& m : metrics_)
    m.metric.body()->update_state(outcome.y[m.output], outcome.y_pred[m.output], m.weighted ? weight_of(outcome, m.output) : Tensor());
}

std::vector<Metric> Compiled::metrics() const {
  std::vector<Metric> out{loss_};
  for (const Named& m : metrics_) out.push_back(m.metric);
  for (size_t i : shown_)
    if (output_losses_[i]) out.push_back(output_losses_[i]);
  return out;
}

std::vector<std::string> Compiled::log_names() const {
  std::vector<std::string> out{loss_.body()->name()};
  for (const Named& m : metrics_) out.push_back(m.log_name);
  for (size_t i : shown_)
    if (output_losses_[i]) out.push_back(output_losses_[i].body()->name());
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
  for (const auto* each : {&output_metrics_, &output_weighted_metrics_})
    for (const auto& specs : *each) given(specs);
  for (const std::vector<std::vector<MetricSpec>>* each : {&options_.output_metrics, &options_.output_weighted_metrics})
    for (const auto& specs : *each) given(specs);
  for (const Loss& loss : losses_) visitor.owned(loss.body().get());
  for (const Named& m : metrics_) visitor.owned(m.metric.body().get());
}

}  // namespace runnel::inline v0::keras
