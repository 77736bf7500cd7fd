// Keras's values on their way between Python and C++: configs, nests, arguments of overridden methods.
#pragma once

#include "python/keras/instance.h"

namespace runnel::python {

using keras::Config;
using keras::Nest;

/// Any argument of a Keras class: numbers, text, lists, dicts, objects, functions. TypeError for others.
Config to_config(nb::handle object);
nb::object from_config(const Config& config);
/// keras.layers' fields of "activation" and the like: a name becomes the function of that name.
Nest to_nest(nb::handle object);
nb::object from_nest(const Nest& nest);
/// `like` with its tensors replaced by those of the nest, in order.
nb::object packed_like(nb::handle like, const Nest& nest);
/// True where a tensor, array or Variable is inside.
bool holds_tensors(nb::handle object);
nb::object from_value(const keras::Value& value);
keras::Value to_value(nb::handle object, keras::Wanted wanted);
/// A shape as Keras gives it to build(): a tuple that also has as_list() and the like.
nb::object shape_tuple(const PartialShape& shape);
nb::object shapes_object(const std::vector<PartialShape>& shapes);
/// The shapes of Keras tensors in their structure.
nb::object shapes_of_nest(const Nest& nest);
std::vector<PartialShape> to_shapes(nb::handle object);
/// (batch, a, b) -> (a, b)
nb::object without_first(nb::handle shape);
nb::list variable_list(const std::vector<Variable>& variables);
nb::list tensor_list(const std::vector<Tensor>& tensors);
nb::list arrays(const std::vector<Tensor>& tensors);

/// A Python function where C++ takes a keras::Function.
Ref<keras::Function> python_function(nb::handle callable);
/// The Python function behind it, or nothing.
nb::object callable_of(const Ref<RefCounted>& object);
/// runnel.keras.<name>, a helper that is written in Python.
nb::object keras_helper(const char* module, const char* name);

/// Connects C++ with Python: overridden methods, custom objects.
void install_binding();

}  // namespace runnel::python
