// Functions of shapes alone.
#pragma once

#include "runnel/core/shape.h"

namespace runnel::inline v0 {

/// The shape that two shapes broadcast to; unknown sizes stay unknown. InvalidArgumentError where they do not fit.
/// python: broadcast_static_shape
PartialShape broadcast_static_shape(const PartialShape& shape_x, const PartialShape& shape_y);

}  // namespace runnel::inline v0
