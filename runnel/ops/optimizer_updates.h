// The updates of optimizers that one node, _FusedUpdates, can do for many Variables (cards: ops/state/training.cc).
#pragma once

#include <string_view>

namespace runnel::inline v0 {

struct OptimizerUpdate {
  const char* op;
  int inputs, variables;  ///< How many inputs it has, and how many of the first are the Variable and its slots.
  int gradient;           ///< The input of the Variable's shape; -1 where there is none. All but these are shared by Variables.
  int squares = -1;       ///< Another input of that shape.
};

/// nullptr where the operator is none.
const OptimizerUpdate* optimizer_update(std::string_view op);

}  // namespace runnel::inline v0
