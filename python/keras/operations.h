#pragma once

#include "python/call.h"

namespace runnel::python {

/// A function of keras.ops on Keras tensors: the node that Keras would make. nullptr where there is no Keras tensor among the
/// arguments, or Keras has no operation of that name.
PyObject* call_on_keras_tensors(const Function& function, PyObject* const* slots);

}  // namespace runnel::python
