// The graph with a node _Fused in the place of each group.
#include <algorithm>

#include "runnel/graph/fusion/fusion.h"
#include "runnel/graph/passes/fusion_groups.h"

namespace runnel::inline v0 {

namespace {

class Builder {
 public:
  Builder(FunctionBody& body, const FusionGroups& groups) : body_(body), groups_(groups), all_(groups.all()), done_(size_t(all_.size())) {}

  int run() {
    int count = 0;
    for (int i = 0; i < all_.size(); ++i) {
      bool grouped = groups_.of(i) >= 0;
      if (grouped && groups_.unit(i).back() != i) continue;  // at its last member, or where it is needed
      count += grouped;
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

 private:
  void emit(int i) {
    if (done_[size_t(i)]) return;
    std::vector<int> parts = groups_.unit(i);
    for (int part : parts) done_[size_t(part)] = true;
    for (int part : parts)
      for (int before : all_.before(part)) emit(before);
    if (groups_.of(i) < 0) order_.push_back(&all_.node(i));
    else add_fused(groups_.group(groups_.of(i)), parts);
  }
  void redirect(Endpoint& e) const {
    if (const Endpoint* other = replaced_.find(e.node)) e = *other;
  }

  // `parts`: the members, and the reduction at the end of those that do not work on rows.
  void add_fused(const FusionGroup& group, const std::vector<int>& parts) {
    std::vector<int> inside = parts;
    std::sort(inside.begin(), inside.end());
    std::vector<Endpoint> inputs = groups_.inputs_of(group.members);
    std::vector<DType> in_types;
    PointerMap<int> extras;
    for (size_t i = 0; i < inputs.size(); ++i) {
      in_types.push_back(inputs[i].node->dtypes[size_t(std::max(inputs[i].output, 0))]);
      if (inputs[i].output >= 0) continue;
      extras[inputs[i].node] = int(i);
      inputs[i] = body_.graph->constant(Fusion::extra_operand(*inputs[i].node));
      order_.push_back(inputs[i].node);
    }
    int inner = group.reduction < 0 ? group.inner : Fusion::reduced_rows(all_.node(group.reduction));
    auto fusion = make_ref<Fusion>(in_types, inner);
    PointerMap<int> values;
    std::vector<int> outputs, leaving;
    for (int member : group.members) {
      const Node& node = all_.node(member);
      std::vector<int> operands;
      for (Endpoint in : groups_.operands(member)) {
        const int* value = values.find(in.node);
        operands.push_back(value ? *value : int(std::find(inputs.begin(), inputs.end(), in) - inputs.begin()));
      }
      if (const int* extra = extras.find(&node)) operands.push_back(*extra);
      values[&node] = fusion->add(node, operands);
      if (!groups_.leaves(member, inside)) continue;
      outputs.push_back(*values.find(&node));
      leaving.push_back(member);
    }
    if (group.reduction >= 0) {
      const Node& reduction = all_.node(group.reduction);
      fusion->add_reduction(reduction, *values.find(reduction.inputs[0].node));
      leaving.push_back(group.reduction);
    }
    fusion->finish(outputs);
    for (int member : group.members) replaced_[&all_.node(member)] = {};
    add_node(*fusion, std::move(inputs), in_types, leaving);
  }
  void add_node(Fusion& fusion, std::vector<Endpoint> inputs, const std::vector<DType>& in_types, const std::vector<int>& leaving) {
    static const Op& op = get_op("_Fused");
    std::vector<PartialShape> shapes;
    std::vector<DType> out_types;
    for (int member : leaving) {
      shapes.push_back(all_.node(member).shapes[0]);
      out_types.push_back(all_.node(member).dtypes[0]);
    }
    Attrs attrs{{"fusion", FunctionAttr{fusion.text(), Ref<RefCounted>(&fusion)}}, {"Tin", in_types}, {"Tout", out_types}};
    Node& node = body_.graph->add_node(op, body_.graph->unique_name("fused"), std::move(inputs), std::move(attrs), out_types, std::move(shapes));
    for (size_t i = 0; i < leaving.size(); ++i) replaced_[&all_.node(leaving[i])] = {&node, int(i)};
    order_.push_back(&node);
  }

  FunctionBody& body_;
  const FusionGroups& groups_;
  const Dependencies& all_;
  std::vector<char> done_;
  std::vector<Node*> order_;
  PointerMap<Endpoint> replaced_;
};

}  // namespace

int make_fused_nodes(FunctionBody& body, const FusionGroups& groups) { return Builder(body, groups).run(); }

}  // namespace runnel::inline v0
