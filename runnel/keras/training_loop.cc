// The loops of fit(), evaluate() and predict().
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/keras/model_steps.h"
#include "runnel/keras/progress_bar.h"
#include "runnel/keras/settings.h"
#include "runnel/keras/warn.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

void tell(const std::vector<Callback>& callbacks, const std::function<void(CallbackBody&)>& hook) {
  for (const Callback& c : callbacks) hook(*c.body());
}

bool any_wants_batches(const std::vector<Callback>& callbacks) {
  return std::any_of(callbacks.begin(), callbacks.end(), [](const Callback& c) { return c.body()->wants_batches(); });
}

void check_fit_options(const FitOptions& options) {
  if (options.validation_split < 0 || options.validation_split >= 1)
    fail<ValueError>("fit", "`validation_split` must be in [0, 1)", {.got = to_text(options.validation_split)});
}

// What stands in a data set already. `validation_split` means nothing where there are data for it.
void check_source_options(const FitOptions& options, bool has_validation) {
  if (options.validation_split > 0 && !has_validation)
    fail<ValueError>("", "Argument `validation_split` is only supported for tensors or NumPy arrays.",
                     {.got = "a data set or a generator", .hint = "validation_data=..., for example of Dataset.take() and skip()"});
  if (options.sample_weight)
    fail<ValueError>("", "When providing `x` as a data set or generator, `sample_weights` should not be passed. Instead, the sample weights should be "
                         "included as part of the data set.");
}

void check_ends(const BatchSource& batches, int64_t steps, const char* what) {
  if (steps > 0 || !batches.endless()) return;
  fail<ValueError>("", cat("When passing an infinitely repeating dataset, please specify a `", what, "` value: the data never end."));
}

void warn_ran_out() {
  warn("Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least `steps_per_epoch * epochs` "
       "batches. You may need to use the `.repeat()` function when building your dataset.");
}

int64_t validation_batch(const FitOptions& options) {
  return options.validation_batch_size > 0 ? options.validation_batch_size : options.batch_size;
}

// The smaller of a wish and keras.config's limit; 0: no wish.
int64_t limited(int64_t wanted, int64_t limit, const char* what) {
  const int64_t bounded = config::bounded(wanted > 0 ? wanted : -1, limit);
  if (limit < 0 || (wanted > 0 && bounded == wanted)) return wanted;
  warn(cat("Limiting ", what, " to ", bounded));
  return bounded;
}
int64_t limited_steps(int64_t steps) { return limited(steps, config::max_steps_per_epoch(), "steps_per_epoch"); }

// How many steps a walk takes, if that is known; -1: not.
int64_t steps_of(const BatchSource& batches, int64_t asked) { return asked > 0 ? asked : batches.steps(); }

Config params_of(int verbose, int64_t epochs, int64_t steps) {
  return Config::Dict{{"verbose", verbose}, {"epochs", epochs}, {"steps", steps < 0 ? Config() : Config(steps)}};
}

void introduce(ModelBody* model, const std::vector<Callback>& callbacks, const Config& params) {
  tell(callbacks, [&](CallbackBody& c) {
    c.model = model;
    c.set_params(params);
  });
}

/// Where a callback resumes an interrupted training, later than asked for; then the data are where they were, too.
int64_t first_epoch(const FitOptions& options, BatchSource& batches) {
  int64_t first = options.initial_epoch;
  for (const Callback& c : options.callbacks) first = std::max(first, c.body()->resumed_epoch().value_or(first));
  if (options.steps_per_epoch == 0)
    for (int64_t skipped = options.initial_epoch; skipped < first; ++skipped) batches.skip();
  return first;
}

Ref<BatchSource> validation_of(const FitOptions& options) {
  const ValidationData& held = options.validation_data;
  if (!held.x) return nullptr;
  return batches_of({held.x, held.y, held.sample_weight}, {.batch_size = validation_batch(options), .steps = options.validation_steps});
}

// At most `steps` steps (-1: until next() has no batch), of which callbacks hear together; gives their number.
template <class Next, class Run, class Begin, class End>
int64_t run_steps(int64_t steps, int64_t together, Next&& next, Run&& run, Begin&& begin, End&& end) {
  int64_t step = 0;
  while ((steps < 0 || step < steps) && next()) {
    poll_stop();
    if (step % together == 0) begin(step);
    run();
    if (++step % together == 0) end(step);
  }
  if (step % together != 0) end(step);
  return step;
}

}  // namespace

std::optional<Logs> ModelBody::run_epoch(BatchSource& batches, bool first, const FitOptions& options, ProgressBar& bar) {
  bool counted = options.steps_per_epoch > 0, each = any_wants_batches(options.callbacks);
  if (!counted || first) batches.begin();  // counted steps go on where the last epoch stopped
  int64_t steps = steps_of(batches, options.steps_per_epoch);
  reset_metrics();
  Nest last;
  Batch batch;
  const CompiledStep::Body body = [this](const Batch& b) { return train_step(b); };
  bool started = false;
  auto next = [&] {
    if (stop_training) return false;
    bool more = batches.next(batch);
    if (!more && counted && !started) batches.begin(), more = batches.next(batch);  // the last epoch took all
    started = true;
    return more;
  };
  auto run = [&] {
    weigh_classes(batch, options.class_weight);
    last = run_step(steps_->train, batch, body);
  };
  auto begin = [&](int64_t step) { tell(options.callbacks, [&](CallbackBody& c) { c.on_train_batch_begin(step); }); };
  auto end = [&](int64_t step) {
    Logs logs = each ? logs_or_metrics(last) : Logs();
    tell(options.callbacks, [&](CallbackBody& c) { c.on_train_batch_end(step - 1, logs); });
    if (bar.due()) bar.update(step, each ? logs : logs_or_metrics(last));
  };
  steps_run_ = run_steps(steps, compiled_->options().steps_per_execution, next, run, begin, end);
  batches.end();
  bool all = stop_training || (counted ? steps_run_ == steps : steps_run_ > 0);
  if (!all && steps_run_ == 0 && first) fail<ValueError>("fit", "the data set is empty");
  if (!all) warn_ran_out();
  if (!all && steps_run_ == 0) return {};
  return logs_or_metrics(last);
}

Logs ModelBody::run_test(BatchSource& batches, const EvaluateOptions& options) {
  check_ends(batches, options.steps, "steps");
  int64_t steps = steps_of(batches, options.steps);
  bool each = any_wants_batches(options.callbacks);
  ProgressBar bar(steps, options.verbose);
  batches.begin();
  reset_metrics();
  tell(options.callbacks, [](CallbackBody& c) { c.on_test_begin(); });
  Nest last;
  Batch batch;
  const CompiledStep::Body body = [this](const Batch& b) { return test_step(b); };
  auto next = [&] { return batches.next(batch); };
  auto run = [&] { last = run_step(steps_->test, batch, body); };
  auto begin = [&](int64_t step) { tell(options.callbacks, [&](CallbackBody& c) { c.on_test_batch_begin(step); }); };
  auto end = [&](int64_t step) {
    Logs logs = each ? logs_or_metrics(last) : Logs();
    tell(options.callbacks, [&](CallbackBody& c) { c.on_test_batch_end(step - 1, logs); });
    if (bar.due()) bar.update(step, each ? logs : logs_or_metrics(last));
  };
  const int64_t step = run_steps(steps, compiled_->options().steps_per_execution, next, run, begin, end);
  batches.end();
  if (step == 0) fail<ValueError>("evaluate", "the data set is empty");
  if (step < options.steps) warn_ran_out();
  Logs logs = logs_or_metrics(last);
  tell(options.callbacks, [&](CallbackBody& c) { c.on_test_end(logs); });
  bar.finish(step, logs);
  return logs;
}

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
  weigh_classes(all, given.class_weight);
  options.class_weight.clear();
  options.sample_weight = Nest();
  options.validation_split = 0;
  if (given.validation_split > 0 && !validation) {
    int64_t total = samples_of(all.x, "x"), n = int64_t(double(total) * (1.0 - given.validation_split));
    if (n == 0 || n == total)
      fail<ValueError>("", cat("Training data contains ", total, " samples, which is not sufficient to split it into a validation and training set as "
                               "specified by `validation_split=", given.validation_split, "`. Either provide more data, or a different value for the "
                               "`validation_split` argument."));
    validation = batches_of(row_range(all, n, total), {.batch_size = validation_batch(given), .steps = given.validation_steps});
    all = row_range(all, 0, n);
  }
  return fit(batches_of(all, {.batch_size = given.batch_size, .shuffle = given.shuffle, .steps = given.steps_per_epoch}), validation, options);
}

History ModelBody::fit(const data::Dataset& dataset, const FitOptions& options) { return fit(batches_of(dataset), validation_of(options), options); }

// The callbacks one after the other: each sees what those before it have added to the logs.
void ModelBody::end_epoch(int64_t epoch, Logs& logs, const FitOptions& options, History& history) {
  tell(options.callbacks, [&](CallbackBody& c) {
    c.on_epoch_end(epoch, logs);
    c.add_epoch_logs(logs);
  });
  history.epoch.push_back(epoch);
  for (const auto& [name, value] : logs) {
    std::vector<double>& values = history.history[name];
    if (values.empty()) history.names.push_back(name);
    values.push_back(value);
  }
}

History ModelBody::fit(const Ref<BatchSource>& batches, const Ref<BatchSource>& validation, const FitOptions& given) {
  check_compiled("fit");
  check_source_options(given, bool(validation));
  if (!any_wants_batches(given.callbacks)) check_ends(*batches, given.steps_per_epoch, "steps_per_epoch");  // a callback may stop it
  FitOptions options = given;
  options.epochs = limited(options.epochs, config::max_epochs(), "epochs");
  options.steps_per_epoch = limited_steps(options.steps_per_epoch);
  History history;
  stop_training = false;
  int64_t steps = steps_of(*batches, options.steps_per_epoch);
  if (steps >= 0) history.steps = steps;
  introduce(this, options.callbacks, params_of(options.verbose, options.epochs, steps));
  tell(options.callbacks, [](CallbackBody& c) { c.on_train_begin(); });
  int64_t first = first_epoch(options, *batches);
  Logs logs;
  for (int64_t epoch = first; epoch < options.epochs && !stop_training; ++epoch) {
    tell(options.callbacks, [&](CallbackBody& c) { c.on_epoch_begin(epoch); });
    if (options.verbose != 0 && options.epochs > 1) ProgressBar::write(cat("Epoch ", epoch + 1, "/", int64_t(options.epochs), "\n"));
    ProgressBar bar(steps, options.verbose);
    std::optional<Logs> trained = run_epoch(*batches, epoch == first, options, bar);
    if (!trained) break;
    logs = *trained;
    if (validation && options.validation_freq.due(epoch))
      for (auto& [name, value] : run_test(*validation, {.verbose = 0, .steps = limited_steps(options.validation_steps), .callbacks = options.callbacks}))
        logs.emplace_back("val_" + name, value);
    end_epoch(epoch, logs, options, history);
    if (steps < 0) steps = steps_run_;
    bar.finish(steps, logs);
  }
  if (options.epochs > 0 && optimizer() && optimizer().body()->built()) optimizer().body()->finalize_variable_values(trainable_weights());
  tell(options.callbacks, [&](CallbackBody& c) {
    c.last_logs = logs;
    c.on_train_end();
  });
  return history;
}

Logs ModelBody::evaluate(const Ref<BatchSource>& batches, const EvaluateOptions& given) {
  check_compiled("evaluate");
  EvaluateOptions options = given;
  options.steps = limited_steps(options.steps);
  introduce(this, options.callbacks, params_of(options.verbose, 1, steps_of(*batches, options.steps)));
  return run_test(*batches, options);
}

std::vector<double> ModelBody::evaluate(const Nest& x, const Nest& y, const EvaluateOptions& options) {
  check_compiled("evaluate");
  std::vector<double> out;
  for (const auto& [name, value] : in_order(evaluate(batches_of({x, y, options.sample_weight}, {.batch_size = options.batch_size, .steps = options.steps}), options))) out.push_back(value);
  return out;
}

Nest ModelBody::predict(const Nest& x, const PredictOptions& options) {
  return predict(batches_of({x, {}, {}}, {.batch_size = options.batch_size, .steps = options.steps}), options);
}

Nest ModelBody::predict(const Ref<BatchSource>& batches, const PredictOptions& options) {
  const int64_t asked = limited_steps(options.steps), steps = steps_of(*batches, asked);
  check_ends(*batches, asked, "steps");
  introduce(this, options.callbacks, params_of(options.verbose, 1, steps));
  tell(options.callbacks, [&](CallbackBody& c) { c.on_predict_begin(); });
  ProgressBar bar(steps, options.verbose);
  std::vector<std::vector<Tensor>> parts;  // by output, by batch
  Nest structure;
  Batch batch;
  const CompiledStep::Body body = [this](const Batch& b) { return predict_step(b.x); };
  batches->begin();
  auto run = [&] {
    structure = run_step(steps_->predict, {batch.x, {}, {}}, body);
    std::vector<Tensor> flat = structure.flatten();
    parts.resize(flat.size());
    for (size_t i = 0; i < flat.size(); ++i) parts[i].push_back(flat[i]);
  };
  auto begin = [&](int64_t step) { tell(options.callbacks, [&](CallbackBody& c) { c.on_predict_batch_begin(step); }); };
  auto end = [&](int64_t step) {
    tell(options.callbacks, [&](CallbackBody& c) { c.on_predict_batch_end(step - 1, structure); });
    if (bar.due()) bar.update(step, {});
  };
  const int64_t step = run_steps(steps, 1, [&] { return batches->next(batch); }, run, begin, end);
  batches->end();
  tell(options.callbacks, [](CallbackBody& c) { c.on_predict_end(); });
  bar.finish(step, {});
  if (step < asked) warn_ran_out();
  std::vector<Tensor> joined;
  for (const auto& p : parts) joined.push_back(p.size() == 1 ? p[0] : concat(p, 0));
  return structure.pack(joined);
}

}  // namespace runnel::inline v0::keras
