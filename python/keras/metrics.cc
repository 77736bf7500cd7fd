// tf.keras.metrics.Metric.
#include "python/keras/kinds.h"
#include "python/keras/value.h"
#include "runnel/base/error.h"
#include "runnel/keras/metrics.h"
#include "runnel/keras/overrides.h"

namespace runnel::python {

namespace {

using keras::MetricBody;
using keras::SuperCall;
using Open = keras::OverridableMetric<keras::metrics::MetricBaseBody>;

Tensor optional_tensor(nb::handle object) { return object.is_none() ? Tensor() : to_tensor(object.ptr()); }

// Mean and Sum take (values, sample_weight); all others (y_true, y_pred, sample_weight).
bool takes_values(MetricBody& metric) {
  auto named = [&](const char* name) { return metric.class_name() == name || dynamic_cast<keras::metrics::MeanBody*>(&metric) || dynamic_cast<keras::metrics::SumBody*>(&metric); };
  return named("Mean") || named("Sum") || named("MeanTensor");
}

void update_here(MetricBody& metric, nb::args args, nb::kwargs keywords) {
  auto get = [&](size_t at, std::initializer_list<const char*> names) -> nb::object {
    if (at < args.size()) return args[at];
    for (const char* name : names)
      if (keywords.contains(name)) return keywords[name];
    return nb::none();
  };
  SuperCall here(&metric, Open::kUpdateState);
  if (takes_values(metric)) return metric.update_state(to_tensor(get(0, {"values", "y_true"}).ptr()), Tensor(), optional_tensor(get(1, {"sample_weight"})));
  nb::object y_true = get(0, {"y_true"}), y_pred = get(1, {"y_pred"});
  if (y_true.is_none() || y_pred.is_none()) fail<TypeError>("", cat(metric.class_name(), ".update_state() needs y_true and y_pred"));
  Tensor predicted = to_tensor(y_pred.ptr());
  metric.update_state(to_tensor(y_true.ptr()), predicted, optional_tensor(get(2, {"sample_weight"})));
}

nb::object result(MetricBody& metric) {
  SuperCall here(&metric, Open::kResult);
  return from_nest(metric.results());
}
void reset_state(MetricBody& metric) {
  SuperCall here(&metric, Open::kResetState);
  metric.reset_state();
}

// update_state() and result() may be overridden in Python, with any arguments.
nb::object call(nb::handle self, nb::args args, nb::kwargs keywords) {
  self.attr("update_state")(*args, **keywords);
  return self.attr("result")();
}

// add_weight(shape, initializer, dtype, name) and Keras 2's add_weight(name, shape, ..., initializer).
nb::object add_weight(MetricBody& metric, nb::args args, nb::kwargs keywords) {
  static const std::vector<const char*> older{"name", "shape", "aggregation", "synchronization", "initializer", "dtype"};
  static const std::vector<const char*> newer{"shape", "initializer", "dtype", "name"};
  bool name_first = args.size() > 0 && PyUnicode_Check(args[0].ptr());
  nb::dict given(keywords);
  for (size_t i = 0; i < args.size(); ++i) given[(name_first ? older : newer).at(i)] = args[i];
  auto get = [&](const char* name) -> nb::object { return given.contains(name) ? nb::object(given[name]) : nb::none(); };
  keras::MetricVariableSpec spec;
  if (nb::object shape = get("shape"); !shape.is_none())
    spec.shape = PyLong_Check(shape.ptr()) ? Shape({to_int(shape.ptr())}) : to_partial_shape(shape.ptr()).known();
  if (nb::object dtype = get("dtype"); !dtype.is_none()) spec.dtype = to_dtype(dtype.ptr());
  if (nb::object name = get("name"); !name.is_none()) spec.name = nb::cast<std::string>(name);
  if (nb::object initializer = get("initializer"); !initializer.is_none()) from_config(to_config(initializer), spec.initializer);
  return nb::steal(wrap(metric.add_variable(spec)));
}

nb::object get_config(MetricBody& metric) {
  SuperCall here(&metric, Open::kGetConfig);
  return from_config(metric.get_config());
}

}  // namespace

void bind_metrics(nb::module_& m) {
  ClassBuilder c(nb::handle(reinterpret_cast<PyObject*>(instance_type)), "Metric", "runnel.keras.metrics");
  c.def("__call__", call)
      .def("update_state", update_here)
      .def("result", result)
      .def("reset_state", reset_state)
      .def("reset_states", [](nb::handle self) { self.attr("reset_state")(); })
      .def("add_weight", add_weight)
      .def("add_variable", add_weight)
      .def("get_config", get_config)
      .property("name", [](MetricBody& v) { return v.name(); }, [](MetricBody& v, const std::string& name) { v.set_name(name); })
      .property("dtype", [](MetricBody& v) { return v.dtype().name(); })
      .property("variables", [](MetricBody& v) { return variable_list(v.variables()); })
      .alias("weights", "variables")
      .alias("non_trainable_variables", "variables");
  register_base("metrics", c.type());
  m.def("keras_accuracy", keras::metrics::accuracy, nb::arg("y_true"), nb::arg("y_pred"));
  m.def("keras_binary_accuracy", keras::metrics::binary_accuracy, nb::arg("y_true"), nb::arg("y_pred"), nb::arg("threshold") = 0.5);
  m.def("keras_categorical_accuracy", keras::metrics::categorical_accuracy, nb::arg("y_true"), nb::arg("y_pred"));
  m.def("keras_sparse_categorical_accuracy", keras::metrics::sparse_categorical_accuracy, nb::arg("y_true"), nb::arg("y_pred"));
  m.def("keras_top_k_categorical_accuracy", keras::metrics::top_k_categorical_accuracy, nb::arg("y_true"), nb::arg("y_pred"), nb::arg("k") = 5);
  m.def("keras_sparse_top_k_categorical_accuracy", keras::metrics::sparse_top_k_categorical_accuracy, nb::arg("y_true"), nb::arg("y_pred"), nb::arg("k") = 5,
        nb::arg("from_sorted_ids") = false);
  m.def("keras_pearson_correlation", keras::metrics::pearson_correlation, nb::arg("y_true"), nb::arg("y_pred"), nb::arg("axis") = -1);
  m.def("keras_concordance_correlation", keras::metrics::concordance_correlation, nb::arg("y_true"), nb::arg("y_pred"), nb::arg("axis") = -1);
}

}  // namespace runnel::python
