// An index expression as the inputs and attributes of StridedSlice (and of slice assignment).
#pragma once

#include "python/convert.h"
#include "runnel/op/op.h"

namespace runnel::python {

struct SliceSpec {
  Tensor begin, end, strides;
  int64_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0, shrink_axis_mask = 0;
  Attrs attrs() const;
};

SliceSpec slice_spec(PyObject* index);

}  // namespace runnel::python
