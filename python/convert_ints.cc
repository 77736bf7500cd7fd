// Integers, axes, dtypes, shapes, text.
#include "python/convert.h"
#include "python/dtype.h"
#include "runnel/base/error.h"

namespace runnel::python {

int64_t to_int(PyObject* object) {
  if (is_tensor(object) || is_variable(object)) return to_int(Owned(checked(PyNumber_Index(object))).get());
  Owned index(checked(PyNumber_Index(object)));
  int64_t value = PyLong_AsLongLong(index.get());
  if (value == -1 && PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_OverflowError)) throw PythonError{};
    PyErr_Clear();
    fail<ValueError>("", "Can't convert Python sequence with out-of-range integer to Tensor.");
  }
  return value;
}

double to_double(PyObject* object) {
  double value = PyFloat_AsDouble(object);
  if (value == -1 && PyErr_Occurred()) throw PythonError{};
  return value;
}

bool to_bool(PyObject* object) {
  int truth = PyObject_IsTrue(object);
  checked(truth);
  return truth != 0;
}

std::string to_string(PyObject* object) {
  Py_ssize_t size = 0;
  if (PyBytes_Check(object)) return std::string(PyBytes_AS_STRING(object), size_t(PyBytes_GET_SIZE(object)));
  if (!PyUnicode_Check(object)) fail<TypeError>("", cat("expected a str, got ", Py_TYPE(object)->tp_name));
  const char* text = PyUnicode_AsUTF8AndSize(object, &size);
  if (!text) throw PythonError{};
  return std::string(text, size_t(size));
}

namespace {

template <class F>
void each_item(PyObject* object, F&& f) {
  Owned list(checked(PySequence_Fast(object, "expected a list or a tuple")));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list.get()); ++i) f(PySequence_Fast_GET_ITEM(list.get(), i));
}

// True where every item is an int that is known now.
bool plain_ints(PyObject* list, Dims& out) {
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(list, i);
    if (PyBool_Check(item) || !PyLong_Check(item)) return false;
    out.push_back(to_int(item));
  }
  return true;
}

// int32 or int64. A tensor of another kind goes on as it is: the operator says what it takes.
Tensor integer_tensor(PyObject* object) {
  Tensor t = to_operand(object).tensor();
  if (t.dtype() == float32 && t.num_elements() == 0) return Tensor(int32, t.shape());  // []
  if (t.dtype().is_integer()) return t.dtype() == int32 || t.dtype() == int64 ? t : cast_tensor(t, int64);
  return t;
}

}  // namespace

std::vector<std::string> to_strings(PyObject* object) {
  std::vector<std::string> out;
  if (PyUnicode_Check(object) || PyBytes_Check(object)) return {to_string(object)};
  each_item(object, [&](PyObject* item) { out.push_back(to_string(item)); });
  return out;
}

std::vector<int64_t> to_int_list(PyObject* object) {
  std::vector<int64_t> out;
  if (PyIndex_Check(object) && !PySequence_Check(object)) return {to_int(object)};
  each_item(object, [&](PyObject* item) { out.push_back(to_int(item)); });
  return out;
}

std::vector<double> to_double_list(PyObject* object) {
  std::vector<double> out;
  if (PyNumber_Check(object) && !PySequence_Check(object)) return {to_double(object)};
  each_item(object, [&](PyObject* item) { out.push_back(to_double(item)); });
  return out;
}

Ints to_ints(PyObject* object) {
  Dims dims;
  if (is_sequence(object) && plain_ints(object, dims)) return dims;
  if (is_shape(object)) return to_partial_shape(object).known();
  if (PyLong_Check(object)) return Ints(cast_tensor(Operand(to_int(object)).tensor(), int32));
  return Ints(integer_tensor(object));
}

Axes to_axes(PyObject* object) {
  if (PyLong_Check(object)) return Axes(to_int(object));
  Dims dims;
  if (is_sequence(object) && plain_ints(object, dims)) return Axes(dims);
  if (PyFloat_Check(object)) return Axes(to_tensor(object, int32));  // fails in TensorFlow's words
  return Axes(integer_tensor(object));
}

}  // namespace runnel::python
