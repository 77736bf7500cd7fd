// Where in the user's own code Python is.
#pragma once

#include <string>

namespace runnel::python {

/// "train.py:12": the innermost line outside of the package, or outside of the constructors there; empty where there is none.
std::string user_line(bool outside_of_init = false);

}  // namespace runnel::python
