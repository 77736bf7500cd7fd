// One step of an optimizer is one node: the updates of many Variables that share their rate and the like become _FusedUpdates, in
// the place of the last of them. Exact: each Variable's numbers are computed as before, and nothing that an update is moved past
// touches the same Variable.
#include "runnel/graph/passes/passes.h"
#include "runnel/ops/optimizer_updates.h"

namespace runnel::inline v0 {

namespace {

bool is_resource(Endpoint e) { return e.node->dtypes[size_t(e.output)] == resource; }

/// Updates that go together, so far.
struct Group {
  const OptimizerUpdate* kind;
  std::vector<Node*> members;
  PointerMap<bool> variables;  // by the placeholders of their handles
};

/// True where all that a node's effect touches are handles that the function gets: other ones are other Variables.
bool touches_given_handles_only(const Node& node) {
  bool any = false;
  for (const NamedAttr& attr : node.attrs)
    if (std::holds_alternative<FunctionAttr>(attr.value) || std::holds_alternative<std::vector<FunctionAttr>>(attr.value)) return false;
  for (Endpoint in : node.inputs) {
    if (!is_resource(in)) continue;
    if (!is_type(*in.node, "Placeholder")) return false;
    any = true;
  }
  return any;
}

bool touches(const Node& node, const Group& group) {
  for (Endpoint in : node.inputs)
    if (is_resource(in) && group.variables.contains(in.node)) return true;
  return false;
}

/// Whether an operand belongs to the one Variable; the others are numbers that all updates of a step share.
bool is_own(const OptimizerUpdate& kind, int i) { return i < kind.variables || i == kind.gradient || i == kind.squares; }

bool same_step(const Node& a, const Node& b, const OptimizerUpdate& kind) {
  if (a.op != b.op) return false;
  for (int i = kind.variables; i < kind.inputs; ++i) {
    Endpoint x = a.inputs[size_t(i)], y = b.inputs[size_t(i)];
    if (is_own(kind, i) ? x.node->dtypes[size_t(x.output)] != y.node->dtypes[size_t(y.output)] : !(x == y)) return false;
  }
  for (const NamedAttr& attr : a.attrs) {
    const AttrValue* other = b.attrs.find(attr.name);
    if (!other || !same_attr(attr.value, *other)) return false;
  }
  return true;
}

class Gatherer {
 public:
  explicit Gatherer(FunctionBody& body) : body_(body) {}

  int run() {
    for (const auto& node : body_.graph->nodes())
      if (effect_of(*node) != Effect::kNone) visit(*node);
    int count = 0;
    for (Group& group : groups_)
      if (group.members.size() > 1) count += make_one(group);
    body_.graph->keep_only([&](const Node& node) { return !gone_.contains(&node); });
    return count;
  }

 private:
  void visit(Node& node) {
    bool fits = touches_given_handles_only(node);
    const OptimizerUpdate* kind = fits ? optimizer_update(node.type()) : nullptr;
    Group* joined = nullptr;
    for (size_t i : std::exchange(open_, {})) {  // what a group cannot be moved past ends it
      if (!fits || touches(node, groups_[i])) continue;
      open_.push_back(i);
      if (kind && same_step(node, *groups_[i].members[0], *kind)) joined = &groups_[i];
    }
    if (!kind) return;
    if (!joined) {
      open_.push_back(groups_.size());
      joined = &groups_.emplace_back(Group{kind, {}, {}});
    }
    joined->members.push_back(&node);
    for (int i = 0; i < kind->variables; ++i) joined->variables[node.inputs[size_t(i)].node] = true;
  }

  // The last member becomes the node.
  int make_one(Group& group) {
    static const Op& op = get_op("_FusedUpdates");
    Node& last = *group.members.back();
    std::vector<Endpoint> inputs;
    std::vector<DType> types;
    for (const Node* member : group.members)
      for (Endpoint in : member->inputs) {
        inputs.push_back(in);
        types.push_back(in.node->dtypes[size_t(in.output)]);
      }
    Attrs attrs{{"update", std::string(group.kind->op)}, {"Tin", std::move(types)}};
    for (const NamedAttr& attr : last.attrs)
      if (op.schema().attr_index(attr.name) >= 0) attrs.set(attr.name, attr.value);
    for (const Node* member : group.members)
      if (member != &last) gone_[member] = true;
    last.op = &op;
    last.inputs = std::move(inputs);
    last.attrs = std::move(attrs);
    return int(group.members.size());
  }

  FunctionBody& body_;
  std::vector<Group> groups_;
  std::vector<size_t> open_;
  PointerMap<bool> gone_;
};

}  // namespace

int updates_together(FunctionBody& body) { return Gatherer(body).run(); }

}  // namespace runnel::inline v0
