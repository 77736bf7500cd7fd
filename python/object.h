// The Python objects behind tf.Tensor and tf.Variable, and the way from C++ values to them and back.
// They are plain CPython types, not nanobind classes: creating one costs an allocation and nothing else, and operators
// are slots. casters.h lets nanobind functions take and return them.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <utility>

#include "runnel/core/tensor.h"
#include "runnel/ops/variable.h"

namespace runnel::python {

struct TensorObject {
  PyObject_HEAD
  Tensor tensor;
  PyObject* dict;
  PyObject* weakrefs;
};

struct VariableObject {
  PyObject_HEAD
  Variable variable;
  PyObject* dict;
  PyObject* weakrefs;
};

/// tf.Tensor, and its two concrete classes.
extern PyTypeObject* tensor_type;
extern PyTypeObject* eager_tensor_type;
extern PyTypeObject* symbolic_tensor_type;
extern PyTypeObject* variable_type;

inline bool is_tensor(PyObject* object) {
  return Py_TYPE(object) == eager_tensor_type || PyObject_TypeCheck(object, tensor_type);
}
inline bool is_variable(PyObject* object) { return PyObject_TypeCheck(object, variable_type); }
inline const Tensor& tensor_of(PyObject* object) { return reinterpret_cast<TensorObject*>(object)->tensor; }
inline const Variable& variable_of(PyObject* object) { return reinterpret_cast<VariableObject*>(object)->variable; }

/// New references.
PyObject* wrap(Tensor tensor);  ///< None for no tensor.
PyObject* wrap(const std::vector<Tensor>& tensors);
PyObject* wrap(const Variable& variable);  ///< The same object for the same variable while it lives.
PyObject* wrap(DType dtype);
PyObject* wrap(const PartialShape& shape);

/// A reference that is given up at the end of the scope.
class Owned {
 public:
  Owned() = default;
  explicit Owned(PyObject* object) : object_(object) {}
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Owned() { Py_XDECREF(object_); }
  static Owned borrow(PyObject* object) {
    Py_XINCREF(object);
    return Owned(object);
  }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

/// Thrown where Python's error indicator is already set.
struct PythonError {};

/// The object, or PythonError where a call of Python's has failed.
inline PyObject* checked(PyObject* object) {
  if (!object) throw PythonError{};
  return object;
}
inline void checked(int result) {
  if (result < 0) throw PythonError{};
}

/// Sets Python's error from the exception that is being handled.
void set_python_error();

/// OperatorNotAllowedInGraphError: what Python code does with a symbolic tensor that only eager ones can.
[[noreturn]] void fail_not_allowed(const char* what);

/// Calls f, which returns a new reference; exceptions become Python's.
template <class F>
PyObject* guarded(F&& f) {
  try {
    return f();
  } catch (...) {
    set_python_error();
    return nullptr;
  }
}
template <class F>
int guarded_int(F&& f) {
  try {
    return f();
  } catch (...) {
    set_python_error();
    return -1;
  }
}

/// Lets other Python threads run while a kernel works on much data.
class ReleaseGil {
 public:
  static constexpr int64_t kWorthwhile = 20000;  // elements; below, releasing costs more than it gives
  explicit ReleaseGil(bool release) : state_(release ? PyEval_SaveThread() : nullptr) {}
  ~ReleaseGil() {
    if (state_) PyEval_RestoreThread(state_);
  }
  ReleaseGil(const ReleaseGil&) = delete;
  ReleaseGil& operator=(const ReleaseGil&) = delete;

 private:
  PyThreadState* state_;
};

/// f(), with the GIL released where the work is large.
template <class F>
auto without_gil(int64_t work, F&& f) {
  ReleaseGil release(work > ReleaseGil::kWorthwhile);
  return f();
}

/// For code that may run without the GIL (callbacks, destructors).
class HoldGil {
 public:
  HoldGil() : state_(PyGILState_Ensure()) {}
  ~HoldGil() { PyGILState_Release(state_); }
  HoldGil(const HoldGil&) = delete;
  HoldGil& operator=(const HoldGil&) = delete;

 private:
  PyGILState_STATE state_;
};

}  // namespace runnel::python
