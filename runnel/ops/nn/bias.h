// The kernels of BiasAdd and BiasAddGrad (bias.cpu.cc).
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// Whether the operator has a data format and it is NCHW; the axis of the channels, which is 1 then from rank 3 on.
bool bias_is_channels_first(const AttrReader& c);
int bias_channel_axis(bool channels_first, int rank);

void bias_add_kernel(OpContext& c);
void bias_add_grad_kernel(OpContext& c);

}  // namespace runnel::inline v0
