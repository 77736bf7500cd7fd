// The value that operators pad with.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

/// The value in `dtype`; the usual 0 stands for false and empty text as well.
Tensor padding_of(const Operand& value, DType dtype);

}  // namespace runnel::inline v0
