// Schedule: which steps of a program may run at the same time. Made where that is worth it.
#pragma once

#include <memory>
#include <vector>

#include "runnel/graph/graph.h"

namespace runnel::inline v0 {

struct Schedule {
  std::vector<std::vector<int>> successors;  ///< Of each step: those that wait for it.
  std::vector<int> predecessors;             ///< How many steps each one waits for.
  std::vector<char> is_long;                 ///< What waits for the step alone is long enough for a thread of its own.
};

/// About how many arithmetic operations a node takes, as far as its shapes tell.
double estimated_work(const Node& node);

/// nullptr where running one step after another is about as fast. `nodes`: those of the steps, in order; what has effects
/// keeps its order.
std::unique_ptr<Schedule> make_schedule(const std::vector<const Node*>& nodes);

}  // namespace runnel::inline v0
