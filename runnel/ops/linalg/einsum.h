// The kernel of Einsum (einsum.cpu.cc).
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {
void einsum_kernel(OpContext& c);
}  // namespace runnel::inline v0
