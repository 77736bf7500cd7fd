// f(BroadcastTo(x), y) of an elementwise f, where y has the result's shape anyway, repeats x itself; with numbers beside it, f
// is computed first and repeated then. Gradients of means are such.
#include "runnel/core/named_size.h"
#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

const PartialShape& shape_of(Endpoint e) { return e.node->shapes[size_t(e.output)]; }
bool is_number(Endpoint e) { return shape_of(e).has_rank() && shape_of(e).rank() == 0; }

bool broadcasts(const Node& node) {
  static const ShapeFn broadcasting = get_op("AddV2").def().shape;
  return node.num_outputs() == 1 && node.op->def().traits.elementwise && node.op->def().shape == broadcasting && node.inputs.size() == 2;
}

// The input whose place is taken by what it repeats.
bool take_unrepeated(Node& node) {
  for (size_t i : {0, 1}) {
    Endpoint repeated = node.inputs[i], other = node.inputs[1 - i];
    if (!is_type(*repeated.node, "BroadcastTo") || is_type(*other.node, "BroadcastTo")) continue;
    if (!surely_equal(shape_of(other), node.shapes[0]) || !surely_equal(shape_of(repeated), node.shapes[0])) continue;
    node.inputs[i] = repeated.node->inputs[0];
    return true;
  }
  return false;
}

// BroadcastTo(f(x, number)) in the place of f(BroadcastTo(x), number).
bool repeat_later(FunctionBody& body, Node& node) {
  for (size_t i : {0, 1}) {
    Endpoint repeated = node.inputs[i];
    if (!is_type(*repeated.node, "BroadcastTo") || !is_number(node.inputs[1 - i]) || !shape_of(repeated).has_rank()) continue;
    std::vector<Endpoint> inputs = node.inputs;
    inputs[i] = repeated.node->inputs[0];
    PartialShape shape = shape_of(inputs[i]);
    size_t before = body.graph->nodes().size();
    Node& first = body.graph->add_node(*node.op, body.graph->unique_name(node.name), inputs, node.attrs, node.dtypes, {shape});
    body.graph->move_before(node, before);
    node.op = repeated.node->op;
    node.inputs = {{&first, 0}, repeated.node->inputs[1]};
    node.attrs = repeated.node->attrs;
    node.attrs.set("T", node.dtypes[0]);
    return true;
  }
  return false;
}

}  // namespace

int broadcasts_into_elementwise(FunctionBody& body) {
  std::vector<Node*> nodes;
  for (const auto& node : body.graph->nodes())
    if (broadcasts(*node)) nodes.push_back(node.get());
  int count = 0;
  for (Node* node : nodes) count += take_unrepeated(*node) || repeat_later(body, *node);
  return count;
}

}  // namespace runnel::inline v0
