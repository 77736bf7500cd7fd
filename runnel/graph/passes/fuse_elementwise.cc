// Elementwise fusion: connected elementwise nodes of one shape become one node _Fused, unless something outside lies on a
// path from one of them to another. A reduction of what one of them gives is computed on the way.
#include <algorithm>

#include "runnel/graph/fusion/fusion.h"
#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

constexpr int kMostOutputs = 8;

struct Group {
  std::vector<int> members;  // positions of nodes, in order
  PartialShape shape;
  int reduction = -1;        // position of a node that reduces what a member gives
};

/// The nodes by position, and what each waits for: its inputs, and earlier nodes whose effects must come first.
class Dependencies {
 public:
  explicit Dependencies(const FunctionBody& body) {
    for (const auto& node : body.graph->nodes()) {
      place_[node.get()] = int(nodes_.size());
      nodes_.push_back(node.get());
    }
    before_.resize(nodes_.size());
    users_.resize(nodes_.size());
    for (int i = 0; i < size(); ++i) {
      for (Endpoint in : node(i).inputs) add(i, *place_.find(in.node));
      order_effects(i);
    }
  }
  int size() const { return int(nodes_.size()); }
  Node& node(int i) const { return *nodes_[size_t(i)]; }
  int place(const Node* node) const { return *place_.find(node); }
  const std::vector<int>& before(int i) const { return before_[size_t(i)]; }
  const std::vector<int>& users(int i) const { return users_[size_t(i)]; }

 private:
  void add(int i, int earlier) {
    before_[size_t(i)].push_back(earlier);
    users_[size_t(earlier)].push_back(i);
  }
  // Reads come after the last write; a write comes after all that came before.
  void order_effects(int i) {
    Effect effect = effect_of(node(i));
    if (effect == Effect::kNone) return;
    if (last_write_ >= 0) before_[size_t(i)].push_back(last_write_);
    if (effect == Effect::kReads) return reads_.push_back(i);
    before_[size_t(i)].insert(before_[size_t(i)].end(), reads_.begin(), reads_.end());
    reads_.clear();
    last_write_ = i;
  }

  std::vector<Node*> nodes_;
  PointerMap<int> place_;
  std::vector<std::vector<int>> before_, users_;
  std::vector<int> reads_;
  int last_write_ = -1;
};

class Fuser {
 public:
  explicit Fuser(FunctionBody& body)
      : body_(body), all_(body), group_(size_t(all_.size()), -1), is_result_(size_t(all_.size())), seen_(size_t(all_.size()), 0), visited_(seen_) {
    for (Endpoint e : body.outputs) is_result_[size_t(all_.place(e.node))] = true;
  }

  int run() {
    for (int i = 0; i < all_.size(); ++i)
      if (effect_of(all_.node(i)) == Effect::kNone && Fusion::takes(all_.node(i))) join(i);
    for (int i = 0; i < all_.size(); ++i)
      if (Fusion::reduces(all_.node(i))) take_in(i);
    for (Group& group : groups_)
      if (group.members.size() == 1 && group.reduction < 0) dissolve(group);
    return rebuild();
  }

 private:
  // A group of its own, into which the groups of the inputs go where they can.
  void join(int i) {
    int own = group_[size_t(i)] = int(groups_.size());
    groups_.push_back({{i}, all_.node(i).shapes[0]});
    for (int before : all_.before(i)) {
      int other = group_[size_t(before)];
      if (other >= 0 && other != own && can_merge(groups_[size_t(other)], groups_[size_t(own)])) merge(other, own);
    }
  }
  void merge(int from, int into) {
    Group &a = groups_[size_t(from)], &b = groups_[size_t(into)];
    for (int member : a.members) group_[size_t(member)] = into;
    b.members.insert(b.members.end(), a.members.begin(), a.members.end());
    std::sort(b.members.begin(), b.members.end());
    b.shape = b.shape.merge_with(a.shape);
    a.members.clear();
  }
  // Nothing lies between a reduction and what it reduces, and its axes are constant: it can run with the group.
  void take_in(int reduction) {
    int group = group_[size_t(all_.place(all_.node(reduction).inputs[0].node))];
    if (group < 0 || groups_[size_t(group)].reduction >= 0) return;
    groups_[size_t(group)].reduction = reduction;
    group_[size_t(reduction)] = group;
  }
  void dissolve(Group& group) {
    group_[size_t(group.members[0])] = -1;
    group.members.clear();
  }

  bool can_merge(const Group& a, const Group& b) {
    if (!a.shape.is_compatible_with(b.shape) || a.members.size() + b.members.size() > size_t(Fusion::kMaxSteps)) return false;
    std::vector<int> both = a.members;
    both.insert(both.end(), b.members.begin(), b.members.end());
    ++epoch_;
    for (int member : both) seen_[size_t(member)] = epoch_;
    return inputs_of(both).size() <= size_t(Fusion::kMaxInputs) && count_outputs(both) <= kMostOutputs && !is_reached(both);
  }
  bool is_inside(int i) const { return seen_[size_t(i)] == epoch_; }
  bool leaves(int member) const {
    const std::vector<int>& users = all_.users(member);
    return is_result_[size_t(member)] || std::any_of(users.begin(), users.end(), [&](int user) { return !is_inside(user); });
  }
  int count_outputs(const std::vector<int>& members) const {
    return int(std::count_if(members.begin(), members.end(), [&](int member) { return leaves(member); }));
  }
  // What the members take from outside, each once; attributes that are operands count.
  std::vector<Endpoint> inputs_of(const std::vector<int>& members) const {
    std::vector<Endpoint> inputs;
    for (int member : members) {
      const Node& node = all_.node(member);
      for (Endpoint in : node.inputs)
        if (!is_inside(all_.place(in.node)) && std::find(inputs.begin(), inputs.end(), in) == inputs.end()) inputs.push_back(in);
      if (Fusion::extra_operand(node)) inputs.push_back({const_cast<Node*>(&node), -1});
    }
    return inputs;
  }
  // Whether something outside that a member waits for waits for a member itself: also by way of groups, whose early members
  // run no sooner than their last.
  bool is_reached(const std::vector<int>& members) {
    std::vector<int> waiting;
    auto visit = [&](int i) {
      if (std::exchange(visited_[size_t(i)], epoch_) != epoch_) waiting.push_back(i);
    };
    for (int member : members)
      for (int before : all_.before(member))
        if (!is_inside(before)) visit(before);
    while (!waiting.empty()) {
      int i = waiting.back();
      waiting.pop_back();
      for (int part : unit(i))
        for (int before : all_.before(part)) {
          if (is_inside(before)) return true;
          visit(before);
        }
    }
    return false;
  }
  // The nodes that run when this one does.
  std::vector<int> unit(int i) const {
    if (group_[size_t(i)] < 0) return {i};
    const Group& group = groups_[size_t(group_[size_t(i)])];
    std::vector<int> parts = group.members;
    if (group.reduction >= 0) parts.push_back(group.reduction);
    return parts;
  }

  // --- the new nodes ---

  int rebuild() {
    done_.resize(size_t(all_.size()));
    int count = 0;
    for (int i = 0; i < all_.size(); ++i) {
      int group = group_[size_t(i)];
      if (group >= 0 && unit(i).back() != i) continue;  // at its last member, or where it is needed
      count += group >= 0;
      emit(i);
    }
    if (count == 0) return 0;
    for (Node* node : order_)
      for (Endpoint& in : node->inputs) redirect(in);
    for (Endpoint& out : body_.outputs) redirect(out);
    body_.graph->keep_only([&](const Node& node) { return !replaced_.contains(&node); });
    body_.graph->set_order(order_);
    return count;
  }
  void emit(int i) {
    if (done_[size_t(i)]) return;
    std::vector<int> parts = unit(i);
    for (int part : parts) done_[size_t(part)] = true;
    for (int part : parts)
      for (int before : all_.before(part)) emit(before);
    if (group_[size_t(i)] < 0) order_.push_back(&all_.node(i));
    else add_fused(groups_[size_t(group_[size_t(i)])]);
  }
  void redirect(Endpoint& e) const {
    if (const Endpoint* other = replaced_.find(e.node)) e = *other;
  }

  void add_fused(const Group& group) {
    const std::vector<int>& members = group.members;
    const Node* reduction = group.reduction < 0 ? nullptr : &all_.node(group.reduction);
    ++epoch_;
    if (reduction) seen_[size_t(group.reduction)] = epoch_;
    for (int member : members) seen_[size_t(member)] = epoch_;
    std::vector<Endpoint> inputs = inputs_of(members);
    std::vector<DType> in_types, out_types;
    PointerMap<int> values, extras;
    for (size_t i = 0; i < inputs.size(); ++i) {
      in_types.push_back(inputs[i].node->dtypes[size_t(std::max(inputs[i].output, 0))]);
      if (inputs[i].output >= 0) continue;
      extras[inputs[i].node] = int(i);
      inputs[i] = body_.graph->constant(Fusion::extra_operand(*inputs[i].node));
      order_.push_back(inputs[i].node);
    }
    auto fusion = make_ref<Fusion>(in_types);
    std::vector<int> outputs, leaving;
    for (int member : members) {
      const Node& node = all_.node(member);
      std::vector<int> operands;
      for (Endpoint in : node.inputs) {
        const int* value = values.find(in.node);
        operands.push_back(value ? *value : int(std::find(inputs.begin(), inputs.end(), in) - inputs.begin()));
      }
      if (const int* extra = extras.find(&node)) operands.push_back(*extra);
      values[&node] = fusion->add(node, operands);
      if (!leaves(member)) continue;
      outputs.push_back(*values.find(&node));
      out_types.push_back(node.dtypes[0]);
      leaving.push_back(member);
    }
    if (reduction) {
      fusion->add_reduction(*reduction, *values.find(reduction->inputs[0].node));
      out_types.push_back(reduction->dtypes[0]);
      leaving.push_back(group.reduction);
    }
    fusion->finish(outputs);
    for (int member : members) replaced_[&all_.node(member)] = {};
    add_node(*fusion, std::move(inputs), in_types, out_types, leaving);
  }
  void add_node(Fusion& fusion, std::vector<Endpoint> inputs, const std::vector<DType>& in_types, const std::vector<DType>& out_types,
                const std::vector<int>& leaving) {
    static const Op& op = get_op("_Fused");
    std::vector<PartialShape> shapes;
    for (int member : leaving) shapes.push_back(all_.node(member).shapes[0]);
    Attrs attrs{{"fusion", FunctionAttr{fusion.text(), Ref<RefCounted>(&fusion)}}, {"Tin", in_types}, {"Tout", out_types}};
    Node& node = body_.graph->add_node(op, body_.graph->unique_name("fused"), std::move(inputs), std::move(attrs), out_types, std::move(shapes));
    for (size_t i = 0; i < leaving.size(); ++i) replaced_[&all_.node(leaving[i])] = {&node, int(i)};
    order_.push_back(&node);
  }

  FunctionBody& body_;
  Dependencies all_;
  std::vector<Group> groups_;
  std::vector<int> group_;       // of each node; -1 where none
  std::vector<char> is_result_;  // of the function
  std::vector<int> seen_;        // the epoch in which a node was inside the group that is looked at
  std::vector<int> visited_;     // the epoch in which a path went through a node
  int epoch_ = 0;
  std::vector<char> done_;
  std::vector<Node*> order_;
  PointerMap<Endpoint> replaced_;
};

}  // namespace

int fuse_elementwise(FunctionBody& body) { return Fuser(body).run(); }

}  // namespace runnel::inline v0
