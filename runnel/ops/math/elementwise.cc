#include "runnel/ops/math/elementwise.h"
namespace runnel::inline v0 {
void unary_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }
void binary_shape(ShapeContext& c) { c.set_output(0, broadcast_shapes(c.input(0), c.input(1), c.op().name())); }
}
