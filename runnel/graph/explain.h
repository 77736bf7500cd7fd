// What became of a function, as text: for explain(), and for tests that keep it.
#pragma once

#include <string>

#include "runnel/graph/graph_function.h"

namespace runnel::inline v0 {

/// How many kernel calls and bytes a run takes, what the passes did, what was fused, what was not and why: a line each.
std::string explain_program(const GraphFunction& f);

/// The graph that a run computes, in the grammar of graph/text.h: calls inlined, all passes done, fusions made. A comment above gives
/// arguments and results. The graphs of its loops and branches follow.
std::string optimised_text(const GraphFunction& f);

}  // namespace runnel::inline v0
