// tf.bitwise: operations on the bits of integers.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::bitwise {

/// x & y, element by element, broadcasting. Integers of one dtype.
/// python: bitwise.bitwise_and
Tensor bitwise_and(const Operand& x, const Operand& y);
/// x | y.
/// python: bitwise.bitwise_or
Tensor bitwise_or(const Operand& x, const Operand& y);
/// x ^ y.
/// python: bitwise.bitwise_xor
Tensor bitwise_xor(const Operand& x, const Operand& y);
/// x << y; an amount of the width or more counts as the width less one.
/// python: bitwise.left_shift
Tensor left_shift(const Operand& x, const Operand& y);
/// x >> y: signed numbers keep their sign.
/// python: bitwise.right_shift
Tensor right_shift(const Operand& x, const Operand& y);
/// ~x.
/// python: bitwise.invert
Tensor invert(const Tensor& x);

}  // namespace runnel::inline v0::bitwise
