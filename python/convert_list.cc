// Numbers, text and nested lists of them. The first value decides the kind, as in TensorFlow: [1, 2.5] is float,
// [1, True] is int, [True, 1] and [1, "a"] are errors.
#include <cstring>

#include "python/convert.h"
#include "runnel/base/error.h"

namespace runnel::python {

namespace {

enum class Kind { kNone, kBool, kInt, kFloat, kDouble, kComplex, kString };
constexpr int kMaxDepth = 32;

[[noreturn]] void mixed() { fail<ValueError>("", "Can't convert Python sequence with mixed types to Tensor."); }
[[noreturn]] void ragged() { fail<ValueError>("", "Can't convert non-rectangular Python sequence to Tensor."); }
[[noreturn]] void out_of_range() { fail<ValueError>("", "Can't convert Python sequence with out-of-range integer to Tensor."); }

[[noreturn]] void unsupported(PyObject* object) {
  Owned text(PyObject_Repr(object)), type(PyObject_Repr(reinterpret_cast<PyObject*>(Py_TYPE(object))));
  if (!text || !type) throw PythonError{};
  fail<ValueError>("", cat("Attempt to convert a value (", PyUnicode_AsUTF8(text.get()), ") with an unsupported type (",
                           PyUnicode_AsUTF8(type.get()), ") to a Tensor."));
}

// The leaves of a nested list in order, its shape and the kind of its values.
class Flattened {
 public:
  explicit Flattened(PyObject* object) {
    add(object, 0);
    if (closed_at_ < 0) closed_at_ = int(dims_.size());
  }
  bool has_tensor = false;
  Kind kind = Kind::kNone;
  std::vector<PyObject*> leaves;  // borrowed: from the argument, or from kept_
  Shape shape() const { return Shape(Dims(std::span<const int64_t>(dims_))); }

 private:
  void add(PyObject* object, int depth) {
    if (is_sequence(object)) return add_items(object, depth);
    if (is_tensor(object) || is_variable(object) || PyObject_HasAttrString(object, "__tf_tensor__")) {
      has_tensor = true;
      return;
    }
    Kind found = kind_of(object);
    if (found != Kind::kNone) return add_leaf(object, found, depth);
    add(keep(as_list(object)), depth);
  }

  void add_items(PyObject* list, int depth) {
    if (depth >= kMaxDepth) fail<ValueError>("", "Can't convert Python sequence that is nested too deeply to Tensor.");
    Py_ssize_t size = PySequence_Fast_GET_SIZE(list);
    if (closed_at_ >= 0 && depth >= closed_at_) mixed();
    if (depth == int(dims_.size())) dims_.push_back(size);
    else if (dims_[size_t(depth)] != size) ragged();
    for (Py_ssize_t i = 0; i < size && !has_tensor; ++i) add(PySequence_Fast_GET_ITEM(list, i), depth + 1);
  }

  void add_leaf(PyObject* object, Kind found, int depth) {
    if (closed_at_ < 0) closed_at_ = depth;
    if (depth != closed_at_) mixed();
    if (depth != int(dims_.size())) ragged();
    kind = leaves.empty() ? found : join_kinds(kind, found);
    leaves.push_back(object);
  }

  static Kind join_kinds(Kind a, Kind b) {
    if (a == b) return a;
    if (a == Kind::kBool || a == Kind::kString || b == Kind::kString) mixed();
    if (b == Kind::kComplex) mixed();
    if (a == Kind::kComplex) return a;
    if (a == Kind::kDouble) return a;
    return a == Kind::kInt && (b == Kind::kFloat || b == Kind::kDouble) ? Kind::kFloat : a;
  }

  static Kind kind_of(PyObject* object) {
    if (PyBool_Check(object)) return Kind::kBool;
    if (PyLong_Check(object)) return Kind::kInt;
    if (PyFloat_CheckExact(object)) return Kind::kFloat;
    if (PyFloat_Check(object)) return std::strstr(Py_TYPE(object)->tp_name, "float64") ? Kind::kDouble : Kind::kFloat;
    if (PyComplex_Check(object)) return Kind::kComplex;
    if (PyUnicode_Check(object) || PyBytes_Check(object)) return Kind::kString;
    return Kind::kNone;
  }

  // NumPy arrays and scalars, ranges, shapes and other sequences as lists (or bare values).
  PyObject* as_list(PyObject* object) {
    if (PyObject_HasAttrString(object, "tolist") && PyObject_HasAttrString(object, "dtype")) {
      Owned dtype(checked(PyObject_GetAttrString(object, "dtype")));
      Owned text(checked(PyObject_Str(dtype.get())));
      if (leaves.empty() && !std::strcmp(PyUnicode_AsUTF8(text.get()), "float64")) kind_of_arrays_ = Kind::kDouble;
      return checked(PyObject_CallMethod(object, "tolist", nullptr));
    }
    if (PySequence_Check(object) && !PyDict_Check(object)) return checked(PySequence_List(object));
    unsupported(object);
  }

  PyObject* keep(PyObject* object) {
    kept_.emplace_back(object);
    return object;
  }

 public:
  Kind kind_of_arrays() const { return kind_of_arrays_; }

 private:
  std::vector<int64_t> dims_;
  int closed_at_ = -1;  // the depth at which the values stand
  Kind kind_of_arrays_ = Kind::kNone;
  std::vector<Owned> kept_;
};

int64_t int_value(PyObject* object) {
  int overflow = 0;
  int64_t value = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow) out_of_range();
  if (value == -1 && PyErr_Occurred()) throw PythonError{};
  return value;
}

double double_value(PyObject* object) {
  double value = PyFloat_Check(object) ? PyFloat_AS_DOUBLE(object) : PyFloat_AsDouble(object);
  if (value == -1 && PyErr_Occurred()) throw PythonError{};
  return value;
}

complex128_t complex_value(PyObject* object) {
  Py_complex value = PyComplex_AsCComplex(object);
  if (PyErr_Occurred()) throw PythonError{};
  return {value.real, value.imag};
}

std::string text_value(PyObject* object) {
  Py_ssize_t size = 0;
  if (PyBytes_Check(object)) return std::string(PyBytes_AS_STRING(object), size_t(PyBytes_GET_SIZE(object)));
  const char* text = PyUnicode_AsUTF8AndSize(object, &size);
  if (!text) throw PythonError{};
  return std::string(text, size_t(size));
}

uint64_t unsigned_value(PyObject* object) {
  uint64_t value = PyLong_AsUnsignedLongLong(object);
  if (value == uint64_t(-1) && PyErr_Occurred()) {
    PyErr_Clear();
    out_of_range();
  }
  return value;
}

template <class T, class F>
Tensor fill(const Flattened& flat, F&& value_of) {
  Tensor out(dtype_of<T>(), flat.shape());
  T* data = out.mutable_data<T>();
  for (size_t i = 0; i < flat.leaves.size(); ++i) data[i] = value_of(flat.leaves[i]);
  return out;
}

bool beyond_int64(const Flattened& flat) {
  for (PyObject* leaf : flat.leaves) {
    int overflow = 0;
    PyLong_AsLongLongAndOverflow(leaf, &overflow);
    if (overflow) return true;
  }
  return false;
}

Operand operand_of(const Flattened& flat, DType like) {
  switch (flat.kind) {
    case Kind::kNone: return Operand::weak(Tensor(int64, flat.shape()), float32);
    case Kind::kBool: return Operand::weak(fill<bool>(flat, [](PyObject* o) { return o == Py_True; }), bool_);
    case Kind::kInt:
      if (like == uint64 && beyond_int64(flat)) return fill<uint64_t>(flat, unsigned_value);
      return Operand::weak(fill<int64_t>(flat, int_value), int32);
    case Kind::kFloat:
      return Operand::weak(fill<double>(flat, double_value), flat.kind_of_arrays() == Kind::kDouble ? float64 : float32);
    case Kind::kDouble: return Operand::weak(fill<double>(flat, double_value), float64);
    case Kind::kComplex: return Operand::weak(fill<complex128_t>(flat, complex_value), complex128);
    case Kind::kString: break;
  }
  return fill<std::string>(flat, text_value);
}

}  // namespace

// stack() of ops/array.h takes the operands' common dtype.
Tensor pack_list(PyObject* list, DType like) {
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list) && !like; ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(list, i);
    if (is_tensor(item)) like = tensor_of(item).dtype();
    else if (is_variable(item)) like = variable_of(item).dtype();
  }
  std::vector<Tensor> items;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i) {
    items.push_back(to_operand(PySequence_Fast_GET_ITEM(list, i), like).tensor(like));
    if (!like) like = items.back().dtype();
  }
  static const Op& pack = get_op("Pack");
  return run(pack, items, {{"N", int64_t(items.size())}, {"axis", int64_t(0)}});
}

Operand list_operand(PyObject* object, DType like) {
  if (PyLong_CheckExact(object) && like != uint64) return Operand(int_value(object));
  if (PyFloat_CheckExact(object)) return Operand(PyFloat_AS_DOUBLE(object));
  Flattened flat(object);
  if (!flat.has_tensor) return operand_of(flat, like);
  Owned list(checked(PySequence_Fast(object, "a sequence")));
  return pack_list(list.get(), like);
}

}  // namespace runnel::python
