// What stands beside the classes.
#pragma once

#include "python/keras/instance.h"

namespace runnel::python {

void bind_applications(nb::module_& m);
void bind_stateless(nb::module_& m);
void bind_adapting(nb::module_& m);  // adapt() of preprocessing layers

}  // namespace runnel::python
