// An index expression as the inputs and attributes of StridedSlice (and of slice assignment).
#pragma once

#include "python/convert.h"
#include "runnel/ops/indexing.h"

namespace runnel::python {

SliceArguments slice_arguments(PyObject* index);

}  // namespace runnel::python
