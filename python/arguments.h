// What the functions that tools/bindgen.py writes need for their arguments and results.
#pragma once

#include <optional>

#include "python/call.h"
#include "runnel/op/results.h"

namespace runnel::python {

/// None for no tensor.
inline PyObject* wrap(const std::optional<Tensor>& tensor) { return wrap(tensor.value_or(Tensor())); }

inline PyObject* wrap(int64_t number) { return PyLong_FromLongLong(number); }
inline PyObject* wrap(const Results& results) {
  if (results.tensors.size() == 1) return wrap(results.tensors[0]);
  Owned list(checked(wrap(results.tensors)));
  return PyList_AsTuple(list.get());
}

/// False where the default holds: nothing, or None, was given.
inline bool is_given(PyObject* argument) { return argument && argument != Py_None; }

}  // namespace runnel::python
