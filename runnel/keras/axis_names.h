// Shapes with the names of their axes, for people: "(batch=2, time=10, features=5)".
#pragma once

#include <string>

#include "runnel/core/shape.h"

namespace runnel::inline v0::keras {

/// Names by rank, as Keras lays data out; sizes that are unknown are left out: "(batch, features=5)".
std::string with_axis_names(const PartialShape& shape, bool channels_first = false);
/// What would make a given shape into a wanted one; empty where nothing simple does.
std::string shape_hint(const PartialShape& given, const PartialShape& wanted);

}  // namespace runnel::inline v0::keras
