// keras.applications.
#include "runnel/keras/applications/application.h"

#include "python/keras/extras.h"
#include "python/keras/value.h"

namespace runnel::python {

namespace {

namespace applications = keras::applications;

// (name, module, preprocessing, {argument: default}) of each.
nb::list all() {
  nb::list out;
  for (const applications::Application& a : applications::all_applications())
    out.append(nb::make_tuple(a.name, a.module, int(a.preprocessing), from_config(a.defaults())));
  return out;
}

nb::object make(const std::string& name, nb::dict arguments, nb::object input_tensor) {
  Tensor tensor = input_tensor.is_none() ? Tensor() : to_tensor(input_tensor.ptr());
  for (const applications::Application& a : applications::all_applications())
    if (name == a.name) return wrap_object(a.make(to_config(arguments), tensor).body());
  return nb::none();
}

Tensor preprocess(const Tensor& x, int mode, const std::string& data_format) {
  return applications::preprocess_input(x, applications::Preprocessing(mode), data_format);
}

nb::list decode(const Tensor& predictions, int64_t top) {
  nb::list out;
  for (const auto& row : applications::decode_predictions(predictions, top)) {
    nb::list best;
    for (const applications::Prediction& p : row) best.append(nb::make_tuple(nb::str(p.id.c_str()), nb::str(p.label.c_str()), p.score));
    out.append(best);
  }
  return out;
}

}  // namespace

void bind_applications(nb::module_& m) {
  m.def("keras_applications", all);
  m.def("keras_application", make, nb::arg("name"), nb::arg("arguments"), nb::arg("input_tensor").none());
  m.def("keras_preprocess_input", preprocess, nb::arg("x"), nb::arg("mode"), nb::arg("data_format"));
  m.def("keras_decode_predictions", decode, nb::arg("predictions"), nb::arg("top"));
}

}  // namespace runnel::python
