// Loop-invariant code: what an iteration computes from constants and from what the loop passes through is computed once.
#include <algorithm>

#include "runnel/graph/graph_function.h"
#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

// Operators that cannot fail where they have been traced, so that a loop without iterations may run them.
bool is_safe(const Node& node) {
  static constexpr std::string_view kSafe[] = {"MatMul", "BatchMatMulV2", "Transpose", "Sum", "Mean", "Max", "Min", "Softmax", "Cast"};
  if (node.inputs.empty() || node.num_outputs() != 1 || effect_of(node) != Effect::kNone) return false;
  return node.op->def().traits.elementwise || std::find(std::begin(kSafe), std::end(kSafe), node.type()) != std::end(kSafe);
}

FunctionBody body_of(const FunctionAttr& attr) {
  GraphFunction& f = function_of(attr);
  std::lock_guard lock(f.mutex());
  std::vector<const Node*> inputs(f.inputs().begin(), f.inputs().end());
  return copy_inlined(f.graph(), inputs, std::span(f.outputs().data(), size_t(f.num_results())));
}

FunctionAttr function_from(const FunctionBody& body) {
  body.graph->set_inputs(body.inputs);
  body.graph->finish();
  return make_ref<GraphFunction>(unique_function_name(body.graph->name()), body.graph, body.outputs)->attr();
}

class Hoister {
 public:
  Hoister(FunctionBody& outer, Node& loop)
      : outer_(outer), loop_(loop), body_(body_of(attr("body"))), condition_(body_of(attr("cond"))) {}

  bool run() {
    simplify_arithmetic(body_);
    find_invariants();
    if (moved_.empty()) return false;
    for (Node* node : moved_) add_outside(*node);
    for (Node* node : moved_)
      if (is_used_inside(node)) pass_in(*node);
    prune(body_);
    std::vector<DType> types;
    for (const Node* input : body_.inputs) types.push_back(input->dtypes[0]);
    loop_.attrs.set("T", types);
    loop_.attrs.set("body", function_from(body_));
    loop_.attrs.set("cond", function_from(condition_));
    return true;
  }

 private:
  const FunctionAttr& attr(const char* name) const { return std::get<FunctionAttr>(*loop_.attrs.find(name)); }

  void find_invariants() {
    for (size_t i = 0; i < body_.inputs.size(); ++i)
      if (body_.outputs[i] == Endpoint{body_.inputs[i], 0}) outside_[body_.inputs[i]] = loop_.inputs[i];
    for (const auto& node : body_.graph->nodes()) {
      if (is_type(*node, "Const") || !is_safe(*node)) continue;
      bool invariant = std::all_of(node->inputs.begin(), node->inputs.end(), [&](Endpoint in) {
        return constant_value(in) || outside_.contains(in.node) || is_moved(in.node);
      });
      if (invariant) moved_.push_back(node.get());
    }
  }
  bool is_moved(const Node* node) const { return std::find(moved_.begin(), moved_.end(), node) != moved_.end(); }

  // A copy in front of the loop.
  void add_outside(Node& node) {
    std::vector<Endpoint> inputs;
    for (Endpoint in : node.inputs) {
      if (const Tensor* value = constant_value(in)) inputs.push_back(outer_.graph->constant(*value));
      else inputs.push_back(*outside_.find(in.node));
    }
    Node& copy = outer_.graph->add_node(*node.op, outer_.graph->unique_name(node.name), std::move(inputs), node.attrs, node.dtypes, node.shapes);
    outside_[&node] = {&copy, 0};
  }
  bool is_used_inside(const Node* node) const {
    for (const auto& user : body_.graph->nodes())
      for (Endpoint in : user->inputs)
        if (in.node == node && !is_moved(user.get())) return true;
    return std::any_of(body_.outputs.begin(), body_.outputs.end(), [&](Endpoint e) { return e.node == node; });
  }
  // The loop gets one more variable, which passes through.
  void pass_in(Node& node) {
    Node* input = body_.graph->add_input(node.dtypes[0], node.shapes[0], "invariant").symbol().node;
    for (const auto& user : body_.graph->nodes())
      for (Endpoint& in : user->inputs)
        if (in.node == &node) in = {input, 0};
    for (Endpoint& out : body_.outputs)
      if (out.node == &node) out = {input, 0};
    body_.inputs.push_back(input);
    body_.outputs.push_back({input, 0});
    condition_.inputs.push_back(condition_.graph->add_input(node.dtypes[0], node.shapes[0], "invariant").symbol().node);
    loop_.inputs.push_back(*outside_.find(&node));
    outer_.graph->add_outputs(loop_, node.dtypes, node.shapes);
  }

  FunctionBody& outer_;
  Node& loop_;
  FunctionBody body_, condition_;
  PointerMap<Endpoint> outside_;  // of a node in the body: the same value in front of the loop
  std::vector<Node*> moved_;
};

}  // namespace

int hoist_invariants(FunctionBody& body) {
  std::vector<Node*> loops;
  for (const auto& node : body.graph->nodes())
    if (is_type(*node, "While") || is_type(*node, "StatelessWhile")) loops.push_back(node.get());
  int count = 0;
  for (Node* loop : loops) {
    size_t before = body.graph->nodes().size();
    if (!Hoister(body, *loop).run()) continue;
    body.graph->move_before(*loop, before);
    ++count;
  }
  return count;
}

}  // namespace runnel::inline v0
