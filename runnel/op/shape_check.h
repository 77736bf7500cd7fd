// A check for tests: every shape function against the shapes that really come out.
#pragma once

#include <vector>

#include "runnel/op/context.h"

namespace runnel::inline v0 {

/// The recorders that a thread begins with: with RUNNEL_CHECK_SHAPES=1 the one that checks shapes, else none.
/// It runs each call's shape function with the inputs as they are, then with their data and sizes hidden, then without
/// a rank, and throws InternalError where an answer contradicts the outputs.
std::vector<Recorder*> initial_recorders();

}  // namespace runnel::inline v0
