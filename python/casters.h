// Lets nanobind functions take and return tensors, Variables, dtypes and shapes: they are not nanobind classes.
// A parameter `const Tensor&` accepts whatever tf.constant accepts.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/convert.h"

namespace nanobind::detail {

#define RUNNEL_CASTER(TYPE, CONVERT, WRAP, NAME)                                       \
  template <>                                                                          \
  struct type_caster<TYPE> {                                                           \
    NB_TYPE_CASTER(TYPE, const_name(NAME))                                             \
    bool from_python(handle source, uint8_t, cleanup_list*) {                          \
      try {                                                                            \
        value = runnel::python::CONVERT(source.ptr());                                 \
        return true;                                                                   \
      } catch (const runnel::python::PythonError&) {                                   \
        throw python_error();                                                          \
      }                                                                                \
    }                                                                                  \
    static handle from_cpp(const TYPE& object, rv_policy, cleanup_list*) { return WRAP; } \
  };
RUNNEL_CASTER(runnel::Tensor, to_tensor, runnel::python::wrap(object), "Tensor")
RUNNEL_CASTER(runnel::Variable, to_variable, runnel::python::wrap(object), "Variable")
RUNNEL_CASTER(runnel::DType, to_dtype, runnel::python::wrap(object), "DType")
RUNNEL_CASTER(runnel::PartialShape, to_partial_shape, runnel::python::wrap(object), "TensorShape")
#undef RUNNEL_CASTER

}  // namespace nanobind::detail
