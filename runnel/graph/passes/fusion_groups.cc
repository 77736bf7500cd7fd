#include "runnel/graph/passes/fusion_groups.h"

#include <algorithm>

#include "runnel/graph/fusion/fusion.h"

namespace runnel::inline v0 {

namespace {
constexpr int kMostOutputs = 8;
constexpr size_t kFarthest = 2000;  // units that are looked at, for one merger, at most: so compiling takes time linear in nodes

bool contains(const std::vector<int>& sorted, int i) { return std::binary_search(sorted.begin(), sorted.end(), i); }
}  // namespace

Dependencies::Dependencies(const FunctionBody& body) {
  for (const auto& node : body.graph->nodes()) {
    place_[node.get()] = int(nodes_.size());
    nodes_.push_back(node.get());
  }
  before_.resize(nodes_.size());
  after_.resize(nodes_.size());
  for (int i = 0; i < size(); ++i) {
    for (Endpoint in : node(i).inputs) wait(i, place(in.node));
    order_effects(i);
  }
}

void Dependencies::wait(int i, int earlier) {
  before_[size_t(i)].push_back(earlier);
  after_[size_t(earlier)].push_back(i);
}

// Reads come after the last write; a write comes after all that came before.
void Dependencies::order_effects(int i) {
  Effect effect = effect_of(node(i));
  if (effect == Effect::kNone) return;
  if (last_write_ >= 0) wait(i, last_write_);
  if (effect == Effect::kReads) return reads_.push_back(i);
  for (int read : reads_) wait(i, read);
  reads_.clear();
  last_write_ = i;
}

FusionGroups::FusionGroups(const FunctionBody& body) : all_(body), is_result_(size_t(all_.size())), group_(size_t(all_.size()), -1), seen_(size_t(all_.size()), 0) {
  for (int i = 0; i < all_.size(); ++i) rank_.push_back(i);
  for (Endpoint e : body.outputs) is_result_[size_t(all_.place(e.node))] = true;
}

std::vector<int> FusionGroups::unit(int i) const {
  if (of(i) < 0) return {i};
  const FusionGroup& group = groups_[size_t(of(i))];
  std::vector<int> parts = group.members;
  if (group.reduction >= 0) parts.push_back(group.reduction);
  return parts;
}

int FusionGroups::start(int i, const PartialShape& shape, int inner) {
  groups_.push_back({{i}, shape, inner});
  return group_[size_t(i)] = int(groups_.size()) - 1;
}

bool FusionGroups::merge(int from, int into) {
  FusionGroup &a = groups_[size_t(from)], &b = groups_[size_t(into)];
  if (exceeds(a, b) || !bring_together(a.members[0], b.members[0])) return false;
  for (int member : a.members) group_[size_t(member)] = into;
  b.members.insert(b.members.end(), a.members.begin(), a.members.end());
  std::sort(b.members.begin(), b.members.end());
  a.members.clear();
  return true;
}

void FusionGroups::set_reduction(int g, int reduction) {
  if (!bring_together(groups_[size_t(g)].members[0], reduction)) return;
  groups_[size_t(g)].reduction = reduction;
  group_[size_t(reduction)] = g;
}

void FusionGroups::dissolve(int g) {
  FusionGroup& group = groups_[size_t(g)];
  for (int member : group.members) group_[size_t(member)] = -1;
  group.members.clear();
}

const char* FusionGroups::exceeds(const FusionGroup& a, const FusionGroup& b) const {
  static_assert(Fusion::kMaxSteps == 64 && kMostOutputs == 8 && Fusion::kMaxInputs == 16, "as the words say");
  if (a.members.size() + b.members.size() > size_t(Fusion::kMaxSteps)) return "64 operators";
  std::vector<int> both;
  std::merge(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(), std::back_inserter(both));
  auto outputs = std::count_if(both.begin(), both.end(), [&](int member) { return leaves(member, both); });
  if (outputs > kMostOutputs) return "8 results";
  return inputs_of(both).size() > size_t(Fusion::kMaxInputs) ? "16 inputs" : nullptr;
}

std::span<const Endpoint> FusionGroups::operands(int i) const {
  std::span<const Endpoint> inputs = all_.node(i).inputs;
  return Fusion::reduces(all_.node(i)) ? inputs.first(1) : inputs;
}

bool FusionGroups::leaves(int member, const std::vector<int>& members) const {
  const std::vector<int>& users = all_.after(member);
  return is_result_[size_t(member)] || std::any_of(users.begin(), users.end(), [&](int user) { return !contains(members, user); });
}

std::vector<Endpoint> FusionGroups::inputs_of(const std::vector<int>& members) const {
  std::vector<Endpoint> inputs;
  for (int member : members) {
    for (Endpoint in : operands(member))
      if (!contains(members, all_.place(in.node)) && std::find(inputs.begin(), inputs.end(), in) == inputs.end()) inputs.push_back(in);
    if (Fusion::extra_operand(all_.node(member))) inputs.push_back({&all_.node(member), -1});
  }
  return inputs;
}

// --- ranks: as Pearce and Kelly keep a graph's order while edges come in (A dynamic topological sort algorithm, 2006) ---

// Makes the ranks of two units one, if nothing lies between them.
bool FusionGroups::bring_together(int first, int last) {
  if (rank(first) > rank(last)) std::swap(first, last);
  if (reaches_past(first, last)) return set_rank(first, rank(last)), true;
  if (reaches_past(last, first)) return set_rank(last, rank(first)), true;
  Units sooner, later;
  if (!collect(last, first, true, sooner) || !collect(first, last, false, later)) return false;
  reorder(sooner, {first, last}, later);
  return true;
}

/// True where a unit's neighbours towards the goal all have ranks from the goal's on: then it can take that rank itself. So a value
/// that a forward pass leaves to its gradient moves there without a look at what is computed meanwhile.
bool FusionGroups::reaches_past(int start, int goal) const {
  const bool backwards = rank(start) > rank(goal);
  for (int part : unit(start))
    for (int next : backwards ? all_.before(part) : all_.after(part))
      if (rank(next) != rank(start) && (backwards ? rank(next) > rank(goal) : rank(next) < rank(goal))) return false;
  return true;
}

/// The units that one waits for (backwards) or that wait for it, between its rank and the goal's. False where one of them leads
/// to the goal, or where they are too many. The nearest to the goal are looked at first: gradients lead back in a few steps, from
/// whichever layer, where going on in order would see all layers between.
bool FusionGroups::collect(int start, int goal, bool backwards, Units& units) {
  ++search_;
  auto between = [&](int i) { return backwards ? rank(i) > rank(goal) && rank(i) < rank(start) : rank(i) < rank(goal) && rank(i) > rank(start); };
  auto farther = [&](int a, int b) { return backwards ? rank(a) > rank(b) : rank(a) < rank(b); };
  Units waiting{start};
  while (!waiting.empty()) {
    std::pop_heap(waiting.begin(), waiting.end(), farther);
    int now = waiting.back();
    waiting.pop_back();
    for (int part : unit(now))
      for (int next : backwards ? all_.before(part) : all_.after(part)) {
        if (now != start && rank(next) == rank(goal)) return false;
        if (!between(next) || std::exchange(seen_[size_t(rank(next))], search_) == search_) continue;
        if (units.size() == kFarthest) return false;
        units.push_back(next);
        waiting.push_back(next);
        std::push_heap(waiting.begin(), waiting.end(), farther);
      }
  }
  return true;
}

// Shares out the units' ranks anew: the merged ones get one, between those that come sooner and those that come later.
void FusionGroups::reorder(const Units& sooner, const Units& merged, const Units& later) {
  auto by_rank = [&](Units units) {
    std::sort(units.begin(), units.end(), [&](int a, int b) { return rank(a) < rank(b); });
    return units;
  };
  Units first = by_rank(sooner), last = by_rank(later);
  std::vector<int> ranks;
  for (const Units& units : {first, merged, last})
    for (int i : units) ranks.push_back(rank(i));
  std::sort(ranks.begin(), ranks.end());
  size_t next = 0;
  for (int i : first) set_rank(i, ranks[next++]);
  for (int i : merged) set_rank(i, ranks[next]);
  ++next;
  for (int i : last) set_rank(i, ranks[next++]);
}

void FusionGroups::set_rank(int i, int rank) {
  for (int part : unit(i)) rank_[size_t(part)] = rank;
}

}  // namespace runnel::inline v0
