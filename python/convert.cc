#include <cmath>

#include "python/convert.h"

#include "runnel/base/error.h"

namespace runnel::python {

DType Group::like() const {
  for (PyObject* object : objects_) {
    if (!object) continue;
    if (is_tensor(object)) return tensor_of(object).dtype();
    if (is_variable(object)) return variable_of(object).dtype();
  }
  return DType();
}

namespace {

// object.__tf_tensor__(dtype=None, name=None): how other classes (a Keras variable) say which tensor they are.
bool by_protocol(PyObject* object, Tensor& out) {
  if (PyType_Check(object) || !PyObject_HasAttrString(object, "__tf_tensor__")) return false;
  Owned result(checked(PyObject_CallMethod(object, "__tf_tensor__", "OO", Py_None, Py_None)));
  if (is_tensor(result.get())) return out = tensor_of(result.get()), true;
  if (PyObject_HasAttrString(result.get(), "__array__")) return false;  // a tensor of real TensorFlow: taken as an array
  fail<TypeError>("__tf_tensor__", "must return a tensor", {.got = Py_TYPE(result.get())->tp_name});
}

bool is_plain_value(PyObject* object) {
  return PyFloat_CheckExact(object) || PyLong_CheckExact(object) || PyBool_Check(object) || is_sequence(object) ||
         PyUnicode_Check(object) || PyBytes_Check(object) || PyComplex_CheckExact(object);
}

std::string repr_of(PyObject* object) {
  Owned text(checked(PyObject_Repr(object)));
  return PyUnicode_AsUTF8(text.get());
}

// What an explicit dtype may do to a value that has none. Python ints wrap around, as in TensorFlow.
Tensor fit(const Operand& operand, DType dtype, PyObject* object) {
  if (operand.is_weak() && operand.tensor().num_elements() == 0) return Tensor(dtype, operand.tensor().shape());
  DType from = operand.is_weak() ? operand.tensor().dtype() : operand.dtype();
  bool integral = from.is_integer() || from.is_bool();
  bool fits = from == dtype || (integral && dtype.is_plain() && !dtype.is_bool()) ||
              (from.is_floating() && (dtype.is_floating() || dtype.is_complex())) || (from.is_complex() && dtype.is_complex());
  if (!fits)
    fail<TypeError>("", cat("Cannot convert ", repr_of(object), " to EagerTensor of dtype ", dtype.short_name()));
  try {
    return operand.tensor(dtype).dtype() == dtype ? operand.tensor(dtype) : cast_tensor(operand.tensor(), dtype);
  } catch (const TypeError&) {
    return cast_tensor(operand.tensor(), dtype);
  }
}

}  // namespace

Operand to_operand(PyObject* object, DType like) {
  if (is_tensor(object)) return tensor_of(object);
  if (is_variable(object)) return variable_of(object).value();
  if (is_plain_value(object)) return list_operand(object, like);
  Tensor out;
  if (by_protocol(object, out) || array_tensor(object, like, out)) return out;
  return list_operand(object, like);
}

namespace {
// A number that only a double can hold has no place in a float32 tensor that nobody asked for.
Tensor by_default(const Operand& operand) {
  Tensor t = operand.tensor();
  if (!operand.is_weak() || t.dtype() != float32) return t;
  Tensor exact;  // made for the first infinity
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    if (!std::isinf(t.data<float>()[i])) continue;
    if (!exact) exact = operand.tensor(float64);
    if (!std::isinf(exact.data<double>()[i]))
      fail<ValueError>("", "Can't convert Python sequence with a value out of range for a double-precision float.");
  }
  return t;
}
}  // namespace

Tensor to_tensor(PyObject* object, DType dtype) {
  if (is_tensor(object) && !dtype) return tensor_of(object);
  Operand operand = to_operand(object);
  if (!dtype) return by_default(operand);
  if (operand.dtype() == dtype) return operand.tensor();
  if (is_tensor(object) || is_variable(object))
    fail<ValueError>("", cat("Tensor conversion requested dtype ", dtype, " for Tensor with dtype ", operand.dtype(), ": ",
                             repr_of(object)));
  if (!operand.is_weak() && operand.tensor().num_elements() == 0) return Tensor(dtype, operand.tensor().shape());
  if (!operand.is_weak() && dtype.is_plain() && operand.dtype().is_plain()) return cast_array(operand.tensor(), dtype);
  return fit(operand, dtype, object);
}

Operands to_operands(PyObject* object) {
  std::vector<Operand> out;
  if (!is_sequence(object)) {  // one tensor: its rows, as tf.stack(x) and tf.concat(x) take them
    Owned list(checked(PySequence_List(object)));
    return to_operands(list.get());
  }
  DType like;
  Py_ssize_t size = PySequence_Fast_GET_SIZE(object);
  for (Py_ssize_t i = 0; i < size && !like; ++i) like = Group{PySequence_Fast_GET_ITEM(object, i)}.like();
  for (Py_ssize_t i = 0; i < size; ++i) out.push_back(to_operand(PySequence_Fast_GET_ITEM(object, i), like));
  return out;
}

namespace {
template <class Convert>
std::vector<Tensor> each_tensor(PyObject* object, const Convert& convert) {
  std::vector<Tensor> out;
  if (is_tensor(object) || is_variable(object)) return {to_tensor(object)};
  Owned list(checked(PySequence_Fast(object, "expected a list of tensors")));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list.get()); ++i)
    out.push_back(convert(PySequence_Fast_GET_ITEM(list.get(), i)));
  return out;
}
}  // namespace

std::vector<Tensor> to_tensors(PyObject* object) {
  return each_tensor(object, [](PyObject* item) { return to_tensor(item); });
}
std::vector<Tensor> to_maybe_tensors(PyObject* object) {
  return each_tensor(object, [](PyObject* item) { return item == Py_None ? Tensor() : to_tensor(item); });
}

Variable to_variable(PyObject* object) {
  if (is_variable(object)) return variable_of(object);
  if (is_tensor(object) && tensor_of(object).dtype() == resource) return Variable::from_handle(tensor_of(object));
  fail<TypeError>("", cat("expected a tf.Variable, got ", repr_of(object)));
}

}  // namespace runnel::python
