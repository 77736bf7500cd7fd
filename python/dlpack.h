// DLPack, both ways, without copying.
#pragma once

#include "python/convert.h"

namespace runnel::python {

/// A tensor over the memory that object.__dlpack__() (or the capsule itself) describes; copies what is not row-major.
Tensor from_dlpack(PyObject* object);
/// A capsule "dltensor" that keeps the tensor's memory alive.
PyObject* to_dlpack(const Tensor& tensor);

}  // namespace runnel::python
