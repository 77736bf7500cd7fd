// Which block kernel computes a node inside a fusion.
#pragma once

#include "runnel/graph/graph.h"
#include "runnel/runtime/cpu/fused_loop.h"

namespace runnel::inline v0 {

/// The block kernel that computes a node; `operands` 0 where there is none.
struct Recipe {
  int operands = 0;
  bool is_sum = false;  // of all operands, one after the other
  cpu::UnaryKernel unary{};
  cpu::BinaryKernel binary{};
  cpu::TernaryKernel ternary{};
};

Recipe recipe_of(const Node& node);
/// Whether operands of different shapes are repeated to fit; other operators refuse them.
bool broadcasts(const Op& op);

}  // namespace runnel::inline v0
