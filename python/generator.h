// tf.random.Generator as a Python class.
#pragma once

#include <nanobind/nanobind.h>

namespace runnel::python {

void bind_generator(nanobind::module_& m);

}  // namespace runnel::python
