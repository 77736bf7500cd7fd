// Initializers, regularizers, constraints, losses and learning rate schedules: objects that are called with tensors.
#include "python/keras/kinds.h"
#include "python/keras/value.h"
#include "runnel/keras/keras.h"
#include "runnel/keras/overrides.h"

namespace runnel::python {

namespace {

using keras::SuperCall;

// The first two overridable methods of these kinds are the call and get_config().
constexpr int kCall = 0, kGetConfig = 1;

template <class Body>
nb::object get_config(Body& self) {
  SuperCall here(&self, kGetConfig);
  return from_config(self.get_config());
}

template <class Body>
ClassBuilder builder(const char* name) {
  std::string module = cat("runnel.keras.", std::string_view(Body::kKind) == "schedules" ? "optimizers.schedules" : Body::kKind);
  ClassBuilder c(nb::handle(reinterpret_cast<PyObject*>(instance_type)), name, module);
  c.def("get_config", get_config<Body>);
  register_base(Body::kKind, c.type());
  return c;
}

template <class Body>
Tensor call_one(Body& self, const Tensor& x) {
  SuperCall here(&self, kCall);
  return self.call(x);
}

Shape shape_of(nb::handle object) {
  if (PyLong_Check(object.ptr())) return Shape({to_int(object.ptr())});
  return to_partial_shape(object.ptr()).known();
}

Tensor initialize(keras::InitializerBody& self, nb::object shape, nb::object dtype, nb::kwargs) {
  SuperCall here(&self, kCall);
  return self.call(shape_of(shape), dtype.is_none() ? keras::DTypePolicy().variable_dtype() : to_dtype(dtype.ptr()));
}

Tensor loss(keras::LossBody& self, nb::object y_true, nb::object y_pred, nb::object sample_weight) {
  Tensor predicted = to_tensor(y_pred.ptr());
  SuperCall here(&self, keras::OverridableLoss<keras::LossBody>::kReduced);
  return self(to_tensor(y_true.ptr()), predicted, sample_weight.is_none() ? Tensor() : to_tensor(sample_weight.ptr()));
}
Tensor unreduced(keras::LossBody& self, const Tensor& y_true, const Tensor& y_pred) {
  SuperCall here(&self, kCall);
  return self.call(y_true, y_pred);
}

}  // namespace

void bind_objects(nb::module_& m) {
  builder<keras::InitializerBody>("Initializer").def("__call__", initialize, nb::arg("shape"), nb::arg("dtype").none() = nb::none(), nb::arg("kwargs"));
  builder<keras::RegularizerBody>("Regularizer").def("__call__", call_one<keras::RegularizerBody>, nb::arg("x"));
  builder<keras::ConstraintBody>("Constraint").def("__call__", call_one<keras::ConstraintBody>, nb::arg("w"));
  builder<keras::LearningRateScheduleBody>("LearningRateSchedule").def("__call__", call_one<keras::LearningRateScheduleBody>, nb::arg("step"));
  builder<keras::LossBody>("Loss")
      .def("__call__", loss, nb::arg("y_true"), nb::arg("y_pred"), nb::arg("sample_weight").none() = nb::none())
      .def("call", unreduced, nb::arg("y_true"), nb::arg("y_pred"))
      .property("name", [](keras::LossBody& l) { return l.name(); })
      .property("reduction", [](keras::LossBody& l) { return l.reduction(); })
      .property("dtype", [](keras::LossBody& l) { return l.dtype().name(); });
}

}  // namespace runnel::python
