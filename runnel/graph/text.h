// The text form of graphs.
//
//   x = Placeholder() {dtype=float32, shape=(None,)} : float32(None,)
//   add = AddV2(x, x) : float32(None,)
//   w = Add:1(add, x) ^assign                    // output 1 of another node is "split:1"; "^" marks a control input
#pragma once

#include <string>

#include "runnel/graph/graph.h"

namespace runnel::inline v0 {

std::string node_text(const Graph& graph, const Node& node);
/// One line a node, in order.
std::string graph_text(const Graph& graph);

}  // namespace runnel::inline v0
