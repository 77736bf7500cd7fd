// What the functions that tools/bindgen.py writes need for their arguments and results.
#pragma once

#include <optional>

#include "python/call.h"

namespace runnel::python {

/// None for no tensor.
inline PyObject* wrap(const std::optional<Tensor>& tensor) { return wrap(tensor.value_or(Tensor())); }

/// False where the default holds: nothing, or None, was given.
inline bool is_given(PyObject* argument) { return argument && argument != Py_None; }

}  // namespace runnel::python
