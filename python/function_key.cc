// The text that tells calls of a function apart, and the call itself.
#include "python/convert.h"
#include "python/function.h"
#include "runnel/base/error.h"

namespace runnel::python {

std::vector<PyObject*>& data_classes() {
  static std::vector<PyObject*> classes;
  return classes;
}

namespace {

class KeyWriter {
 public:
  std::string key;
  std::vector<Tensor> tensors;      // leaves, in order; an empty one for a leaf that is no tensor
  std::vector<PyObject*> objects;   // borrowed: told apart by identity

  void add(PyObject* o) {
    if (is_tensor(o)) return add_tensor(tensor_of(o));
    if (PyLong_CheckExact(o)) return add_int(o);
    if (PyFloat_CheckExact(o)) return add_value('f', PyFloat_AS_DOUBLE(o));
    if (o == Py_None) return leaf('N');
    if (PyBool_Check(o)) return leaf(o == Py_True ? 'Y' : 'Z');
    if (PyUnicode_CheckExact(o)) return add_text(o);
    if (PyTuple_Check(o) || PyList_Check(o)) return add_sequence(o);
    if (PyDict_Check(o)) return add_dict(o);
    add_other(o);
  }
  void add_sequence(PyObject* o) {
    if (PyTuple_CheckExact(o) || PyList_CheckExact(o)) key += PyTuple_CheckExact(o) ? '(' : '[';
    else add_object(reinterpret_cast<PyObject*>(Py_TYPE(o)));  // a namedtuple, say
    Py_ssize_t count = PySequence_Fast_GET_SIZE(o);
    for (Py_ssize_t i = 0; i < count; ++i) add(PySequence_Fast_GET_ITEM(o, i));
    key += ')';
  }
  void add_dict(PyObject* o) {
    key += '{';
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(o, &at, &name, &value)) {
      if (PyUnicode_CheckExact(name)) add_text_only(name);
      else add_object(name);
      add(value);
    }
    key += '}';
  }

 private:
  void leaf(char c) {
    key += c;
    tensors.emplace_back();
  }
  template <class T>
  void add_value(char c, T value) {
    leaf(c);
    key.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void add_tensor(const Tensor& t) {
    key += 'T';
    key += char(t.dtype().code());
    if (!t.is_symbolic()) {
      add_dims(t.shape().dims());
    } else {
      PartialShape shape = t.partial_shape();
      if (shape.has_rank()) add_dims(shape.dims());
      else key += char(-1);
    }
    tensors.push_back(t);
  }
  void add_dims(const Dims& dims) {
    key += char(dims.size());
    key.append(reinterpret_cast<const char*>(dims.data()), sizeof(int64_t) * size_t(dims.size()));
  }
  void add_int(PyObject* o) {
    int overflow = 0;
    int64_t value = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow == 0) return add_value('i', value);
    Owned text(checked(PyObject_Repr(o)));
    add_text(text.get());
  }
  void add_text_only(PyObject* o) {
    Py_ssize_t size;
    const char* text = PyUnicode_AsUTF8AndSize(o, &size);
    if (!text) throw PythonError{};
    key += 's';
    key.append(reinterpret_cast<const char*>(&size), sizeof size);
    key.append(text, size_t(size));
  }
  void add_text(PyObject* o) {
    add_text_only(o);
    tensors.emplace_back();
  }
  void add_object(PyObject* o) {
    key += 'O';
    key.append(reinterpret_cast<const char*>(&o), sizeof o);
    objects.push_back(o);
  }
  void add_other(PyObject* o) {
    if (is_array(o)) {
      key += 'A';
      return add_tensor(to_tensor(o));
    }
    if (is_data(o)) return add_data(o);
    add_object(o);
    tensors.emplace_back();
  }
  // A data set or a walk through one: a tensor; what its elements are tells calls apart.
  void add_data(PyObject* o) {
    key += 'W';
    Owned text(checked(PyObject_GetAttrString(o, "_spec_text"))), tensor(checked(PyObject_GetAttrString(o, "_variant_tensor")));
    add_text_only(text.get());
    tensors.push_back(tensor_of(tensor.get()));
  }
  static bool is_data(PyObject* o) {
    for (PyObject* kind : data_classes())
      if (reinterpret_cast<PyObject*>(Py_TYPE(o)) == kind) return true;
    return false;
  }
  // NumPy's arrays and scalars are tensors to a function.
  static bool is_array(PyObject* o) {
    return std::string_view(Py_TYPE(o)->tp_name).starts_with("numpy.") && PyObject_HasAttrString(o, "__array__");
  }
};

PyObject* packed(PyObject* packer, std::vector<Tensor> results) {
  if (PyLong_CheckExact(packer)) return wrap(std::move(results[0]));
  if (packer == Py_None) Py_RETURN_NONE;
  Owned list(wrap(results));
  return PyObject_CallOneArg(packer, list.get());
}

}  // namespace

FastCalls::Entry& FastCalls::prepared(const std::string& key, std::vector<PyObject*>&& objects, PyObject* args, PyObject* kwargs, PyObject* prepare) {
  Owned result(checked(PyObject_CallFunctionObjArgs(prepare, args, kwargs, nullptr)));
  PyObject *handle, *order, *packer;
  if (!PyArg_ParseTuple(result.get(), "OOO", &handle, &order, &packer)) throw PythonError{};
  Entry& entry = entries_[key];
  if (entry.handle) return entry;  // another thread was here
  entry.handle = Py_NewRef(handle);
  entry.function = concrete_of(handle);
  for (int64_t i : to_int_list(order)) entry.order.push_back(int(i));
  entry.packer = Py_NewRef(packer);
  for (PyObject* o : objects) entry.objects.push_back(Py_NewRef(o));
  return entry;
}

PyObject* FastCalls::call(PyObject* args, PyObject* kwargs, PyObject* prepare) {
  KeyWriter writer;
  writer.tensors.reserve(8);
  writer.add_sequence(args);
  if (PyDict_GET_SIZE(kwargs) > 0) writer.add_dict(kwargs);
  auto it = entries_.find(writer.key);
  const Entry& entry = it != entries_.end() ? it->second : prepared(writer.key, std::move(writer.objects), args, kwargs, prepare);
  std::vector<Tensor> arguments;
  arguments.reserve(entry.order.size() + entry.function->captures().size());
  for (int i : entry.order) arguments.push_back(std::move(writer.tensors[size_t(i)]));
  Owned packer = Owned::borrow(entry.packer);
  return packed(packer.get(), call_released(*entry.function, std::move(arguments), false));
}

void FastCalls::clear() {
  for (auto& [key, entry] : entries_) {
    Py_XDECREF(entry.handle);
    Py_XDECREF(entry.packer);
    for (PyObject* o : entry.objects) Py_DECREF(o);
  }
  entries_.clear();
}

}  // namespace runnel::python
