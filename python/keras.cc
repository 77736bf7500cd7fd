// Keras: its classes come from the C++ tables; python/keras/ holds what each kind offers in Python.
#include "runnel/keras/keras.h"

#include <nanobind/stl/optional.h>

#include "python/bind.h"
#include "python/keras/construct.h"
#include "python/keras/extras.h"
#include "python/keras/kinds.h"
#include "python/keras/tracking.h"
#include "python/keras/value.h"
#include "runnel/keras/progress_bar.h"
#include "runnel/keras/saving/keras_file.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/warn.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

std::string python_module(const std::string& kind) { return cat("runnel.keras.", kind == "schedules" ? "optimizers.schedules" : kind); }

// The base of a kind is the row of the same name as the class that was built for it.
void make_class(const keras::KerasClass& row) {
  const bool configures = std::string_view(row.kind) == "quantizers" && std::string_view(row.name).ends_with("Config");
  nb::object base = base_class(configures ? "quantization configs" : row.kind);
  bool is_base = nb::cast<std::string>(base.attr("__name__")) == row.name;
  nb::object type = is_base ? base : ClassBuilder(base, row.name, python_module(row.kind)).type();
  register_builtin(type, &row);
}

nb::list class_names(const std::string& kind) {
  nb::list out;
  for (const keras::KerasClass* row : keras::all_classes())
    if (kind == row->kind) out.append(row->name);
  return out;
}

nb::object default_arguments(const std::string& kind, const std::string& name) {
  for (const keras::KerasClass* row : keras::all_classes())
    if (kind == row->kind && name == row->name) return from_config(row->defaults());
  fail<ValueError>(name, cat("no class of keras.", kind));
}

// Warnings are Python's, so that filters and tests see them.
void warn_in_python(const std::string& text) {
  HoldGil gil;
  if (PyErr_WarnEx(PyExc_UserWarning, text.c_str(), 1) != 0) throw PythonError{};
}

// Bars go to Python's sys.stdout, so that notebooks and captures see them, or to its log.
void write_to_python(const std::string& text) {
  HoldGil gil;
  if (!keras::config::is_interactive_logging_enabled()) {
    nb::module_::import_("logging").attr("getLogger")("absl").attr("info")(text);
    return;
  }
  nb::module_::import_("sys").attr("stdout").attr("write")(nb::str(text.c_str()));
  nb::module_::import_("sys").attr("stdout").attr("flush")();
}

nb::tuple load_split(const keras::datasets::Dataset& data) {
  auto pair = [](const keras::datasets::Split& s) { return nb::make_tuple(nb::steal(wrap(s.x)), nb::steal(wrap(s.y))); };
  return nb::make_tuple(pair(data.train), pair(data.test));
}

// The object of a name or a serialized dict: keras.losses.get("mse").
template <class Body>
nb::object get(nb::object identifier) {
  keras::Handle<Body> handle;
  from_config(to_config(identifier), handle);
  return wrap_object(handle.body());
}

nb::object get_object(const std::string& kind, nb::object identifier) {
  if (kind == "losses") return get<keras::LossBody>(identifier);
  if (kind == "metrics") return get<keras::MetricBody>(identifier);
  if (kind == "optimizers") return get<keras::OptimizerBody>(identifier);
  if (kind == "schedules") return get<keras::LearningRateScheduleBody>(identifier);
  if (kind == "initializers") return get<keras::InitializerBody>(identifier);
  if (kind == "regularizers") return get<keras::RegularizerBody>(identifier);
  if (kind == "constraints") return get<keras::ConstraintBody>(identifier);
  return wrap(keras::deserialize_object(kind.c_str(), to_config(identifier)));
}

// keras.random: two parameters of the distribution, a pair of seeds.
Tensor draw(const std::string& distribution, nb::object shape, double a, double b, nb::object dtype, const Tensor& seed) {
  Ints sizes = to_ints(shape.ptr());
  DType type = dtype.is_none() ? keras::DTypePolicy().variable_dtype() : to_dtype(dtype.ptr());
  if (distribution == "uniform") return keras::draw_uniform(sizes, a, b, type, seed);
  return distribution == "normal" ? keras::draw_normal(sizes, a, b, type, seed) : keras::draw_truncated_normal(sizes, a, b, type, seed);
}

// keras.config's settings of training.
nb::object load_model(const std::string& path, bool compile, bool safe_mode) {
  return wrap_object(keras::load_model(path, {.compile = compile, .safe_mode = safe_mode}).body());
}

Tensor activation(const std::string& name, const Tensor& x) { return keras::Activation(name)(x); }

}  // namespace

void bind_keras(nb::module_& m) {
  make_instance_type(m);
  install_binding();
  bind_layers(m);
  bind_models(m);
  bind_objects(m);
  bind_quantizers(m);
  bind_metrics(m);
  bind_optimizers(m);
  bind_callbacks(m);
  bind_settings(m);
  bind_preprocessing(m);
  bind_ops_functions(m);
  bind_applications(m);
  bind_adapting(m);
  bind_stateless(m);
  for (const keras::KerasClass* row : keras::all_classes())
    if (row->make_foreign || std::string_view(row->kind) != "models") make_class(*row);  // bind_models() made Sequential and Functional
  m.def("keras_classes", class_names);
  m.def("keras_class", builtin_class);
  m.def("keras_default_arguments", default_arguments);
  m.def("keras_get", get_object, nb::arg("kind"), nb::arg("identifier").none());
  m.def("keras_serialize", [](nb::handle object) { return from_config(keras::serialize_keras_object(body_of(object))); });
  m.def("keras_deserialize", [](nb::handle config) { return wrap(keras::deserialize_keras_object(to_config(config))); });
  m.def("keras_load_model", load_model);
  m.def("keras_archive", [](keras::ModelBody& model) {
    std::string bytes = keras::keras_archive(model, true);
    return nb::bytes(bytes.data(), bytes.size());
  });
  m.def("keras_model_of_archive", [](nb::bytes bytes) {
    keras::LoadScope scope(false, true);  // whoever unpickles trusts the bytes
    return wrap_object(keras::model_from_archive(std::string(bytes.c_str(), bytes.size()), "pickle"));
  });
  m.def("keras_activation", activation);
  m.def("keras_draw", draw, nb::arg("distribution"), nb::arg("shape"), nb::arg("a"), nb::arg("b"), nb::arg("dtype").none(), nb::arg("seed"));
  m.def("keras_default_seed", keras::make_default_seed);
  m.def("keras_track", track_item, nb::arg("owner"), nb::arg("value").none());
  m.def("keras_untrack", untrack_item, nb::arg("owner"), nb::arg("value").none());
  m.def("keras_unique_name", keras::unique_name);
  m.def("keras_snake_case", keras::to_snake_case);
  m.def("keras_dtype_policy", [] { return keras::dtype_policy(); });
  m.def("keras_set_dtype_policy", [](const std::string& name) { keras::set_dtype_policy(keras::DTypePolicy(name)); });
  m.def("keras_set_random_seed", [](int64_t seed) { keras::set_random_seed(seed); });
  m.def("keras_clear_session", [] { keras::clear_session(); });
  m.def("keras_fashion_mnist", [] { return load_split(keras::datasets::fashion_mnist::load_data()); });
  m.def("keras_california_housing", [](const std::string& version, double test_split, int64_t seed) {
    return load_split(keras::datasets::california_housing::load_data({.version = version, .test_split = test_split, .seed = uint32_t(seed)}));
  });
  keras::ProgressBar::set_writer(write_to_python);
  keras::set_warner(warn_in_python);
}

}  // namespace runnel::python
