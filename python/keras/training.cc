// compile(), fit(), evaluate(), predict() and their like, with Keras's arguments.
#include <algorithm>

#include "python/keras/kinds.h"
#include "python/keras/python_batches.h"
#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/keras/model.h"
#include "runnel/keras/overrides.h"

namespace runnel::python {

namespace {

using keras::Batch;
using keras::ModelBody;
using keras::SuperCall;
using Open = keras::OverridableModel<keras::SubclassedModelBody>;

/// Keyword arguments with defaults; those that are not asked for are Keras's own for its runtime, and mean nothing here.
class Arguments {
 public:
  explicit Arguments(nb::dict items) : items_(items) {}
  nb::object get(const char* name) const { return items_.contains(name) ? nb::object(items_[name]) : nb::none(); }
  template <class T>
  T get(const char* name, T fallback) const {
    nb::object value = get(name);
    return value.is_none() ? fallback : nb::cast<T>(value);
  }
  int verbose() const {
    nb::object value = get("verbose");
    if (value.is_none() || PyUnicode_Check(value.ptr())) return 1;
    return PyBool_Check(value.ptr()) ? int(value.is(nb::bool_(true))) : int(to_int(value.ptr()));
  }

 private:
  nb::dict items_;
};

// --- compile

template <class HandleT>
HandleT handle_of(nb::handle object) {
  HandleT out;
  from_config(to_config(object), out);
  return out;
}

// Adds what belongs to each output: with its name from a dict, by position from a list.
template <class T, class F>
void take(keras::PerOutput<T>& out, nb::handle given, F&& convert) {
  if (PyDict_Check(given.ptr()))
    for (auto [key, item] : nb::borrow<nb::dict>(given)) out.add(nb::cast<std::string>(nb::str(key)), convert(item));
  else
    for (nb::handle item : given) out.push_back(convert(item));
}

bool is_container(nb::handle object) { return is_sequence(object.ptr()) || PyDict_Check(object.ptr()); }

// A loss that is given by name keeps this name, where no output gives it another.
keras::Loss loss_of(nb::handle given) {
  if (!PyUnicode_Check(given.ptr())) return handle_of<keras::Loss>(given);
  nb::object found = keras_helper("_registry", "find")("losses", given);
  if (!found.is_none()) return handle_of<keras::Loss>(found);
  std::string name = nb::cast<std::string>(given);
  keras::Loss loss(keras::object_of_kind<keras::LossBody>(keras::make_by_name("losses", name, Config::Dict{{"name", name}})));
  loss.body()->given_as = name;
  return loss;
}

keras::MetricSpec metric_spec(nb::handle object) {
  if (PyUnicode_Check(object.ptr())) return nb::cast<std::string>(object);
  Config given = to_config(object);
  auto* loss = given.is_object() ? dynamic_cast<keras::LossBody*>(given.as_object().get()) : nullptr;
  if (loss) return keras::Loss(Ref<keras::LossBody>(loss));
  return handle_of<keras::Metric>(object);
}
std::vector<keras::MetricSpec> metric_specs(nb::handle object) {
  std::vector<keras::MetricSpec> out;
  if (object.is_none()) return out;
  if (!is_sequence(object.ptr())) return {metric_spec(object)};
  for (nb::handle item : object) out.push_back(metric_spec(item));
  return out;
}

void check_container(nb::object given, const char* what) {
  if (given.is_none() || is_container(given)) return;
  std::string text = nb::cast<std::string>(nb::str(given)), type = nb::cast<std::string>(nb::str(given.type()));
  fail<ValueError>("", cat("Expected `", what, "` argument to be a list, tuple, or dict. Received instead: ", what, "=", text, " of type ", type),
                   {.hint = cat(what, "=[...]")});
}

void take_metrics(nb::object given, std::vector<keras::MetricSpec>& all, keras::PerOutput<std::vector<keras::MetricSpec>>& each, const char* what) {
  check_container(given, what);
  bool nested = PyDict_Check(given.ptr());
  if (is_sequence(given.ptr()))
    for (nb::handle item : given) nested |= is_sequence(item.ptr()) || item.is_none();
  if (nested) take(each, given, metric_specs);
  else all = metric_specs(given);
}

double weight_of(nb::handle given) { return given.is_none() ? 1 : to_double(given.ptr()); }

void compile(ModelBody& model, nb::object optimizer, nb::object loss, nb::object loss_weights, nb::object metrics, nb::object weighted_metrics, bool run_eagerly,
             int64_t steps_per_execution, bool auto_scale_loss, bool jit_compile) {
  keras::CompileOptions options{.optimizer = handle_of<keras::Optimizer>(optimizer)};
  options.run_eagerly = run_eagerly;
  options.jit_compile = jit_compile;
  options.steps_per_execution = steps_per_execution;
  options.auto_scale_loss = auto_scale_loss;
  if (is_container(loss)) take(options.losses, loss, loss_of);
  else options.loss = loss_of(loss);
  if (is_container(loss_weights)) take(options.loss_weights, loss_weights, weight_of);
  else if (!loss_weights.is_none()) options.loss_weights = {weight_of(loss_weights)};
  take_metrics(metrics, options.metrics, options.output_metrics, "metrics");
  take_metrics(weighted_metrics, options.weighted_metrics, options.output_weighted_metrics, "weighted_metrics");
  model.compile(options);
}

// --- data and callbacks

std::vector<keras::Callback> to_callbacks(nb::object given) {
  std::vector<keras::Callback> out;
  if (given.is_none()) return out;
  nb::object items = is_instance(given.ptr()) ? nb::object(nb::make_tuple(given)) : given;
  for (nb::handle item : nb::list(items)) out.emplace_back(Ref<keras::CallbackBody>(&body_as<keras::CallbackBody>(item)));
  return out;
}

std::vector<std::pair<int64_t, double>> to_class_weights(nb::object given) {
  std::vector<std::pair<int64_t, double>> out;
  if (given.is_none()) return out;
  for (auto [label, weight] : nb::cast<nb::dict>(given)) out.emplace_back(to_int(label.ptr()), to_double(weight.ptr()));
  return out;
}

Nest data_or_none(nb::object object) { return object.is_none() ? Nest() : to_data(object); }

// validation_data: (x, y), (x, y, weights), or anything that is_source().
Ref<keras::BatchSource> validation_source(nb::object given, const keras::ArraysOptions& options) {
  if (given.is_none()) return nullptr;
  if (is_source(given)) return source_of(given, false);
  if (!is_sequence(given.ptr()) || nb::len(given) < 1 || nb::len(given) > 3)
    fail<ValueError>("", "`validation_data` must be (x, y) or (x, y, sample_weight), or a data set",
                     {.got = is_sequence(given.ptr()) ? cat(nb::len(given), " parts") : nb::cast<std::string>(nb::str(given.type()))});
  auto part = [&](size_t i) { return i < nb::len(given) ? data_or_none(nb::object(given[i])) : Nest(); };
  return keras::batches_of(Batch{part(0), part(1), part(2)}, options);
}

keras::FitOptions fit_options(const Arguments& given) {
  keras::FitOptions options{.batch_size = given.get<int64_t>("batch_size", 0), .epochs = given.get<int64_t>("epochs", 1), .verbose = given.verbose()};
  options.callbacks = to_callbacks(given.get("callbacks"));
  options.validation_split = given.get<double>("validation_split", 0.0);
  options.shuffle = nb::cast<bool>(nb::bool_(given.get("shuffle")));
  options.class_weight = to_class_weights(given.get("class_weight"));
  options.sample_weight = data_or_none(given.get("sample_weight"));
  options.initial_epoch = given.get<int64_t>("initial_epoch", 0);
  options.validation_batch_size = given.get<int64_t>("validation_batch_size", 0);
  if (nb::object freq = given.get("validation_freq"); !freq.is_none())
    options.validation_freq = PyLong_Check(freq.ptr()) ? keras::ValidationFreq(to_int(freq.ptr())) : keras::ValidationFreq(nb::cast<std::vector<int64_t>>(nb::list(freq)));
  options.steps_per_epoch = given.get<int64_t>("steps_per_epoch", 0);
  options.validation_steps = given.get<int64_t>("validation_steps", 0);
  return options;
}

nb::dict history_of(const keras::History& history) {
  nb::dict out;
  for (const std::string& name : history.names) out[name.c_str()] = nb::cast(history.history.at(name));
  return out;
}

template <class F>
auto without_gil_always(F&& f) {
  return without_gil(ReleaseGil::kWorthwhile + 1, std::forward<F>(f));
}

// A data set or a generator brings all.
void check_alone(nb::object y, nb::object sample_weight) {
  auto refuse = [](const char* what, const char* words) {
    fail<ValueError>("", cat("When providing `x` as a data set or generator, `", what, "` should not be passed. Instead, the ", words,
                             " should be included as part of the data set or generator."));
  };
  if (!y.is_none()) refuse("y", "targets");
  if (!sample_weight.is_none()) refuse("sample_weights", "sample weights");
}

nb::object fit(nb::handle self, nb::object x, nb::object y, nb::dict arguments) {
  ModelBody& model = body_as<ModelBody>(self);
  Arguments given(arguments);
  keras::FitOptions options = fit_options(given);
  int64_t batch = options.validation_batch_size > 0 ? options.validation_batch_size : options.batch_size;
  Ref<keras::BatchSource> validation = validation_source(given.get("validation_data"), {.batch_size = batch, .steps = options.validation_steps});
  keras::History history;
  if (is_source(x)) {
    check_alone(y, given.get("sample_weight"));
    Ref<keras::BatchSource> batches = source_of(x, options.shuffle);
    history = without_gil_always([&] { return model.fit(batches, validation, options); });
  } else {
    Nest inputs = to_data(x), targets = data_or_none(y);
    history = without_gil_always([&] { return model.fit_arrays({inputs, targets, options.sample_weight}, validation, options); });
  }
  return nb::make_tuple(history_of(history), nb::cast(history.epoch), history.steps ? nb::object(nb::int_(*history.steps)) : nb::none());
}

Ref<keras::BatchSource> batches_from(nb::object x, nb::object y, const Arguments& given) {
  if (is_source(x)) {
    check_alone(y, given.get("sample_weight"));
    return source_of(x, false);
  }
  Batch all{to_data(x), data_or_none(y), data_or_none(given.get("sample_weight"))};
  return keras::batches_of(all, {.batch_size = given.get<int64_t>("batch_size", 0), .steps = given.get<int64_t>("steps", 0)});
}

// By name, and the values in evaluate()'s order.
nb::object logs_and_values(ModelBody& model, const keras::Logs& logs) {
  nb::dict by_name;
  nb::list values;
  for (const auto& [name, value] : logs) by_name[name.c_str()] = value;
  for (const auto& [name, value] : model.in_order(logs)) values.append(value);
  return nb::make_tuple(by_name, values);
}

nb::object evaluate(ModelBody& model, nb::object x, nb::object y, nb::dict arguments) {
  Arguments given(arguments);
  Ref<keras::BatchSource> batches = batches_from(x, y, given);
  keras::EvaluateOptions options{.verbose = given.verbose(), .steps = given.get<int64_t>("steps", 0), .callbacks = to_callbacks(given.get("callbacks"))};
  keras::Logs logs = without_gil_always([&] { return model.evaluate(batches, options); });
  return logs_and_values(model, logs);
}

nb::object numpy_nest(const Nest& nest) {
  if (nest.is_tensor()) return nb::steal(wrap(nest.tensor())).attr("numpy")();
  if (nest.is_list()) {
    nb::list out;
    for (const Nest& item : nest.list()) out.append(numpy_nest(item));
    return nest.is_tuple() ? nb::object(nb::tuple(out)) : nb::object(out);
  }
  nb::dict out;
  if (nest.is_dict())
    for (const auto& [key, item] : nest.dict()) out[key.c_str()] = numpy_nest(item);
  return out;
}

nb::object predict(ModelBody& model, nb::object x, nb::dict arguments) {
  Arguments given(arguments);
  Ref<keras::BatchSource> batches = batches_from(x, nb::none(), given);
  keras::PredictOptions options{.verbose = given.verbose(), .steps = given.get<int64_t>("steps", 0), .callbacks = to_callbacks(given.get("callbacks"))};
  return numpy_nest(without_gil_always([&] { return model.predict(batches, options); }));
}

nb::object predict_on_batch(ModelBody& model, nb::object x) {
  Nest inputs = to_data(x);
  return numpy_nest(without_gil_always([&] { return model.predict_step(inputs); }));
}

Batch batch_of(nb::object x, nb::object y, nb::object sample_weight, nb::object class_weight) {
  Batch batch{to_data(x), data_or_none(y), data_or_none(sample_weight)};
  keras::weigh_classes(batch, to_class_weights(class_weight));
  return batch;
}

nb::object train_on_batch(ModelBody& model, nb::object x, nb::object y, nb::object sample_weight, nb::object class_weight, bool reset_metrics) {
  Batch batch = batch_of(x, y, sample_weight, class_weight);
  return logs_and_values(model, without_gil_always([&] { return model.train_on_batch(batch, reset_metrics); }));
}
nb::object test_on_batch(ModelBody& model, nb::object x, nb::object y, nb::object sample_weight, bool reset_metrics) {
  Batch batch = batch_of(x, y, sample_weight, nb::none());
  return logs_and_values(model, without_gil_always([&] { return model.test_on_batch(batch, reset_metrics); }));
}

// --- check

// With what Python raises as an exception that tells its text.
Nest data_or_error(nb::object given) {
  try {
    return data_or_none(given);
  } catch (const PythonError&) {
    throw nb::python_error();
  }
}

// "KeyError: 'x'" without the traceback.
std::string text_of(const std::exception& error) {
  auto* raised = dynamic_cast<const nb::python_error*>(&error);
  if (!raised) return error.what();
  return cat(reinterpret_cast<PyTypeObject*>(raised->type().ptr())->tp_name, ": ", nb::cast<std::string>(nb::str(raised->value())));
}

// What cannot become tensors is a finding.
Nest data_to_check(nb::object given, const char* what, std::vector<keras::CheckFinding>& findings) {
  try {
    return data_or_error(given);
  } catch (const std::exception& error) {
    rethrow_stop(error);
    std::string got = nb::hasattr(given, "dtype") ? cat("dtype ", nb::cast<std::string>(nb::str(nb::object(given.attr("dtype"))))) : nb::cast<std::string>(nb::str(given.type()));
    findings.push_back({true, what, "cannot become a tensor", got, "numbers, rows of one length", text_of(error).substr(0, 80)});
    return {};
  }
}

keras::CheckReport check_of(ModelBody& model, nb::object x, nb::object y, nb::object sample_weight) {
  if (is_source(x)) {
    Ref<keras::BatchSource> batches = source_of(x, false);
    return without_gil_always([&] { return model.check(batches); });
  }
  std::vector<keras::CheckFinding> findings;
  Batch batch{data_to_check(x, "x", findings), data_to_check(y, "y", findings), data_to_check(sample_weight, "sample_weight", findings)};
  if (!findings.empty()) return keras::CheckReport(findings);
  return without_gil_always([&] { return model.check(batch.x, batch.y, batch.sample_weight); });
}

nb::object check(ModelBody& model, nb::object x, nb::object y, nb::object sample_weight) {
  keras::CheckReport report = check_of(model, x, y, sample_weight);
  nb::list findings;
  for (const keras::CheckFinding& f : report.findings()) {
    nb::dict row;
    row["level"] = f.error ? "error" : "warning";
    row["where"] = f.where, row["problem"] = f.problem, row["got"] = f.got, row["expected"] = f.expected, row["hint"] = f.hint;
    findings.append(row);
  }
  return nb::make_tuple(findings, report.text());
}

// --- steps, as Python's own ones call them

Batch batch_of_data(nb::handle data) {
  if (!PyTuple_Check(data.ptr()) && !PyList_Check(data.ptr())) return {to_nest(data), {}, {}};
  auto part = [&](size_t i) { return i < nb::len(data) ? to_nest(nb::object(data[i])) : Nest(); };
  return {part(0), part(1), part(2)};
}

nb::object train_step(ModelBody& model, nb::handle data) {
  Batch batch = batch_of_data(data);
  SuperCall here(&model, Open::kTrainStep);
  Nest logs = model.train_step(batch);
  return from_nest(logs ? logs : model.metric_results());
}
nb::object test_step(ModelBody& model, nb::handle data) {
  Batch batch = batch_of_data(data);
  SuperCall here(&model, Open::kTestStep);
  Nest logs = model.test_step(batch);
  return from_nest(logs ? logs : model.metric_results());
}
nb::object predict_step(ModelBody& model, nb::handle data) {
  Batch batch = batch_of_data(data);
  SuperCall here(&model, Open::kPredictStep);
  return from_nest(model.predict_step(batch.x));
}

Tensor compute_loss(ModelBody& model, nb::object x, nb::object y, nb::object y_pred, nb::object sample_weight, bool) {
  Batch batch{to_nest(x), to_nest(y), to_nest(sample_weight)};
  Nest predicted = to_nest(y_pred);
  SuperCall here(&model, Open::kComputeLoss);
  return model.compute_loss(batch, predicted);
}

nb::object compute_metrics(ModelBody& model, nb::object x, nb::object y, nb::object y_pred, nb::object sample_weight) {
  Batch batch{to_nest(x), to_nest(y), to_nest(sample_weight)};
  Nest predicted = to_nest(y_pred);
  SuperCall here(&model, Open::kComputeMetrics);
  model.compute_metrics(batch, predicted);
  return from_nest(model.metric_results());
}

nb::list metrics(ModelBody& model) {
  nb::list out;
  for (const keras::Metric& m : model.metrics()) out.append(wrap_object(m.body()));
  return out;
}

}  // namespace

void bind_training(ClassBuilder& c) {
  auto optional = [](const char* name) { return nb::arg(name).none() = nb::none(); };
  c.def("_compile", compile, nb::arg("optimizer").none(), optional("loss"), optional("loss_weights"), optional("metrics"), optional("weighted_metrics"),
        nb::arg("run_eagerly") = false, nb::arg("steps_per_execution") = 1, nb::arg("auto_scale_loss") = true,
        nb::arg("jit_compile") = false)
      .def("_fit", fit, nb::arg("x").none(), nb::arg("y").none(), nb::arg("arguments"))
      .def("_evaluate", evaluate, nb::arg("x").none(), nb::arg("y").none(), nb::arg("arguments"))
      .def("_predict", predict, nb::arg("x"), nb::arg("arguments"))
      .def("_train_on_batch", train_on_batch, nb::arg("x"), optional("y"), optional("sample_weight"), optional("class_weight"),
           nb::arg("reset_metrics") = true)
      .def("_test_on_batch", test_on_batch, nb::arg("x"), optional("y"), optional("sample_weight"), nb::arg("reset_metrics") = true)
      .def("_check", check, nb::arg("x"), optional("y"), optional("sample_weight"))
      .def("predict_on_batch", predict_on_batch, nb::arg("x"))
      .def("train_step", train_step, nb::arg("data"))
      .def("test_step", test_step, nb::arg("data"))
      .def("predict_step", predict_step, nb::arg("data"))
      .def("compute_loss", compute_loss, optional("x"), optional("y"), optional("y_pred"), optional("sample_weight"), nb::arg("training") = true)
      .def("explain", [](ModelBody& m) { return m.explain(); })
      .def("_compute_loss", [](nb::handle self, nb::object x, nb::object y, nb::object y_pred, nb::object sample_weight) {
        nb::dict given;
        given["x"] = x, given["y"] = y, given["y_pred"] = y_pred, given["sample_weight"] = sample_weight;
        return self.attr("compute_loss")(**given);
      }, optional("x"), optional("y"), optional("y_pred"), optional("sample_weight"))
      .def("compute_metrics", compute_metrics, optional("x"), optional("y"), optional("y_pred"), optional("sample_weight"))
      .def("_compiled_loss", [](ModelBody& m, nb::object y, nb::object y_pred, nb::object weight) {
        Batch batch{{}, to_nest(y), to_nest(weight)};
        return m.compiled_loss(batch, to_nest(y_pred));
      }, nb::arg("y"), nb::arg("y_pred"), optional("sample_weight"))
      .def("get_metrics_result", [](ModelBody& m) { return from_nest(m.metric_results()); })
      .def("reset_metrics", [](ModelBody& m) { m.reset_metrics(); })
      .property("metrics", metrics)
      .property("compiled", [](ModelBody& m) { return m.compiled(); })
      .property("optimizer", [](ModelBody& m) { return wrap_object(m.optimizer().body()); })
      .property("stop_training", [](ModelBody& m) { return m.stop_training; }, [](ModelBody& m, bool stop) { m.stop_training = stop; });
}

}  // namespace runnel::python
