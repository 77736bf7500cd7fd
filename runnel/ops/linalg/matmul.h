// The kernels of the matrix products (matmul.cpu.cc).
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

void matmul_kernel(OpContext& c);
void batch_matmul_kernel(OpContext& c);

}  // namespace runnel::inline v0
