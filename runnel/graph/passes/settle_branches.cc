// An If whose predicate has become a constant is its branch: the other one goes.
#include "runnel/graph/control/functional.h"
#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

const GraphFunction* certain_branch(const Node& node) {
  if (!is_type(node, "If") && !is_type(node, "StatelessIf")) return nullptr;
  const Tensor* predicate = constant_value(node.inputs[0]);
  return predicate ? &function_of(std::get<FunctionAttr>(*node.attrs.find(is_true(*predicate) ? "then_branch" : "else_branch"))) : nullptr;
}

}  // namespace

int settle_branches(FunctionBody& body) {
  PointerMap<std::vector<Endpoint>> instead;
  std::vector<Node*> nodes;
  for (const auto& node : body.graph->nodes()) nodes.push_back(node.get());
  for (Node* node : nodes) {
    const GraphFunction* branch = certain_branch(*node);
    if (!branch) continue;
    size_t before = body.graph->nodes().size();
    instead[node] = inline_call(body, *branch, std::span(node->inputs).subspan(1), node->num_outputs());
    body.graph->move_before(*node, before);
  }
  if (instead.size() == 0) return 0;
  auto update = [&](Endpoint& e) {
    while (const std::vector<Endpoint>* others = instead.find(e.node)) e = (*others)[size_t(e.output)];
  };
  for (const auto& node : body.graph->nodes())
    for (Endpoint& in : node->inputs) update(in);
  for (Endpoint& out : body.outputs) update(out);
  body.graph->keep_only([&](const Node& node) { return !instead.contains(&node); });
  return int(instead.size());
}

}  // namespace runnel::inline v0
