// DType and TensorShape are Python classes (runnel/_dtypes.py, runnel/_shape.py); this is what C++ knows of them.
#pragma once

#include "python/object.h"

namespace runnel::python {

bool is_shape(PyObject* object);
bool is_dtype(PyObject* object);
/// Called by the package: the classes, and the DType objects by code.
void set_dtype_classes(PyObject* dtype_class, PyObject* objects, PyObject* as_dtype, PyObject* shape_class);

}  // namespace runnel::python
