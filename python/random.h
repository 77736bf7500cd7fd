#pragma once

#include <nanobind/nanobind.h>

namespace runnel::python {

void bind_random(nanobind::module_& m);  // random.cc: tf.random.Generator

}  // namespace runnel::python
