#include "runnel/graph/passes/body.h"

#include <algorithm>

#include "runnel/graph/control/functional.h"

namespace runnel::inline v0 {

bool is_type(const Node& node, std::string_view type) { return node.type() == type; }

const Tensor* constant_value(Endpoint e) {
  return is_type(*e.node, "Const") ? &std::get<Tensor>(*e.node->attrs.find("value")) : nullptr;
}

bool flag(const Node& node, std::string_view name) {
  const AttrValue* value = node.attrs.find(name);
  return value && std::get<bool>(*value);
}

void become_constant(Node& node, const Tensor& value) {
  static const Op& op = get_op("Const");
  node.op = &op;
  node.inputs.clear();
  node.control_inputs.clear();
  node.attrs = Attrs{{"value", value}, {"dtype", value.dtype()}};
  node.shapes = {value.partial_shape()};
  node.constants = {value};
}

namespace {

constexpr int kDeepest = 64;  // calls inside calls; deeper ones (a recursion) stay calls

class Copier {
 public:
  explicit Copier(FunctionBody& body) : body_(body) {}

  // `arguments` are endpoints of the copy that take the place of the graph's inputs.
  std::vector<Endpoint> copy(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> arguments,
                             std::span<const Endpoint> outputs, bool is_function, int depth) {
    PointerMap<std::vector<Endpoint>> places;
    for (size_t i = 0; i < inputs.size(); ++i) places[inputs[i]] = {arguments[i]};
    PointerMap<bool> needed = needed_nodes(graph, outputs, is_function);
    for (const auto& node : graph.nodes())
      if (needed.contains(node.get()) && !places.contains(node.get())) places[node.get()] = copy_node(*node, places, depth);
    std::vector<Endpoint> out;
    for (Endpoint e : outputs) out.push_back((*places.find(e.node))[size_t(e.output)]);
    return out;
  }

 private:
  static PointerMap<bool> needed_nodes(const Graph& graph, std::span<const Endpoint> outputs, bool is_function) {
    PointerMap<bool> needed;
    std::vector<const Node*> waiting;
    auto need = [&](const Node* node) {
      if (needed.contains(node)) return;
      needed[node] = true;
      waiting.push_back(node);
    };
    for (Endpoint e : outputs) need(e.node);
    for (const auto& node : graph.nodes())  // in other graphs only what is fetched runs, and what that waits for
      if (is_function && effect_of(*node) == Effect::kWrites) need(node.get());
    while (!waiting.empty()) {
      const Node* node = waiting.back();
      waiting.pop_back();
      for (Endpoint in : node->inputs) need(in.node);
      if (!is_function)
        for (const Node* before : node->control_inputs) need(before);
    }
    return needed;
  }

  std::vector<Endpoint> copy_node(const Node& node, PointerMap<std::vector<Endpoint>>& places, int depth) {
    std::vector<Endpoint> inputs;
    for (Endpoint in : node.inputs) inputs.push_back((*places.find(in.node))[size_t(in.output)]);
    size_t first = 0;
    if (const FunctionAttr* f = depth < kDeepest ? called_function(node, inputs, first) : nullptr)
      return inline_call(function_of(*f), std::span(inputs).subspan(first), node.num_outputs(), depth);
    Node& copy = body_.graph->add_node(*node.op, body_.graph->unique_name(node.name), std::move(inputs), node.attrs, node.dtypes, node.shapes);
    copy.constants = node.constants;
    std::vector<Endpoint> out;
    for (int i = 0; i < node.num_outputs(); ++i) out.push_back({&copy, i});
    return out;
  }
  // The function that a node certainly calls; its arguments are the node's inputs from `first` on.
  static const FunctionAttr* called_function(const Node& node, const std::vector<Endpoint>& inputs, size_t& first) {
    if (is_type(node, "PartitionedCall") || is_type(node, "StatefulPartitionedCall")) return std::get_if<FunctionAttr>(node.attrs.find("f"));
    if (!is_type(node, "If") && !is_type(node, "StatelessIf")) return nullptr;
    const Tensor* predicate = constant_value(inputs[0]);
    if (!predicate) return nullptr;
    first = 1;
    return std::get_if<FunctionAttr>(node.attrs.find(is_true(*predicate) ? "then_branch" : "else_branch"));
  }

 public:
  std::vector<Endpoint> inline_call(const GraphFunction& f, std::span<const Endpoint> arguments, int count, int depth) {
    std::lock_guard lock(f.mutex());
    std::vector<const Node*> inputs(f.inputs().begin(), f.inputs().end());
    return copy(f.graph(), inputs, arguments, std::span(f.outputs().data(), size_t(count)), true, depth + 1);
  }

 private:
  FunctionBody& body_;
};

}  // namespace

FunctionBody copy_inlined(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> outputs) {
  FunctionBody body{make_ref<FuncGraph>(graph.name()), {}, {}};
  auto* function = dynamic_cast<FuncGraph*>(&graph);
  if (function) body.graph->batch_arguments = function->batch_arguments;
  body.graph->relaxed = function && function->relaxed;
  Scoped<std::string> top(thread_context().name_scope, {});
  std::vector<Endpoint> arguments;
  for (const Node* node : inputs) {
    Node* copy = body.graph->add_input(node->dtypes[0], node->shapes[0], node->name).symbol().node;
    arguments.push_back({copy, 0});
    body.inputs.push_back(copy);
  }
  body.outputs = Copier(body).copy(graph, inputs, arguments, outputs, function, 0);
  return body;
}

std::vector<Endpoint> inline_call(FunctionBody& body, const GraphFunction& f, std::span<const Endpoint> arguments, int count) {
  Scoped<std::string> top(thread_context().name_scope, {});
  return Copier(body).inline_call(f, arguments, count, 0);
}

int redirect(FunctionBody& body, function_ref<std::optional<Endpoint>(Node&)> rule) {
  PointerMap<Endpoint> instead;
  int count = 0;
  auto update = [&](Endpoint& e) {
    if (const Endpoint* other = e.output == 0 ? instead.find(e.node) : nullptr) e = *other;
  };
  for (const auto& node : body.graph->nodes()) {
    for (Endpoint& in : node->inputs) update(in);
    if (std::optional<Endpoint> other = rule(*node)) {
      instead[node.get()] = *other;
      ++count;
    }
  }
  for (Endpoint& out : body.outputs) update(out);
  return count;
}

}  // namespace runnel::inline v0
