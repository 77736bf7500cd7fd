// What a layer notices when an attribute is set: layers, Variables, and lists, tuples and dicts of them.
#pragma once

#include "python/keras/instance.h"

namespace runnel::python {

/// Tracks the new value of an attribute and forgets the old one; gives what is to be stored (lists become tracked lists).
nb::object track_attribute(nb::handle self, nb::handle name, nb::handle value);
/// Tracks what was set before super().__init__().
void track_earlier_attributes(nb::handle self);
/// Tracks one object that was put into a tracked container.
void track_item(nb::handle owner, nb::handle value);
void untrack_item(nb::handle owner, nb::handle value);

}  // namespace runnel::python
