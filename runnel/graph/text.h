// The text form of graphs, which prints and reads back.
//
//   x = Placeholder() {dtype=float32, shape=(None, 2)} : float32(None, 2)
//   y = Const() {value=float32(2){1, 2.5}, dtype=float32} : float32(2)
//   add = AddV2(x, y) : float32(None, 2)
//   // a comment
//   out = Identity(split:1) : float32(2) ^assign      // output 1 of the node split; after the node assign
#pragma once

#include <functional>
#include <string>

#include "runnel/graph/graph.h"

namespace runnel::inline v0 {

std::string node_text(const Node& node);
/// One line a node, in order.
std::string graph_text(const Graph& graph);

/// The graph of a text. `find_function` gives the functions that attributes name ("@cond_true_7").
/// Throws InvalidArgumentError with the line that does not follow the grammar.
using FindFunction = std::function<FunctionAttr(const std::string& name)>;
Ref<Graph> parse_graph(std::string_view text, const FindFunction& find_function = nullptr);

}  // namespace runnel::inline v0
