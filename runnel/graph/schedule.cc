#include "runnel/graph/schedule.h"

#include <algorithm>

#include "runnel/base/pointer_map.h"
#include "runnel/core/named_size.h"
#include "runnel/graph/fusion/fusion.h"
#include "runnel/graph/graph_function.h"

namespace runnel::inline v0 {

namespace {

constexpr double kLong = 2e7;          // operations; some 200 microseconds of a core
constexpr double kLight = 1e5;         // what takes no longer is as good as done
constexpr double kWorthwhile = 1.3;    // all work over the longest chain's
constexpr size_t kMostSteps = 8192;    // of longer programs no table of ancestors is made
constexpr int64_t kUnknownSize = 64;   // a guess for dimensions that only a run tells
constexpr double kUnknownCall = 1e6;   // a guess for loops and branches

double elements(const PartialShape& shape) {
  double n = 1;
  for (int64_t dim : shape) n *= double(is_named(dim) ? name_of_size(dim).factor * kUnknownSize : dim < 0 ? kUnknownSize : dim);
  return shape.has_rank() ? n : double(kUnknownSize);
}

/// Every step works on about as much as the largest of what goes in and out.
double fused_work(const Node& node, double out) {
  for (Endpoint in : node.inputs) out = std::max(out, elements(in.node->shapes[size_t(in.output)]));
  return out * static_cast<const Fusion&>(*std::get<FunctionAttr>(*node.attrs.find("fusion")).function).num_steps();
}

double updates_work(const Node& node) {
  double out = 0;
  for (Endpoint in : node.inputs) out += elements(in.node->shapes[size_t(in.output)]);
  return out;
}

PartialShape input_shape(const Node& node, size_t i) { return node.inputs[i].node->shapes[size_t(node.inputs[i].output)]; }

}  // namespace

double estimated_work(const Node& node) {
  std::string_view type = node.type();
  double out = 0;
  for (const PartialShape& shape : node.shapes) out += elements(shape);
  if (type == "_Fused") return fused_work(node, out);
  if (type == "_FusedUpdates") return updates_work(node);
  if (type.starts_with("_Fused")) type.remove_prefix(6);  // a product or convolution with its bias
  if (type == "MatMul" || type == "BatchMatMulV2" || type == "BatchMatMul") {
    PartialShape a = input_shape(node, 0);
    double inner = a.has_rank() ? std::max(elements(a.slice(-1, a.rank())), elements(a.slice(-2, -1))) : double(kUnknownSize);
    return 2 * out * inner;
  }
  if (type.starts_with("Conv") && node.inputs.size() >= 2) return 2 * out * elements(input_shape(node, 1)) / 16;
  if (node.op->schema().has_sequences)
    for (const NamedAttr& attr : node.attrs)
      if (std::holds_alternative<FunctionAttr>(attr.value)) return kUnknownCall;
  return out;
}

namespace {

/// Who waits for whom, and what it costs.
class WaitingGraph {
 public:
  explicit WaitingGraph(const std::vector<const Node*>& nodes) : size_(nodes.size()), schedule_(std::make_unique<Schedule>()), before_(size_) {
    schedule_->successors.resize(size_);
    schedule_->predecessors.resize(size_);
    PointerMap<int> place;
    int last_effect = -1;
    for (int i = 0; i < int(size_); ++i) {
      const Node& node = *nodes[size_t(i)];
      place[&node] = i;
      for (Endpoint in : node.inputs)
        if (const int* before = place.find(in.node)) wait(i, *before);
      if (effect_of(node) != Effect::kNone) {
        if (last_effect >= 0) wait(i, last_effect);
        last_effect = i;
      }
      work_.push_back(estimated_work(node));
      double chain = 0;  // the longest that ends with the step
      for (int b : before_[size_t(i)]) chain = std::max(chain, chain_[size_t(b)]);
      chain_.push_back(chain + work_.back());
    }
  }

  /// Whether threads can share the work, as far as sums tell.
  bool may_be_worthwhile() const {
    double total = 0, longest = 0;
    for (size_t i = 0; i < size_; ++i) total += work_[i], longest = std::max(longest, chain_[i]);
    return size_ <= kMostSteps && total >= 2 * kLong && total > kWorthwhile * longest;
  }

  /// Finds the steps that a thread of its own is worth. True where two of them may be ready at the same time.
  bool find_long() {
    find_ancestors();
    int last = -1;
    bool any_two = false;
    for (int i = 0; i < int(size_); ++i) {
      bool is_long = work_behind(i) >= kLong;
      schedule_->is_long.push_back(is_long);
      if (!is_long) continue;
      any_two |= last >= 0 && !is_ancestor(last, i);
      last = i;
    }
    return any_two;
  }

  std::unique_ptr<Schedule> take() { return std::move(schedule_); }

 private:
  void wait(int step, int before) {
    std::vector<int>& list = before_[size_t(step)];
    if (std::find(list.begin(), list.end(), before) != list.end()) return;
    list.push_back(before);
    schedule_->successors[size_t(before)].push_back(step);
    ++schedule_->predecessors[size_t(step)];
  }

  // One row of bits a step.
  void find_ancestors() {
    words_ = (size_ + 63) / 64;
    ancestors_.assign(size_ * words_, 0);
    for (size_t i = 0; i < size_; ++i)
      for (int b : before_[i]) {
        for (size_t w = 0; w < words_; ++w) ancestors_[i * words_ + w] |= ancestors_[size_t(b) * words_ + w];
        ancestors_[i * words_ + size_t(b) / 64] |= uint64_t(1) << b % 64;
      }
  }
  bool is_ancestor(int a, int of) const { return ancestors_[size_t(of) * words_ + size_t(a) / 64] >> a % 64 & 1; }

  /// The work that becomes ready by step i and waits for nothing else, as far as kLong.
  double work_behind(int i) const {
    std::vector<int> region{i};
    double work = work_[size_t(i)];
    auto has = [&](int step) { return std::find(region.begin(), region.end(), step) != region.end(); };
    auto ready = [&](int before) { return is_ancestor(before, i) || chain_[size_t(before)] < kLight || has(before); };
    for (size_t at = 0; at < region.size() && work < kLong; ++at)
      for (int next : schedule_->successors[size_t(region[at])]) {
        if (has(next) || !std::all_of(before_[size_t(next)].begin(), before_[size_t(next)].end(), ready)) continue;
        region.push_back(next);
        work += work_[size_t(next)];
      }
    return work;
  }

  size_t size_, words_ = 0;
  std::unique_ptr<Schedule> schedule_;
  std::vector<std::vector<int>> before_;
  std::vector<double> work_, chain_;
  std::vector<uint64_t> ancestors_;
};

}  // namespace

std::unique_ptr<Schedule> make_schedule(const std::vector<const Node*>& nodes) {
  // A thread of the pool would wait for the lock of the host's interpreter, which the caller may hold.
  if (std::any_of(nodes.begin(), nodes.end(), [](const Node* node) { return calls_host(*node); })) return nullptr;
  WaitingGraph waiting(nodes);
  return waiting.may_be_worthwhile() && waiting.find_long() ? waiting.take() : nullptr;
}

}  // namespace runnel::inline v0
