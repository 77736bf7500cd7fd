// compile(), fit(), evaluate() and predict().
#include <algorithm>
#include <numeric>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/base/numpy_random.h"
#include "runnel/keras/model.h"
#include "runnel/keras/progress_bar.h"
#include "runnel/keras/random.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

int64_t samples_of(const Nest& x, const char* what) {
  std::vector<Tensor> all = x.flatten();
  if (all.empty()) fail<ValueError>("", cat("`", what, "` must not be empty"));
  for (const Tensor& t : all)
    if (t.rank() == 0 || t.dim(0) != all[0].dim(0))
      fail<ValueError>("", cat("Data cardinality is ambiguous. Make sure all arrays contain the same number of samples."),
                       {.got = cat("'", what, "' shapes: ", shapes_text(x))});
  return all[0].dim(0);
}

void check_same_samples(const Nest& x, const Nest& y, const Tensor& weights) {
  int64_t n = samples_of(x, "x");
  if (y && samples_of(y, "y") != n)
    fail<ValueError>("", "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.",
                     {.got = cat("'x' sizes: ", n, ", 'y' sizes: ", samples_of(y, "y"))});
  if (weights && (weights.rank() == 0 || weights.dim(0) != n))
    fail<ValueError>("", "`sample_weight` has another number of samples than `x`", {.got = to_text(weights.shape()), .expected = to_text(n)});
}

/// The rows of x at these indices.
Tensor take_rows(const Tensor& x, std::span<const int64_t> indices) { return gather(x, Tensor::from(indices), 0, 0); }
Nest take_rows(const Nest& x, std::span<const int64_t> indices) {
  return x.map([&](const Tensor& t) { return take_rows(t, indices); });
}
Nest row_range(const Nest& x, int64_t begin, int64_t end) {
  return x.map([&](const Tensor& t) { return t.rows(begin, end); });
}
Tensor row_range(const Tensor& x, int64_t begin, int64_t end) { return x ? x.rows(begin, end) : x; }

Tensor class_weights(const Nest& y, const std::vector<std::pair<int64_t, double>>& weights) {
  Tensor labels = cast(y.tensor(), int64);
  if (labels.rank() > 1 && labels.dim(-1) > 1) labels = argmax(y.tensor(), -1);
  Tensor out(float32, {labels.dim(0)});
  for (int64_t i = 0; i < labels.dim(0); ++i) {
    double weight = 1;
    for (const auto& [label, w] : weights)
      if (label == labels.data<int64_t>()[i]) weight = w;
    out.mutable_data<float>()[i] = float(weight);
  }
  return out;
}

float scalar_of(const Tensor& t) { return cast(t, float32).item<float>(); }

}  // namespace

void ModelBody::compile(const CompileOptions& options) {
  compiled_ = options;
  metrics_.clear();
  metrics_resolved_ = false;
  is_compiled_ = true;
}

void ModelBody::check_compiled(const char* what) const {
  if (is_compiled_) return;
  fail<ValueError>("", cat("You must call `compile()` before calling `", what, "()`."));
}

void ModelBody::resolve_metrics(const Nest& y, const Nest& y_pred) {
  if (metrics_resolved_) return;
  for (const MetricSpec& spec : compiled_.metrics)
    metrics_.push_back(spec.metric ? spec.metric : metric_for(spec.name, y.tensor().partial_shape(), y_pred.tensor().partial_shape()));
  metrics_resolved_ = true;
}

void ModelBody::reset_metrics() {
  loss_sum_ = 0;
  loss_count_ = 0;
  for (const Metric& m : metrics_) m.body()->reset_state();
}

Logs ModelBody::metric_logs(const std::string& prefix) const {
  Logs logs;
  for (const Metric& m : metrics_) logs.emplace_back(prefix + m.body()->name(), scalar_of(m.body()->result()));
  logs.emplace_back(prefix + "loss", loss_count_ ? loss_sum_ / double(loss_count_) : 0.0);
  std::sort(logs.begin(), logs.end());  // Keras prints them by name
  return logs;
}

Tensor ModelBody::compute_loss(const Nest& y, const Nest& y_pred, const Tensor& sample_weight) {
  std::vector<Tensor> truth = y.flatten(), predicted = y_pred.flatten();
  Tensor total;
  if (compiled_.loss) {
    if (truth.size() != predicted.size())
      fail<ValueError>(name(), "`y` has another structure than the model's outputs", {.got = shapes_text(y), .expected = shapes_text(y_pred)});
    for (size_t i = 0; i < truth.size(); ++i) {
      Tensor loss = compiled_.loss(truth[i], predicted[i], sample_weight);
      total = total ? add(total, loss) : loss;
    }
  }
  for (const Tensor& penalty : losses()) total = total ? add(total, penalty) : penalty;
  if (!total) fail<ValueError>(name(), "No loss to compute. Provide a `loss` argument in `compile()`.");
  return total;
}

void ModelBody::update_metrics(const Tensor& loss, const Nest& y, const Nest& y_pred, const Tensor& sample_weight) {
  int64_t n = y_pred.flatten()[0].dim(0);
  loss_sum_ += double(scalar_of(loss)) * double(n);
  loss_count_ += n;
  if (!compiled_.metrics.empty()) resolve_metrics(y, y_pred);
  for (const Metric& m : metrics_) m.body()->update_state(y.tensor(), y_pred.tensor(), Tensor());
}

void ModelBody::train_step(const Nest& x, const Nest& y, const Tensor& sample_weight) {
  GradientTape tape;
  Nest y_pred = (*this)(x, {.training = true});
  Tensor loss = compute_loss(y, y_pred, sample_weight);
  std::vector<Variable> variables = trainable_weights();
  std::vector<Tensor> grads = tape.gradient(loss, variables);
  compiled_.optimizer.body()->apply(grads, variables);
  update_metrics(loss, y, y_pred, sample_weight);
}

void ModelBody::test_step(const Nest& x, const Nest& y, const Tensor& sample_weight) {
  Nest y_pred = (*this)(x, {.training = false});
  update_metrics(compute_loss(y, y_pred, sample_weight), y, y_pred, sample_weight);
}

Logs ModelBody::train_on_batch(const Nest& x, const Nest& y, const Tensor& sample_weight) {
  check_compiled("train_on_batch");
  reset_metrics();
  train_step(x, y, sample_weight);
  return metric_logs();
}
Logs ModelBody::test_on_batch(const Nest& x, const Nest& y, const Tensor& sample_weight) {
  check_compiled("test_on_batch");
  reset_metrics();
  test_step(x, y, sample_weight);
  return metric_logs();
}

Logs ModelBody::run_epoch(const Nest& x, const Nest& y, const Tensor& weights, const std::vector<int64_t>& order, const FitOptions& options) {
  int64_t n = int64_t(order.size()), batch = options.batch_size, steps = (n + batch - 1) / batch;
  bool each = std::any_of(options.callbacks.begin(), options.callbacks.end(), [](const Callback& c) { return c.body()->wants_batches(); });
  ProgressBar bar(steps, options.verbose);
  reset_metrics();
  for (int64_t step = 0; step < steps && !stop_training; ++step) {
    std::span<const int64_t> rows(order.data() + step * batch, size_t(std::min(batch, n - step * batch)));
    train_step(take_rows(x, rows), take_rows(y, rows), weights ? take_rows(weights, rows) : Tensor());
    Logs logs = each ? metric_logs() : Logs();
    for (const Callback& c : options.callbacks) c.body()->on_train_batch_end(step, logs);
    if (bar.due(step + 1) && step + 1 < steps) bar.update(step + 1, metric_logs());
  }
  return metric_logs();
}

void ModelBody::evaluate_into(const Nest& x, const Nest& y, const Tensor& weights, int64_t batch, int verbose) {
  int64_t n = samples_of(x, "x"), steps = (n + batch - 1) / batch;
  ProgressBar bar(steps, verbose);
  reset_metrics();
  for (int64_t step = 0; step < steps; ++step) {
    int64_t begin = step * batch, end = std::min(n, begin + batch);
    test_step(row_range(x, begin, end), row_range(y, begin, end), row_range(weights, begin, end));
    if (bar.due(step + 1)) bar.update(step + 1, metric_logs());
  }
  bar.finish(steps, metric_logs());
}

namespace {
void check_fit_options(const FitOptions& options) {
  if (options.batch_size <= 0) fail<ValueError>("fit", "`batch_size` must be positive", {.got = to_text(int64_t(options.batch_size))});
  if (options.validation_split < 0 || options.validation_split >= 1)
    fail<ValueError>("fit", "`validation_split` must be in [0, 1)", {.got = to_text(options.validation_split)});
}
}  // namespace

History ModelBody::fit(const Nest& all_x, const Nest& all_y, const FitOptions& options) {
  check_compiled("fit");
  check_fit_options(options);
  Tensor all_weights = options.sample_weight;
  check_same_samples(all_x, all_y, all_weights);
  if (!options.class_weight.empty()) {
    Tensor by_class = class_weights(all_y, options.class_weight);
    all_weights = all_weights ? multiply(cast(all_weights, float32), by_class) : by_class;
  }
  int64_t total = samples_of(all_x, "x"), n = total;
  ValidationData held = options.validation_data;
  if (options.validation_split > 0 && !held.x) {
    n = int64_t(double(total) * (1.0 - options.validation_split));
    if (n == 0 || n == total) fail<ValueError>("fit", "`validation_split` leaves no data for training or for validation", {.got = cat(total, " samples")});
    held = {row_range(all_x, n, total), row_range(all_y, n, total), row_range(all_weights, n, total)};
  }

  History history;
  stop_training = false;
  for (const Callback& c : options.callbacks) {
    c.body()->model = this;
    c.body()->on_train_begin();
  }
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t(0));
  NumpyRandomState random(uint32_t(options.shuffle ? make_default_seed() : 0));
  for (int64_t epoch = options.initial_epoch; epoch < options.epochs && !stop_training; ++epoch) {
    if (options.verbose == 1 || options.verbose == 2) ProgressBar::write(cat("Epoch ", epoch + 1, "/", int64_t(options.epochs), "\n"));
    for (const Callback& c : options.callbacks) c.body()->on_epoch_begin(epoch);
    if (options.shuffle) random.shuffle(order);
    ProgressBar bar((n + options.batch_size - 1) / options.batch_size, options.verbose);
    Logs logs = run_epoch(all_x, all_y, all_weights, order, options);
    if (held.x && (epoch + 1) % options.validation_freq == 0) {
      evaluate_into(held.x, held.y, held.sample_weight, options.validation_batch_size > 0 ? int64_t(options.validation_batch_size) : int64_t(options.batch_size), 0);
      for (auto& log : metric_logs("val_")) logs.push_back(log);
    }
    bar.finish((n + options.batch_size - 1) / options.batch_size, logs);
    history.epoch.push_back(epoch);
    for (const auto& [name, value] : logs) history.history[name].push_back(value);
    for (const Callback& c : options.callbacks) c.body()->on_epoch_end(epoch, logs);
  }
  for (const Callback& c : options.callbacks) c.body()->on_train_end();
  return history;
}

std::vector<double> ModelBody::evaluate(const Nest& x, const Nest& y, const EvaluateOptions& options) {
  check_compiled("evaluate");
  check_same_samples(x, y, options.sample_weight);
  evaluate_into(x, y, options.sample_weight, options.batch_size, options.verbose);
  std::vector<double> out{loss_count_ ? loss_sum_ / double(loss_count_) : 0.0};
  for (const Metric& m : metrics_) out.push_back(scalar_of(m.body()->result()));
  return out;
}

Nest ModelBody::predict(const Nest& x, const PredictOptions& options) {
  int64_t n = samples_of(x, "x"), batch = options.batch_size, steps = (n + batch - 1) / batch;
  ProgressBar bar(steps, options.verbose);
  std::vector<std::vector<Tensor>> parts;  // by output, by batch
  Nest structure;
  for (int64_t step = 0; step < steps; ++step) {
    structure = (*this)(row_range(x, step * batch, std::min(n, (step + 1) * batch)), {.training = false});
    std::vector<Tensor> flat = structure.flatten();
    parts.resize(flat.size());
    for (size_t i = 0; i < flat.size(); ++i) parts[i].push_back(flat[i]);
    if (bar.due(step + 1)) bar.update(step + 1, {});
  }
  bar.finish(steps, {});
  std::vector<Tensor> joined;
  for (const auto& p : parts) joined.push_back(p.size() == 1 ? p[0] : concat(p, 0));
  return structure.pack(joined);
}

}  // namespace runnel::inline v0::keras
