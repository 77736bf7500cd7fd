// The kernels of the optimizers' updates (training.cpu.cc).
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// The inputs are those of one update, in the order of the operator's signature.
void update_kernel(OpContext& c);
/// The inputs are those of several updates, one after the other; the attribute `update` names the operator, whose attributes are ours.
void updates_kernel(OpContext& c);

}  // namespace runnel::inline v0
