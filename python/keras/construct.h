// __init__ of the built-in classes, and their arguments as attributes.
#pragma once

#include "python/keras/instance.h"

namespace runnel::python {

/// Makes the body from positional and keyword arguments, by the options' fields.
void construct(nb::handle self, nb::args args, nb::kwargs keywords);
/// layer.units, layer.kernel_initializer, layer.activation ...
nb::object argument_object(const std::string& name, const keras::Config& value);
/// False where the class has no such argument, or cannot take the value.
bool set_argument(nb::handle self, const std::string& name, nb::handle value);
/// The arguments of a class, in order.
const std::vector<std::string>& argument_names(const keras::KerasClass& row);

}  // namespace runnel::python
