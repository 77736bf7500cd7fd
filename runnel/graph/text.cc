#include "runnel/graph/text.h"

#include "runnel/base/text.h"

namespace runnel::inline v0 {

namespace {

std::string endpoint_text(Endpoint e) { return e.output == 0 ? e.node->name : cat(e.node->name, ":", e.output); }

std::string attr_value_text(const AttrValue& value) {
  if (const Tensor* t = std::get_if<Tensor>(&value)) return t->num_elements() <= 8 ? to_text(*t) : cat("<", t->dtype(), " ", to_text(t->shape()), ">");
  return attr_text(value);
}

}  // namespace

std::string node_text(const Graph&, const Node& node) {
  std::vector<std::string> inputs, attrs, outputs;
  for (Endpoint e : node.inputs) inputs.push_back(endpoint_text(e));
  for (const NamedAttr& a : node.attrs) attrs.push_back(cat(a.name, "=", attr_value_text(a.value)));
  for (size_t i = 0; i < node.dtypes.size(); ++i) outputs.push_back(cat(node.dtypes[i], to_text(node.shapes[i])));
  std::string out = cat(node.name, " = ", node.type(), "(", join(inputs), ")");
  if (!attrs.empty()) out += cat(" {", join(attrs), "}");
  if (!outputs.empty()) out += cat(" : ", join(outputs));
  for (const Node* control : node.control_inputs) out += cat(" ^", control->name);
  return out;
}

std::string graph_text(const Graph& graph) {
  std::string out;
  for (const auto& node : graph.nodes()) out += node_text(graph, *node) + "\n";
  return out;
}

}  // namespace runnel::inline v0
