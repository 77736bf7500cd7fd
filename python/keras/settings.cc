// keras.config: the settings of the process.
#include "runnel/keras/settings.h"

#include "python/keras/kinds.h"
#include "runnel/keras/functional_graph.h"

namespace runnel::python {

namespace config = keras::config;

namespace {

nb::object bound_object(int64_t bound) { return bound < 0 ? nb::none() : nb::object(nb::int_(bound)); }
int64_t to_bound(nb::handle bound) { return bound.is_none() ? -1 : to_int(bound.ptr()); }

}  // namespace

void bind_settings(nb::module_& module) {
  nb::module_ m = module.def_submodule("keras_config", "keras.config");
  m.def("epsilon", config::epsilon);
  m.def("set_epsilon", config::set_epsilon, nb::arg("value"));
  m.def("floatx", config::floatx);
  m.def("set_floatx", config::set_floatx, nb::arg("value"));
  m.def("image_data_format", config::image_data_format);
  m.def("set_image_data_format", config::set_image_data_format, nb::arg("data_format"));
  m.def("max_epochs", [] { return bound_object(config::max_epochs()); });
  m.def("set_max_epochs", [](nb::object n) { config::set_max_epochs(to_bound(n)); }, nb::arg("max_epochs").none());
  m.def("max_steps_per_epoch", [] { return bound_object(config::max_steps_per_epoch()); });
  m.def("set_max_steps_per_epoch", [](nb::object n) { config::set_max_steps_per_epoch(to_bound(n)); }, nb::arg("max_steps_per_epoch").none());
  m.def("is_interactive_logging_enabled", config::is_interactive_logging_enabled);
  m.def("enable_interactive_logging", [] { config::set_interactive_logging(true); });
  m.def("disable_interactive_logging", [] { config::set_interactive_logging(false); });
  m.def("enable_unsafe_deserialization", config::enable_unsafe_deserialization);
  module.def("is_keras_tensor", [](nb::handle x) { return is_tensor(x.ptr()) && keras::is_keras_tensor(tensor_of(x.ptr())); }, nb::arg("x").none());
}

}  // namespace runnel::python
