// Nest under Keras's namespace.
#pragma once

#include "runnel/core/nest.h"

namespace runnel::inline v0::keras {
using runnel::Nest;
using runnel::shapes_text;
}  // namespace runnel::inline v0::keras
