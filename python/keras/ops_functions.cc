// keras.ops.scan, associative_scan and fori_loop for Python. Structures are taken apart by the package (runnel/keras/_ops.py).
#include "python/bind.h"
#include "python/casters.h"
#include "python/keras/kinds.h"
#include "runnel/keras/ops/core.h"
#include "runnel/keras/ops/promotion.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

using keras::ops::ScanResult;
using keras::ops::Tensors;

Tensors tensors_of(nb::handle list) {
  Tensors out;
  for (nb::handle item : list) out.push_back(to_tensor(item.ptr()));
  return out;
}
nb::list wrapped(const Tensors& tensors) { return nb::steal<nb::list>(wrap(tensors)); }

nb::list associative_scan(nb::callable f, nb::list elems, bool reverse, int64_t axis) {
  auto combine = [&](const Tensors& a, const Tensors& b) { return tensors_of(f(wrapped(a), wrapped(b))); };
  return wrapped(keras::ops::associative_scan(combine, tensors_of(elems), reverse, axis));
}

nb::tuple scan(nb::callable f, nb::list init, nb::list xs, std::optional<int64_t> length, bool reverse) {
  auto step = [&](const Tensors& carry, const Tensors& row) {
    nb::object result = f(wrapped(carry), wrapped(row));
    return ScanResult{tensors_of(nb::object(result[0])), tensors_of(nb::object(result[1]))};
  };
  ScanResult result = keras::ops::scan(step, tensors_of(init), tensors_of(xs), length, reverse);
  return nb::make_tuple(wrapped(result.carry), wrapped(result.outputs));
}

nb::list fori_loop(nb::handle lower, nb::handle upper, nb::callable body, nb::list value) {
  auto step = [&](const Tensor& i, const Tensors& v) { return tensors_of(body(nb::steal(wrap(i)), wrapped(v))); };
  return wrapped(keras::ops::fori_loop(to_operand(lower.ptr()), to_operand(upper.ptr()), step, tensors_of(value)));
}

// dtypes: names, or the classes int and float for bare numbers.
std::string result_type(nb::list dtypes) {
  std::vector<keras::ops::Promotable> types;
  for (nb::handle d : dtypes) {
    if (d.ptr() == reinterpret_cast<PyObject*>(&PyLong_Type)) types.push_back(keras::ops::any_int);
    else if (d.ptr() == reinterpret_cast<PyObject*>(&PyFloat_Type)) types.push_back(keras::ops::any_float);
    else types.emplace_back(d.is_none() ? keras::ops::floatx() : to_dtype(d.ptr()));
  }
  return keras::ops::result_type(types).name();
}

}  // namespace

void bind_ops_functions(nb::module_& m) {
  m.def("keras_associative_scan", associative_scan);
  m.def("keras_scan", scan, nb::arg("f"), nb::arg("init"), nb::arg("xs"), nb::arg("length").none(), nb::arg("reverse"));
  m.def("keras_fori_loop", fori_loop);
  m.def("keras_result_type", result_type);
}

}  // namespace runnel::python
