// compile(), fit(), evaluate() and predict().
#include <algorithm>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/keras/model.h"
#include "runnel/keras/progress_bar.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

void (*interrupt_check)() = nullptr;
void check_interrupt() {
  if (interrupt_check) interrupt_check();
}

float scalar_of(const Tensor& t) { return cast(t, float32).item<float>(); }

Tensor first_of(const Nest& outputs) {
  std::vector<Tensor> flat = outputs.flatten();
  return flat.empty() ? Tensor() : flat[0];
}

void tell(const std::vector<Callback>& callbacks, const std::function<void(CallbackBody&)>& hook) {
  for (const Callback& c : callbacks) hook(*c.body());
}

bool any_wants_batches(const std::vector<Callback>& callbacks) {
  return std::any_of(callbacks.begin(), callbacks.end(), [](const Callback& c) { return c.body()->wants_batches(); });
}

// Tensors in the order of the outputs: dicts are matched by key, or by the names of the outputs.
std::vector<Tensor> by_output(const Nest& given, const Nest& outputs, const std::vector<std::string>& names) {
  if (!given.is_dict()) return given.flatten();
  std::vector<Tensor> out;
  std::vector<std::string> keys = names;
  if (outputs.is_dict()) {
    keys.clear();
    for (const auto& [key, value] : outputs.dict()) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    bool found = false;
    for (const auto& [name, value] : given.dict())
      if (name == key) found = true, out.push_back(value.tensor());
    if (!found) out.emplace_back();
  }
  return out;
}

}  // namespace

void ModelBody::set_interrupt_check(void (*check)()) { interrupt_check = check; }

void ModelBody::compile(const CompileOptions& options) {
  compiled_.emplace(options);
  steps_ = std::make_unique<Steps>();
}
const CompileOptions& ModelBody::compile_options() const {
  check_compiled("fit");
  return compiled_->options();
}

void ModelBody::check_compiled(const char* what) const {
  if (compiled_) return;
  fail<ValueError>("", cat("You must call `compile()` before calling `", what, "()`."));
}

std::vector<Metric> ModelBody::metrics() const {
  std::vector<Metric> out;
  if (compiled_) out = compiled_->metrics();
  for (LayerBody* layer : const_cast<ModelBody*>(this)->all_layers())
    for (const auto& object : layer->tracked_objects())
      if (auto* metric = dynamic_cast<MetricBody*>(object.get())) out.emplace_back(Ref<MetricBody>(metric));
  return out;
}

void ModelBody::reset_metrics() {
  for (const Metric& m : metrics()) m.body()->reset_state();
}

Logs ModelBody::metric_logs(const std::string& prefix) const {
  Logs logs;
  for (const Metric& m : metrics()) {
    Nest result = m.body()->results();
    if (!result.is_dict()) logs.emplace_back(prefix + m.body()->name(), scalar_of(result.tensor()));
    else
      for (const auto& [name, value] : result.dict()) logs.emplace_back(prefix + name, scalar_of(value.tensor()));
  }
  std::sort(logs.begin(), logs.end());  // Keras prints them by name
  return logs;
}

Nest ModelBody::metric_results() const {
  Nest::Dict out;
  for (const Metric& m : metrics()) {
    Nest result = m.body()->results();
    if (!result.is_dict()) out.emplace_back(m.body()->name(), result);
    else out.insert(out.end(), result.dict().begin(), result.dict().end());
  }
  return out;
}

// A single output needs no name, so that no text is made in every step.
std::vector<std::string> ModelBody::names_for(size_t outputs, const Batch& batch) const {
  return outputs > 1 || batch.y.is_dict() || batch.sample_weight.is_dict() ? output_names(outputs) : std::vector<std::string>();
}

Outcome ModelBody::outcome(const Batch& batch, const Nest& y_pred) const {
  std::vector<Tensor> predicted = y_pred.flatten();
  std::vector<std::string> names = names_for(predicted.size(), batch);
  Outcome out{by_output(batch.y, y_pred, names), predicted, by_output(batch.sample_weight, y_pred, names)};
  if (!out.y.empty() && out.y.size() != predicted.size())
    fail<ValueError>(name(), "`y` has another structure than the model's outputs", {.got = shapes_text(batch.y), .expected = shapes_text(y_pred)});
  out.y.resize(predicted.size());
  if (out.weights.size() == 1) out.weights.resize(predicted.size(), out.weights[0]);
  return out;
}

Tensor ModelBody::compiled_loss(const Batch& batch, const Nest& y_pred) {
  if (!compiled_) return {};
  Outcome result = outcome(batch, y_pred);
  return compiled_->loss(result, names_for(result.y_pred.size(), batch));
}

Tensor ModelBody::compute_loss(const Batch& batch, const Nest& y_pred) {
  Tensor total = compiled_loss(batch, y_pred);
  for (const Tensor& penalty : losses()) total = total ? add(total, penalty) : penalty;
  if (!total) fail<ValueError>(name(), "No loss to compute. Provide a `loss` argument in `compile()`.");
  return total;
}

Nest ModelBody::compute_metrics(const Batch& batch, const Nest& y_pred) {
  if (!batch.y || !compiled_) return {};
  Outcome result = outcome(batch, y_pred);
  compiled_->update_metrics(result, names_for(result.y_pred.size(), batch));
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
    updater.apply(tape.gradient(updater.scale_loss(loss), variables), variables);
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
  return out;
}

Logs ModelBody::train_on_batch(const Batch& batch) {
  check_compiled("train_on_batch");
  return logs_or_metrics(run_step(steps_->train, batch, [this](const Batch& b) { return train_step(b); }));
}
Logs ModelBody::test_on_batch(const Batch& batch) {
  check_compiled("test_on_batch");
  return logs_or_metrics(run_step(steps_->test, batch, [this](const Batch& b) { return test_step(b); }));
}

Logs ModelBody::run_epoch(BatchSource& batches, bool first, const FitOptions& options) {
  int64_t steps = options.steps_per_epoch > 0 ? int64_t(options.steps_per_epoch) : batches.steps(), step = 0;
  bool each = any_wants_batches(options.callbacks);
  bool endless = options.steps_per_epoch > 0;  // then the data go on where the last epoch stopped
  if (!endless || first) batches.begin();
  ProgressBar bar(steps, options.verbose);
  reset_metrics();
  Nest last;
  Batch batch;
  const CompiledStep::Body body = [this](const Batch& b) { return train_step(b); };
  for (; (steps < 0 || step < steps) && !stop_training; ++step) {
    if (!batches.next(batch)) {
      if (!endless) break;
      batches.begin();
      if (!batches.next(batch)) break;
    }
    check_interrupt();
    tell(options.callbacks, [&](CallbackBody& c) { c.on_train_batch_begin(step); });
    if (!options.class_weight.empty() && !batch.sample_weight) batch.sample_weight = class_weights(batch.y, options.class_weight);
    last = run_step(steps_->train, batch, body);
    Logs logs = each ? logs_or_metrics(last) : Logs();
    tell(options.callbacks, [&](CallbackBody& c) { c.on_train_batch_end(step, logs); });
    if (bar.due(step + 1) && step + 1 < steps) bar.update(step + 1, logs_or_metrics(last));
  }
  if (step == 0) fail<ValueError>("fit", "the data set is empty");
  return logs_or_metrics(last);
}

Logs ModelBody::run_test(BatchSource& batches, const EvaluateOptions& options) {
  int64_t steps = options.steps > 0 ? int64_t(options.steps) : batches.steps(), step = 0;
  bool each = any_wants_batches(options.callbacks);
  ProgressBar bar(steps, options.verbose);
  batches.begin();
  reset_metrics();
  tell(options.callbacks, [](CallbackBody& c) { c.on_test_begin(); });
  Nest last;
  Batch batch;
  const CompiledStep::Body body = [this](const Batch& b) { return test_step(b); };
  for (; (steps < 0 || step < steps) && batches.next(batch); ++step) {
    check_interrupt();
    tell(options.callbacks, [&](CallbackBody& c) { c.on_test_batch_begin(step); });
    last = run_step(steps_->test, batch, body);
    Logs logs = each ? logs_or_metrics(last) : Logs();
    tell(options.callbacks, [&](CallbackBody& c) { c.on_test_batch_end(step, logs); });
    if (bar.due(step + 1)) bar.update(step + 1, logs_or_metrics(last));
  }
  Logs logs = logs_or_metrics(last);
  tell(options.callbacks, [&](CallbackBody& c) { c.on_test_end(logs); });
  bar.finish(step, logs);
  return logs;
}

namespace {

void check_fit_options(const FitOptions& options) {
  if (options.batch_size <= 0) fail<ValueError>("fit", "`batch_size` must be positive", {.got = to_text(int64_t(options.batch_size))});
  if (options.validation_split < 0 || options.validation_split >= 1)
    fail<ValueError>("fit", "`validation_split` must be in [0, 1)", {.got = to_text(options.validation_split)});
}

int64_t validation_batch(const FitOptions& options) {
  return options.validation_batch_size > 0 ? options.validation_batch_size : options.batch_size;
}

/// Where a callback resumes an interrupted training, later than asked for; then the data are where they were, too.
int64_t first_epoch(const FitOptions& options, BatchSource& batches) {
  int64_t first = options.initial_epoch;
  for (const Callback& c : options.callbacks) first = std::max(first, c.body()->resumed_epoch().value_or(first));
  if (options.steps_per_epoch == 0)
    for (int64_t skipped = options.initial_epoch; skipped < first; ++skipped) batches.begin();
  return first;
}

Ref<BatchSource> validation_of(const FitOptions& options) {
  const ValidationData& held = options.validation_data;
  if (!held.x) return nullptr;
  return batches_of({held.x, held.y, held.sample_weight}, {.batch_size = validation_batch(options)});
}

}  // namespace

History ModelBody::fit(const Nest& x, const Nest& y, const FitOptions& options) {
  check_compiled("fit");
  return fit_arrays({x, y, options.sample_weight}, validation_of(options), options);
}

History ModelBody::fit_arrays(const Batch& data, const Ref<BatchSource>& given_validation, const FitOptions& given) {
  check_compiled("fit");
  check_fit_options(given);
  FitOptions options = given;
  Ref<BatchSource> validation = given_validation;
  Batch all = data;
  batches_of(all, {});  // checks the numbers of samples
  if (!given.class_weight.empty()) {
    Tensor by_class = class_weights(all.y, given.class_weight);
    all.sample_weight = all.sample_weight ? all.sample_weight.map([&](const Tensor& w) { return multiply(cast(w, float32), by_class); }) : Nest(by_class);
    options.class_weight.clear();
  }
  if (given.validation_split > 0 && !validation) {
    int64_t total = samples_of(all.x, "x"), n = int64_t(double(total) * (1.0 - given.validation_split));
    if (n == 0 || n == total) fail<ValueError>("fit", "`validation_split` leaves no data for training or for validation", {.got = cat(total, " samples")});
    validation = batches_of(row_range(all, n, total), {.batch_size = validation_batch(given)});
    all = row_range(all, 0, n);
  }
  return fit(batches_of(all, {.batch_size = given.batch_size, .shuffle = given.shuffle}), validation, options);
}

History ModelBody::fit(const data::Dataset& dataset, const FitOptions& options) { return fit(batches_of(dataset), validation_of(options), options); }

History ModelBody::fit(const Ref<BatchSource>& batches, const Ref<BatchSource>& validation, const FitOptions& options) {
  check_compiled("fit");
  History history;
  stop_training = false;
  int64_t steps = options.steps_per_epoch > 0 ? int64_t(options.steps_per_epoch) : batches->steps();
  Config params = Config::Dict{{"verbose", options.verbose}, {"epochs", int64_t(options.epochs)}, {"steps", steps < 0 ? Config() : Config(steps)}};
  tell(options.callbacks, [&](CallbackBody& c) {
    c.model = this;
    c.set_params(params);
  });
  tell(options.callbacks, [](CallbackBody& c) { c.on_train_begin(); });
  int64_t first = first_epoch(options, *batches);
  for (int64_t epoch = first; epoch < options.epochs && !stop_training; ++epoch) {
    if (options.verbose == 1 || options.verbose == 2) ProgressBar::write(cat("Epoch ", epoch + 1, "/", int64_t(options.epochs), "\n"));
    tell(options.callbacks, [&](CallbackBody& c) { c.on_epoch_begin(epoch); });
    ProgressBar bar(steps, options.verbose);
    Logs logs = run_epoch(*batches, epoch == first, options);
    if (validation && (epoch + 1) % options.validation_freq == 0)
      for (auto& [name, value] : run_test(*validation, {.verbose = 0, .steps = options.validation_steps, .callbacks = options.callbacks}))
        logs.emplace_back("val_" + name, value);
    bar.finish(steps, logs);
    tell(options.callbacks, [&](CallbackBody& c) { c.add_epoch_logs(logs); });
    history.epoch.push_back(epoch);
    for (const auto& [name, value] : logs) history.history[name].push_back(value);
    tell(options.callbacks, [&](CallbackBody& c) { c.on_epoch_end(epoch, logs); });
  }
  tell(options.callbacks, [](CallbackBody& c) { c.on_train_end(); });
  return history;
}

Logs ModelBody::evaluate(const Ref<BatchSource>& batches, const EvaluateOptions& options) {
  check_compiled("evaluate");
  tell(options.callbacks, [&](CallbackBody& c) { c.model = this; });
  return run_test(*batches, options);
}

std::vector<double> ModelBody::evaluate(const Nest& x, const Nest& y, const EvaluateOptions& options) {
  check_compiled("evaluate");
  Logs logs = evaluate(batches_of({x, y, options.sample_weight}, {.batch_size = options.batch_size}), options);
  std::vector<double> out;
  for (const Metric& m : metrics())
    if (const double* value = find_log(logs, m.body()->name())) out.push_back(*value);
  return out;
}

Nest ModelBody::predict(const Nest& x, const PredictOptions& options) {
  return predict(batches_of({x, {}, {}}, {.batch_size = options.batch_size}), options);
}

Nest ModelBody::predict(const Ref<BatchSource>& batches, const PredictOptions& options) {
  int64_t steps = options.steps > 0 ? int64_t(options.steps) : batches->steps(), step = 0;
  tell(options.callbacks, [&](CallbackBody& c) { c.model = this, c.on_predict_begin(); });
  ProgressBar bar(steps, options.verbose);
  std::vector<std::vector<Tensor>> parts;  // by output, by batch
  Nest structure;
  Batch batch;
  const CompiledStep::Body body = [this](const Batch& b) { return predict_step(b.x); };
  batches->begin();
  for (; (steps < 0 || step < steps) && batches->next(batch); ++step) {
    check_interrupt();
    tell(options.callbacks, [&](CallbackBody& c) { c.on_predict_batch_begin(step); });
    structure = run_step(steps_->predict, {batch.x, {}, {}}, body);
    std::vector<Tensor> flat = structure.flatten();
    parts.resize(flat.size());
    for (size_t i = 0; i < flat.size(); ++i) parts[i].push_back(flat[i]);
    tell(options.callbacks, [&](CallbackBody& c) { c.on_predict_batch_end(step, structure); });
    if (bar.due(step + 1)) bar.update(step + 1, {});
  }
  bar.finish(step, {});
  tell(options.callbacks, [](CallbackBody& c) { c.on_predict_end(); });
  std::vector<Tensor> joined;
  for (const auto& p : parts) joined.push_back(p.size() == 1 ? p[0] : concat(p, 0));
  return structure.pack(joined);
}

}  // namespace runnel::inline v0::keras
