// compile(), the metrics, and one step of training, testing and predicting.
#include <algorithm>
#include <map>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/keras/model_steps.h"
#include "runnel/keras/optimizers/loss_scale.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

float scalar_of(const Tensor& t) { return cast(t, float32).item<float>(); }

Tensor first_of(const Nest& outputs) {
  std::vector<Tensor> flat = outputs.flatten();
  return flat.empty() ? Tensor() : flat[0];
}

// Dicts are matched by the names of the outputs, where these are known.
std::vector<Tensor> by_output(const Nest& given, const OutputNames& outputs, const char* what) {
  if (!given.is_dict() || (given.dict().size() == 1 && outputs.names.empty())) return given.flatten();
  std::vector<Tensor> out(outputs.names.size());
  for (const auto& [key, value] : given.dict()) {
    auto at = std::find(outputs.names.begin(), outputs.names.end(), key);
    if (at == outputs.names.end())
      fail<ValueError>("", cat("y_true and y_pred have different structures: `", what, "` has the key '", key, "', which is no output"),
                       {.got = shapes_text(given), .expected = cat("keys among ", join(outputs.names, ", "))});
    out[size_t(at - outputs.names.begin())] = value.tensor();
  }
  return out;
}

// A dict in the order of its keys, as Keras flattens it.
Nest in_key_order(const Nest& outputs) {
  if (!outputs.is_dict()) return outputs;
  Nest::Dict sorted = outputs.dict();
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return sorted;
}

// Targets for those outputs alone that have a loss.
std::vector<Tensor> for_outputs_with_loss(const std::vector<Tensor>& y, const std::vector<bool>& has_loss) {
  if (std::count(has_loss.begin(), has_loss.end(), true) != int64_t(y.size())) return y;
  std::vector<Tensor> out;
  size_t next = 0;
  for (bool has : has_loss) out.push_back(has ? y[next++] : Tensor());
  return out;
}

}  // namespace

ModelBody::ModelBody() : steps_(std::make_unique<Steps>()) {}
ModelBody::~ModelBody() = default;

// In float16 small gradients would vanish.
void ModelBody::compile(const CompileOptions& options) {
  compiled_.emplace(options);
  bool scales = options.auto_scale_loss && dtype_policy().name() == "mixed_float16" && options.optimizer;
  if (scales && !dynamic_cast<optimizers::LossScaleOptimizerBody*>(options.optimizer.body().get()))
    compiled_->set_optimizer(optimizers::LossScaleOptimizer({.inner_optimizer = options.optimizer, .name = "loss_scale_optimizer"}));
  steps_ = std::make_unique<Steps>(options.jit_compile.value_or(false));
  if (outputs()) compiled_->meet(outputs_of(outputs()), outputs().flatten().size());
}
const CompileOptions& ModelBody::compile_options() const {
  check_compiled("fit");
  return compiled_->options();
}

void ModelBody::check_compiled(const char* what) const {
  if (compiled_) return;
  fail<ValueError>("", cat("You must call `compile()` before calling `", what, "()`."));
}

std::vector<std::pair<std::string, Metric>> ModelBody::named_metrics() const {
  std::vector<std::pair<std::string, Metric>> out;
  if (compiled_) {
    std::vector<Metric> compiled = compiled_->metrics();
    std::vector<std::string> names = compiled_->log_names();
    for (size_t i = 0; i < compiled.size(); ++i) out.emplace_back(names[i], compiled[i]);
  }
  for (LayerBody* layer : const_cast<ModelBody*>(this)->all_layers())
    for (const auto& object : layer->tracked_objects())
      if (auto* metric = dynamic_cast<MetricBody*>(object.get())) out.emplace_back(metric->name(), Metric(Ref<MetricBody>(metric)));
  return out;
}

std::vector<Metric> ModelBody::metrics() const {
  std::vector<Metric> out;
  for (const auto& [name, metric] : named_metrics()) out.push_back(metric);
  return out;
}

void ModelBody::reset_metrics() {
  for (const Metric& m : metrics()) m.body()->reset_state();
}

Logs ModelBody::metric_logs(const std::string& prefix) const {
  std::map<std::string, double> sorted;  // Keras shows them by name; of several with one name, the last
  for (const auto& [name, metric] : named_metrics()) {
    Nest result = metric.body()->results();
    if (!result.is_dict()) sorted[prefix + name] = scalar_of(result.tensor());
    else
      for (const auto& [key, value] : result.dict()) sorted[prefix + key] = scalar_of(value.tensor());
  }
  return {sorted.begin(), sorted.end()};
}

Nest ModelBody::metric_results() const {
  Nest::Dict out;
  for (const auto& [name, metric] : named_metrics()) {
    Nest result = metric.body()->results();
    if (!result.is_dict()) out.emplace_back(name, result);
    else out.insert(out.end(), result.dict().begin(), result.dict().end());
  }
  return out;
}

Logs ModelBody::in_order(const Logs& logs) const {
  Logs out, rest = logs;
  for (const Metric& m : metrics())
    if (const double* value = find_log(logs, m.body()->name())) {
      out.emplace_back(m.body()->name(), *value);
      std::erase_if(rest, [&](const auto& log) { return log.first == m.body()->name(); });
    }
  std::sort(rest.begin(), rest.end());
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

// No names for a list of outputs that nothing names.
OutputNames ModelBody::outputs_of(const Nest& y_pred) const {
  const Nest named = outputs() ? outputs() : y_pred;
  OutputNames out;
  out.is_dict = named.is_dict();
  if (!outputs() && !out.is_dict) return out;
  out.shown = out.names = names_of(named);
  if (out.is_dict) std::sort(out.names.begin(), out.names.end());
  return out;
}

Outcome ModelBody::outcome(const Batch& batch, const Nest& y_pred) {
  OutputNames outputs = outputs_of(y_pred);
  std::vector<Tensor> predicted = in_key_order(y_pred).flatten();
  compiled_->meet(outputs, predicted.size());
  Outcome out{by_output(in_key_order(batch.y), outputs, "y"), predicted, by_output(in_key_order(batch.sample_weight), outputs, "sample_weight"), outputs};
  if (!out.y.empty() && out.y.size() != predicted.size()) out.y = for_outputs_with_loss(out.y, compiled_->has_loss(predicted.size()));
  if (!out.y.empty() && out.y.size() != predicted.size())
    fail<ValueError>("", cat("y_true and y_pred have different structures: `y` has another structure than the outputs of model '", name(), "'"),
                     {.got = shapes_text(batch.y), .expected = shapes_text(y_pred)});
  out.y.resize(predicted.size());
  if (out.weights.size() == 1) out.weights.resize(predicted.size(), out.weights[0]);
  return out;
}

Tensor ModelBody::compiled_loss(const Batch& batch, const Nest& y_pred) {
  if (!compiled_) return {};
  return compiled_->loss(outcome(batch, y_pred));
}

Tensor ModelBody::compute_loss(const Batch& batch, const Nest& y_pred) {
  Tensor total = compiled_loss(batch, y_pred);
  std::vector<bool> wanted = compiled_ ? compiled_->has_loss(y_pred.flatten().size()) : std::vector<bool>();
  if (!batch.y && std::find(wanted.begin(), wanted.end(), true) != wanted.end())
    fail<ValueError>("", cat("`y` is missing: None values not supported by the loss of model '", name(), "'"),
                     {.got = "x alone", .expected = "labels for each sample", .hint = "fit(x, y), or a data set of (x, y)"});
  for (const Tensor& penalty : losses()) total = total ? add(total, penalty) : penalty;
  if (!total) fail<ValueError>(name(), "No loss to compute. Provide a `loss` argument in `compile()`.");
  return total;
}

Nest ModelBody::compute_metrics(const Batch& batch, const Nest& y_pred) {
  if (!batch.y || !compiled_) return {};
  compiled_->update_metrics(outcome(batch, y_pred));
  return {};
}

Nest ModelBody::train_step(const Batch& batch) {
  GradientTape tape;
  Nest y_pred = (*this)(batch.x, {.training = true});
  Tensor loss = compute_loss(batch, y_pred);
  compiled_->update_loss(loss, first_of(y_pred));
  std::vector<Variable> variables = trainable_weights();
  OptimizerBody& updater = *optimizer().body();
  if (!variables.empty()) {
    if (!updater.built()) updater.build(variables);
    std::optional<KeepSlices> keep;
    if (!updater.foreign_class()) keep.emplace();  // other languages' optimizers get tensors
    updater.step(tape.gradient(updater.scale_loss(loss), variables), variables);
  }
  return compute_metrics(batch, y_pred);
}

Nest ModelBody::test_step(const Batch& batch) {
  Nest y_pred = (*this)(batch.x, {.training = false});
  compiled_->update_loss(compute_loss(batch, y_pred), first_of(y_pred));
  return compute_metrics(batch, y_pred);
}

Nest ModelBody::predict_step(const Nest& x) { return (*this)(x, {.training = false}); }

Nest ModelBody::run_step(CompiledStep& step, const Batch& batch, const CompiledStep::Body& body) {
  bool eagerly = thread_context().tracer || (compiled_ && compiled_->options().run_eagerly);
  return eagerly ? body(batch) : step(batch, body);
}

std::string ModelBody::explain() const {
  std::string out;
  for (const CompiledStep* step : {&steps_->train, &steps_->test, &steps_->predict})
    out += step->why().empty() ? step->explain() : cat("runs call by call, because tracing failed: ", step->why(), "\n");
  return out;
}

Logs ModelBody::logs_or_metrics(const Nest& logs) const {
  if (!logs.is_dict()) return metric_logs();
  Logs out;
  for (const auto& [name, value] : logs.dict()) out.emplace_back(name, scalar_of(value.tensor()));
  if (!compiled_ || !compiled_->options().run_eagerly) std::sort(out.begin(), out.end());  // what Keras's traced step does to a dict
  return out;
}

Logs ModelBody::train_on_batch(const Batch& batch, bool reset) {
  check_compiled("train_on_batch");
  if (reset) reset_metrics();
  return logs_or_metrics(run_step(steps_->train, batch, [this](const Batch& b) { return train_step(b); }));
}
Logs ModelBody::test_on_batch(const Batch& batch, bool reset) {
  check_compiled("test_on_batch");
  if (reset) reset_metrics();
  return logs_or_metrics(run_step(steps_->test, batch, [this](const Batch& b) { return test_step(b); }));
}

}  // namespace runnel::inline v0::keras
