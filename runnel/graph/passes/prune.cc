#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

int prune(FunctionBody& body) {
  PointerMap<bool> needed;
  std::vector<const Node*> waiting;
  auto need = [&](const Node* node) {
    if (needed.contains(node)) return;
    needed[node] = true;
    waiting.push_back(node);
  };
  for (Endpoint e : body.outputs) need(e.node);
  for (const Node* node : body.inputs) need(node);
  for (const auto& node : body.graph->nodes())
    if (effect_of(*node) == Effect::kWrites) need(node.get());
  while (!waiting.empty()) {
    const Node* node = waiting.back();
    waiting.pop_back();
    for (Endpoint in : node->inputs) need(in.node);
  }
  size_t before = body.graph->nodes().size();
  body.graph->keep_only([&](const Node& node) { return needed.contains(&node); });
  return int(before - body.graph->nodes().size());
}

}  // namespace runnel::inline v0
