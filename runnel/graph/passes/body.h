// FunctionBody: a copy of a function's graph that passes may change, and what all passes are written with.
#pragma once

#include <optional>

#include "runnel/base/function_ref.h"
#include "runnel/base/pointer_map.h"
#include "runnel/graph/func_graph.h"

namespace runnel::inline v0 {

class GraphFunction;

struct FunctionBody {
  Ref<FuncGraph> graph;
  std::vector<Node*> inputs;
  std::vector<Endpoint> outputs;
};

/// A copy of the nodes that the outputs, or changes of state, need (those of functions that are called among them: calls of
/// functions are replaced by the functions' nodes, and an If whose predicate is known by its branch).
FunctionBody copy_inlined(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> outputs);

/// A copy of a function's nodes in the body, its arguments given; returns its first `count` outputs.
std::vector<Endpoint> inline_call(FunctionBody& body, const GraphFunction& f, std::span<const Endpoint> arguments, int count);

/// Looks at every node in order, after its inputs have been redirected. Where the rule returns an endpoint, the users of the
/// node's output 0 use that one from then on. Returns how often that happened.
int redirect(FunctionBody& body, function_ref<std::optional<Endpoint>(Node&)> rule);

/// Makes a node a constant, in place.
void become_constant(Node& node, const Tensor& value);
/// The value of an endpoint that is a Const, else nullptr.
const Tensor* constant_value(Endpoint e);
bool is_type(const Node& node, std::string_view type);
/// A bool attribute, given or by default false.
bool flag(const Node& node, std::string_view name);

}  // namespace runnel::inline v0
