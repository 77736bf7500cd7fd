// Bias and relu into MatMul and Conv2D: both are done to each tile of the result while it is in registers. Exact: the sums
// are complete before the bias is added, so each number is rounded as often as before, and in the same order.
#include <algorithm>

#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

PartialShape shape_of(Endpoint e) { return e.node->shapes[size_t(e.output)]; }

/// How often each node's output is used, and by whom last.
struct Uses {
  PointerMap<int> count;
  PointerMap<Node*> user;

  explicit Uses(const FunctionBody& body) {
    for (const auto& node : body.graph->nodes())
      for (Endpoint in : node->inputs) {
        ++count[in.node];
        user[in.node] = node.get();
      }
    for (Endpoint e : body.outputs) count[e.node] += 2;  // results stay
  }
  Node* only_user(const Node& node) {
    const int* times = count.find(&node);
    return times && *times == 1 ? user[&node] : nullptr;
  }
};

// The operand that a node adds to `product` as one number a column; nullptr where it adds something else.
const Endpoint* bias_of(const Node& node, const Node& product) {
  bool is_bias_add = is_type(node, "BiasAdd"), is_add = is_type(node, "AddV2");
  if (!is_bias_add && !is_add) return nullptr;
  const AttrValue* format = node.attrs.find("data_format");
  if (format && std::get<std::string>(*format) != "NHWC") return nullptr;
  const Endpoint& bias = node.inputs[node.inputs[0].node == &product ? 1 : 0];
  PartialShape out = product.shapes[0], added = shape_of(bias);
  bool fits = out.has_rank() && added.has_rank() && added.rank() == 1 && added[0] >= 0 && added[0] == out.dim(-1);
  return fits && (is_add || node.inputs[0].node == &product) ? &bias : nullptr;
}

const Op* fused_form(const Node& node) {
  static const Op &matmul = get_op("_FusedMatMul"), &conv = get_op("_FusedConv2D");
  if (node.num_outputs() != 1 || (node.dtypes[0] != float32 && node.dtypes[0] != float64)) return nullptr;
  if (is_type(node, "MatMul")) return &matmul;
  const AttrValue* format = node.attrs.find("data_format");
  bool channels_last = !format || std::get<std::string>(*format) == "NHWC";
  return is_type(node, "Conv2D") && channels_last ? &conv : nullptr;
}

// The attributes of `node` that `op` has as well.
Attrs shared_attrs(const Node& node, const Op& op) {
  Attrs out;
  for (const NamedAttr& attr : node.attrs)
    if (op.schema().attr_index(attr.name) >= 0) out.set(attr.name, attr.value);
  return out;
}

}  // namespace

int bias_into_products(FunctionBody& body) {
  Uses uses(body);
  int count = 0;
  for (const auto& node : body.graph->nodes()) {
    const Op* op = fused_form(*node);
    Node* sum = op ? uses.only_user(*node) : nullptr;
    const Endpoint* bias = sum ? bias_of(*sum, *node) : nullptr;
    if (!bias) continue;
    Node* relu = uses.only_user(*sum);
    bool has_relu = relu && is_type(*relu, "Relu");
    Attrs attrs = shared_attrs(*node, *op);
    attrs.set("relu", has_relu);
    Node& last = has_relu ? *relu : *sum;  // it stands where all inputs have been computed
    last.inputs = {node->inputs[0], node->inputs[1], *bias};
    last.op = op;
    last.attrs = std::move(attrs);
    ++count;
  }
  return count;
}

}  // namespace runnel::inline v0
