// Why operators were left out of fused nodes, and why fused nodes stayed apart: the finished groups are asked anew, so that
// compiling pays nothing for it.
#include <algorithm>
#include <queue>
#include <set>
#include <unordered_map>

#include "runnel/base/text.h"
#include "runnel/graph/fusion/fusion.h"
#include "runnel/graph/passes/fusion_groups.h"

namespace runnel::inline v0 {

namespace {

class Reasons {
 public:
  explicit Reasons(const FunctionBody& body) : groups_(form_groups(body)), all_(groups_.all()) {}

  std::vector<std::string> run() {
    for (int i = 0; i < all_.size(); ++i)
      if (groups_.of(i) < 0) explain_alone(i);
    for (int i = 0; i < all_.size(); ++i)
      for (int user : all_.after(i))
        if (is_fused(i) && is_fused(user) && groups_.of(i) != groups_.of(user)) explain_pair(i, user);
    std::vector<std::string> out;
    for (const Line& line : lines_) out.push_back(cat(line.text, line.count > 1 ? cat(" (and ", line.count - 1, " alike)") : ""));
    for (const auto& [reason, types] : alike_) out.push_back(cat("not fused: ", join(types), ": ", reason));
    return out;
  }

 private:
  bool is_fused(int i) const { return groups_.of(i) >= 0; }
  bool can_be_fused(int i) const { return effect_of(all_.node(i)) == Effect::kNone && !Fusion::refuses(all_.node(i)); }

  // --- operators that are in no group: alike ones share a line, those between two groups have their own ---

  void explain_alone(int i) {
    const Node& node = all_.node(i);
    if (node.inputs.empty() || std::string_view(node.type()).starts_with("_Fused")) return;
    int before = neighbour(all_.before(i), [&](int k) { return is_fused(k); }), after = neighbour(all_.after(i), [&](int k) { return is_fused(k); });
    if (before >= 0 && after >= 0) add_line(cat("not fused: ", named(i), " between ", text(before), " and ", text(after), ": ", why_alone(i)));
    else count(why_alone(i), node.type());
  }
  // Lines that differ in nothing but the names of nodes are one.
  void add_line(const std::string& text) {
    auto [place, is_new] = alike_lines_.emplace(without_names(text), lines_.size());
    if (is_new) lines_.push_back({text, 1});
    else ++lines_[place->second].count;
  }
  static std::string without_names(const std::string& text) {
    std::string out;
    bool quoted = false;
    for (char c : text) {
      if (c == '"') quoted = !quoted;
      else if (!quoted) out += c;
    }
    return out;
  }
  template <class F>
  static int neighbour(const std::vector<int>& list, F&& fits) {
    auto it = std::find_if(list.begin(), list.end(), fits);
    return it == list.end() ? -1 : *it;
  }
  std::string why_alone(int i) const {
    if (effect_of(all_.node(i)) != Effect::kNone) return "it reads or changes state";
    if (const char* reason = Fusion::refuses(all_.node(i))) return reason;
    auto fits = [&](int k) { return can_be_fused(k); };
    if (int before = neighbour(all_.before(i), fits); before >= 0) return cat("apart from ", text(before), ": ", why_apart(before, i));
    if (int after = neighbour(all_.after(i), fits); after >= 0) return cat("apart from ", text(after), ": ", why_apart(i, after));
    return "nothing beside it can be fused";
  }
  void count(const std::string& reason, const char* type) {
    auto same = std::find_if(alike_.begin(), alike_.end(), [&](const auto& entry) { return entry.first == reason; });
    if (same == alike_.end()) same = alike_.insert(alike_.end(), {reason, {}});
    if (std::find(same->second.begin(), same->second.end(), type) == same->second.end()) same->second.push_back(type);
  }

  // --- groups of which one uses the other's results ---

  void explain_pair(int i, int user) {
    if (!pairs_.insert({groups_.of(i), groups_.of(user)}).second) return;
    add_line(cat("apart: ", text(i), " and ", text(user), ": ", why_apart(i, user)));
  }
  // The group of a node, or the one that it would be.
  FusionGroup unit_of(int i) const {
    if (is_fused(i)) return groups_.group(groups_.of(i));
    const Node& node = all_.node(i);
    if (!Fusion::reduces(node)) return {{i}, node.shapes[0]};
    Endpoint in = node.inputs[0];
    return {{i}, in.node->shapes[size_t(in.output)], Fusion::keeps_dims(node) ? Fusion::reduced_rows(node) : 0};
  }
  std::string why_apart(int i, int user) const {
    FusionGroup a = unit_of(i), b = unit_of(user);
    if (is_fused(i) && a.reduction == i) return "it uses a reduction's result, which is complete at the end";
    bool drops_axes = !is_fused(user) && Fusion::reduces(all_.node(user)) && b.inner == 0;
    if (drops_axes && (a.reduction >= 0 || a.inner > 0)) return "one loop ends in one reduction";
    if (a.inner > 0 && b.inner > 0 && a.inner != b.inner) return "their rows differ";
    if (!shapes_fit(a, b)) return cat("the shapes ", to_text(a.shape), " and ", to_text(b.shape), " differ");
    if (int between = lies_between(i, user); between >= 0) return cat(named(between), " lies between");
    const char* most = groups_.exceeds(a, b);
    return most ? cat("a loop has at most ", most) : "they met when the loop had been made";
  }
  static bool shapes_fit(const FusionGroup& a, const FusionGroup& b) {
    if (a.shape.is_compatible_with(b.shape)) return true;
    auto narrow = [](const FusionGroup& rows, const FusionGroup& other) {
      return rows.inner > 0 && other.shape.is_compatible_with(Fusion::narrow_shape(rows.shape, rows.inner));
    };
    return narrow(a, b) || narrow(b, a);
  }

  /// The first node outside of both on a way from the one to the other; -1 where there is none. Looks at what is nearest to the
  /// other one first, and not at what comes behind it.
  int lies_between(int from, int to) const {
    std::vector<int> start = groups_.unit(from), goal = groups_.unit(to);
    const int end = *std::max_element(goal.begin(), goal.end());
    std::unordered_map<int, int> first;      // the node outside by which each was reached
    std::priority_queue<int> waiting;
    auto is_in = [](const std::vector<int>& unit, int i) { return std::find(unit.begin(), unit.end(), i) != unit.end(); };
    auto reach = [&](int i, int by) {
      if (i < end && !is_in(start, i) && first.emplace(i, by).second) waiting.push(i);
    };
    for (int i : start)
      for (int next : all_.after(i))
        if (!is_in(goal, next)) reach(next, next);
    while (!waiting.empty()) {
      int now = waiting.top(), by = first[now];
      waiting.pop();
      for (int part : groups_.unit(now))
        for (int next : all_.after(part)) {
          if (is_in(goal, next)) return by;
          reach(next, by);
        }
    }
    return -1;
  }

  std::string named(int i) const { return cat(all_.node(i).type(), " \"", all_.node(i).name, "\""); }
  // "Mul+AddV2+Tanh", as the list of what is fused says it; of long ones the ends.
  std::string text(int i) const {
    std::vector<std::string> types;
    FusionGroup unit = unit_of(i);
    for (int member : unit.members) types.push_back(all_.node(member).type());
    if (unit.reduction >= 0) types.push_back(all_.node(unit.reduction).type());
    if (types.size() > 5) types = {types[0], types[1], "...", types[types.size() - 2], types.back()};
    return join(types, "+");
  }

  FusionGroups groups_;
  const Dependencies& all_;
  std::set<std::pair<int, int>> pairs_;
  std::vector<std::pair<std::string, std::vector<std::string>>> alike_;  // reasons, and the types of operators
  struct Line {
    std::string text;
    int count;
  };
  std::vector<Line> lines_;
  std::unordered_map<std::string, size_t> alike_lines_;  // places in lines_, by the text without names
};

}  // namespace

std::vector<std::string> reasons_apart(const FunctionBody& body) { return Reasons(body).run(); }

}  // namespace runnel::inline v0
