// The arguments of a layer's call() beside the inputs, on their way through C++ and back.
#pragma once

#include "python/keras/value.h"

namespace runnel::python {

/// From layer(inputs, *args, **keywords): C++ keeps what it knows, and the rest in Python's own form.
keras::CallArgs make_call_args(nb::handle self, nb::args args, nb::kwargs keywords, size_t skip);
/// The keywords and further positional arguments of a call() written in Python.
nb::dict call_keywords(const ClassRecord& record, const keras::CallArgs& args);
std::pair<nb::object, nb::list> call_positionals(const Nest& inputs, const keras::CallArgs& args);
/// {"query_shape": (2, 3), ...}: of the inputs and the tensors after them, by the names of call()'s parameters.
nb::dict call_shapes(const ClassRecord& record, const Nest& inputs, const keras::CallArgs& args);

}  // namespace runnel::python
