// How Python calls a function that tools/bindgen.py found in a public header.
#pragma once

#include <span>

#include "python/convert.h"

namespace runnel::python {

/// One public function. The parameter `name` comes last and is not counted.
struct Function {
  const char* names;              ///< "add, math.add": where Python finds it, under tf.
  const char* doc;                ///< "add(x, y, name=None)\n--\n\nx + y ...", which help() and inspect read.
  const char* const* parameters;  ///< Their names.
  int count;
  int required;                   ///< The first so many have no default.
  bool is_keras;                  ///< Of keras.ops: called on Keras tensors it becomes a node of their graph.
  int rest;                       ///< The parameter that takes the rest of the positional arguments as a tuple; -1 for none.
  PyObject* (*call)(PyObject* const* arguments);  ///< nullptr for what was not given (None where there is a default).
};

constexpr int kMaxParameters = 24;

/// Sorts positional and keyword arguments into their places, and calls.
PyObject* call_function(const Function& function, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

/// A row of the generated tables.
struct Binding {
  const Function* function;
  PyObject* (*entry)(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);
};

/// Adds the functions of one header to `functions`: {"math.add": <built-in function add>, ...}.
void add_functions(PyObject* functions, std::span<const Binding> bindings);

/// The result of a function with several named outputs: a namedtuple, made at its first use. Takes the items over.
PyObject* make_named_tuple(PyObject*& type, const char* name, const char* fields, std::initializer_list<PyObject*> items);

/// Elements that a call reads: decides whether the GIL is released.
inline int64_t work_of(const Tensor& t) { return t.is_symbolic() ? 0 : t.num_elements(); }
int64_t work_of(const Operand& operand);
int64_t work_of(const Operands& operands);
int64_t work_of(const std::vector<Tensor>& tensors);
template <class T>
int64_t work_of(const std::optional<T>& x) {
  return x ? work_of(*x) : 0;
}

}  // namespace runnel::python
