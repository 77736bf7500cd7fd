// C++ objects under Python's garbage collector: their references are counted on a Python object, and what they own is visited.
#pragma once

#include "python/object.h"
#include "runnel/base/ref.h"

namespace runnel::python {

/// References are counted on the PyObject, from any thread.
extern const ForeignOwner kCountedByPython;
/// tp_traverse for the object that `owner` is counted on.
int visit_references(const RefCounted& owner, visitproc visit, void* arg);
/// Objects that C++ announces (runnel/keras/collected.h) are counted by Python from then on.
void install_collector();

}  // namespace runnel::python
