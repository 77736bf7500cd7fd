// keras.ops.rearrange.
// python module: keras.ops
#pragma once

#include <string>
#include <vector>

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// Axes split, moved and joined as a pattern says (einops, Rogozhnikov 2022): "b (h h1) w c -> b h w (c h1)". Lengths of axes that
/// are split off are given by name; one of each group may be left out.
/// python: _rearrange
Tensor rearrange(const Operand& tensor, const std::string& pattern, const std::vector<std::string>& names = {},
                 const std::vector<int64_t>& lengths = {});

}  // namespace runnel::inline v0::keras::ops
