// Which nodes become one: groups of nodes that nothing outside lies between, so that each can run as a whole.
#pragma once

#include <vector>

#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

/// The nodes by position, and what each waits for: its inputs, and earlier nodes whose effects must come first.
class Dependencies {
 public:
  explicit Dependencies(const FunctionBody& body);
  int size() const { return int(nodes_.size()); }
  Node& node(int i) const { return *nodes_[size_t(i)]; }
  int place(const Node* node) const { return *place_.find(node); }
  const std::vector<int>& before(int i) const { return before_[size_t(i)]; }
  const std::vector<int>& after(int i) const { return after_[size_t(i)]; }

 private:
  void wait(int i, int earlier);
  void order_effects(int i);

  std::vector<Node*> nodes_;
  PointerMap<int> place_;
  std::vector<std::vector<int>> before_, after_;
  std::vector<int> reads_;
  int last_write_ = -1;
};

struct FusionGroup {
  std::vector<int> members;  // positions of nodes, in order
  PartialShape shape;
  int inner = 0;             // > 0: works on rows, the last `inner` dimensions of `shape`; its reductions are members
  int reduction = -1;        // of other groups: position of a node that reduces what a member gives
};

/// A group or a node alone is a unit. Units keep a rank each, such that whoever waits has the higher one: what may lie
/// between two of them has ranks between theirs.
class FusionGroups {
 public:
  explicit FusionGroups(const FunctionBody& body);

  const Dependencies& all() const { return all_; }
  const FusionGroup& group(int g) const { return groups_[size_t(g)]; }
  /// The number of a node's group; -1 where none.
  int of(int i) const { return group_[size_t(i)]; }
  /// The nodes that run when this one does.
  std::vector<int> unit(int i) const;

  int start(int i, const PartialShape& shape, int inner = 0);
  /// The group `from` goes into the group `into`, unless they are too large together, or something waits for one and the other
  /// for it.
  bool merge(int from, int into);
  /// The reduction of a member's value runs with the group. Nothing lies between the two.
  void set_reduction(int g, int reduction);
  void dissolve(int g);
  /// What one loop would have too many of, if it held both: "64 operators"; nullptr where it can.
  const char* exceeds(const FusionGroup& a, const FusionGroup& b) const;
  void set_shape(int g, const PartialShape& shape) { groups_[size_t(g)].shape = shape; }

  /// What some nodes take from outside, each once; {node, -1} stands for an attribute that is an operand.
  std::vector<Endpoint> inputs_of(const std::vector<int>& members) const;
  /// Whether somebody else than the members reads a member's value.
  bool leaves(int member, const std::vector<int>& members) const;
  /// What a member computes with: its inputs, but for a reduction's axes.
  std::span<const Endpoint> operands(int i) const;

 private:
  using Units = std::vector<int>;  // a position for each unit
  bool bring_together(int first, int last);
  bool reaches_past(int start, int goal) const;
  bool collect(int start, int goal, bool backwards, Units& units);
  void reorder(const Units& sooner, const Units& merged, const Units& later);
  void set_rank(int i, int rank);
  int rank(int i) const { return rank_[size_t(i)]; }

  Dependencies all_;
  std::vector<char> is_result_;  // of the function
  std::vector<FusionGroup> groups_;
  std::vector<int> group_, rank_;
  std::vector<int> seen_;        // the search that met a unit last, by its rank
  int search_ = 0;
};

/// The groups that fuse_elementwise makes nodes of.
FusionGroups form_groups(const FunctionBody& body);
/// Groups become nodes _Fused. Returns how many.
int make_fused_nodes(FunctionBody& body, const FusionGroups& groups);

}  // namespace runnel::inline v0
