// What all kinds of dropout do to a tensor.
#pragma once

#include "runnel/keras/random.h"

namespace runnel::inline v0::keras {

/// x with a share `rate` of its elements set to 0 and the others scaled up by 1 / (1 - rate). noise_shape: sizes of 1 where one
/// decision serves the whole axis; by default x's shape.
Tensor dropped(const Tensor& x, double rate, const Tensor& seed, const std::optional<Ints>& noise_shape = {});

}  // namespace runnel::inline v0::keras
