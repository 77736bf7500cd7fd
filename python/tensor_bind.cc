// The types and the few functions that the package builds tf.constant and its kin from.
#include "python/bind.h"
#include "python/casters.h"
#include "python/dlpack.h"
#include "python/dtype.h"
#include "python/tensor.h"
#include "runnel/base/error.h"
#include "runnel/graph/graph.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

nb::object stolen(PyObject* object) { return nb::steal(checked(object)); }

// value as a tensor; `dtype` None: its own. `hint`: used where the value can be of that dtype.
nb::object convert(nb::handle value, nb::handle dtype, nb::handle hint) {
  DType wanted = dtype.is_none() ? DType() : to_dtype(dtype.ptr());
  if (!wanted && !hint.is_none() && !is_tensor(value.ptr()) && !is_variable(value.ptr())) {
    try {
      return stolen(wrap(in_graph(to_tensor(value.ptr(), to_dtype(hint.ptr())))));
    } catch (const Error&) {
    } catch (const PythonError&) {
      PyErr_Clear();
    }
  }
  if (is_tensor(value.ptr()) && (!wanted || tensor_of(value.ptr()).dtype() == wanted)) return nb::borrow(value);
  return stolen(wrap(in_graph(to_tensor(value.ptr(), wanted))));
}

// tf.constant: always a new tensor; an array with a dtype is cast to the wanted one.
nb::object constant(nb::handle value, nb::handle dtype) {
  DType wanted = dtype.is_none() ? DType() : to_dtype(dtype.ptr());
  return stolen(wrap(in_graph(to_tensor(value.ptr(), wanted))));
}

std::string text_of(const Tensor& tensor) { return to_text(tensor); }

}  // namespace

void bind_tensor(nb::module_& m) {
  make_tensor_types();
  make_variable_type();
  auto add_type = [&](const char* name, PyTypeObject* type) { m.attr(name) = nb::borrow(reinterpret_cast<PyObject*>(type)); };
  add_type("Tensor", tensor_type);
  add_type("EagerTensor", eager_tensor_type);
  add_type("SymbolicTensor", symbolic_tensor_type);
  add_type("ResourceVariable", variable_type);
  m.def("set_dtype_classes", [](nb::handle dtypes, nb::handle objects, nb::handle as_dtype, nb::handle shapes) {
    set_dtype_classes(dtypes.ptr(), objects.ptr(), as_dtype.ptr(), shapes.ptr());
  });
  m.def("set_variable_class", [](nb::handle type) { set_variable_class(type.ptr()); });
  m.def("set_weight_class", [](nb::handle type) { set_weight_class(type.ptr()); });
  m.def("subscript", [](nb::handle x, nb::handle index) { return stolen(subscript(x.ptr(), index.ptr())); });
  m.def("convert", convert, nb::arg("value").none(), nb::arg("dtype").none(), nb::arg("hint").none());
  m.def("constant", constant, nb::arg("value").none(), nb::arg("dtype").none());
  m.def("to_dlpack", [](const Tensor& tensor) { return stolen(to_dlpack(tensor)); });
  m.def("from_dlpack", [](nb::handle object) { return stolen(wrap(from_dlpack(object.ptr()))); });
  m.def("is_symbolic", [](nb::handle object) { return is_tensor(object.ptr()) && tensor_of(object.ptr()).is_symbolic(); });
  m.def("to_text", text_of);
  m.def("reshaped", [](const Tensor& tensor, const PartialShape& shape) { return tensor.reshaped(shape.known()); });
  m.def("from_bytes", [](nb::bytes data, const DType& dtype, const PartialShape& shape) {
    Tensor out(dtype, shape.known());
    if (int64_t(data.size()) != out.nbytes()) fail<ValueError>("Tensor", "the number of bytes does not fit the shape");
    std::memcpy(out.mutable_raw(), data.data(), data.size());
    return out;
  });
  m.def("variable_of_handle", [](const Tensor& handle) { return Variable::from_handle(handle); });
}

}  // namespace runnel::python
