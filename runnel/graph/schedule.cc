#include "runnel/graph/schedule.h"

#include <algorithm>

#include "runnel/base/pointer_map.h"
#include "runnel/graph/fusion/fusion.h"

namespace runnel::inline v0 {

namespace {

constexpr double kLong = 2e6;          // operations; about 50 microseconds of a core
constexpr double kWorthwhile = 1.3;    // all work over the longest chain's
constexpr int64_t kUnknownSize = 64;   // a guess for dimensions that only a run tells
constexpr double kUnknownCall = 1e6;   // a guess for loops and branches

double elements(const PartialShape& shape) {
  double n = 1;
  for (int64_t dim : shape) n *= double(dim < 0 ? kUnknownSize : dim);
  return shape.has_rank() ? n : double(kUnknownSize);
}

/// Every step works on about as much as the largest of what goes in and out.
double fused_work(const Node& node, double out) {
  for (Endpoint in : node.inputs) out = std::max(out, elements(in.node->shapes[size_t(in.output)]));
  return out * static_cast<const Fusion&>(*std::get<FunctionAttr>(*node.attrs.find("fusion")).function).num_steps();
}

PartialShape input_shape(const Node& node, size_t i) { return node.inputs[i].node->shapes[size_t(node.inputs[i].output)]; }

}  // namespace

double estimated_work(const Node& node) {
  std::string_view type = node.type();
  double out = 0;
  for (const PartialShape& shape : node.shapes) out += elements(shape);
  if (type == "_Fused") return fused_work(node, out);
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

std::unique_ptr<Schedule> make_schedule(const std::vector<const Node*>& nodes) {
  auto schedule = std::make_unique<Schedule>();
  schedule->successors.resize(nodes.size());
  schedule->predecessors.resize(nodes.size());
  PointerMap<int> place;
  auto wait = [&](int step, int before) {
    std::vector<int>& list = schedule->successors[size_t(before)];
    if (std::find(list.begin(), list.end(), step) != list.end()) return;
    list.push_back(step);
    ++schedule->predecessors[size_t(step)];
  };
  int last_effect = -1;
  double total = 0;
  for (int i = 0; i < int(nodes.size()); ++i) {
    place[nodes[size_t(i)]] = i;
    for (Endpoint in : nodes[size_t(i)]->inputs)
      if (const int* before = place.find(in.node)) wait(i, *before);
    if (effect_of(*nodes[size_t(i)]) != Effect::kNone) {
      if (last_effect >= 0) wait(i, last_effect);
      last_effect = i;
    }
    total += estimated_work(*nodes[size_t(i)]);
  }
  std::vector<double> chain(nodes.size());  // the longest that begins with each step
  for (size_t i = nodes.size(); i-- > 0;) {
    for (int next : schedule->successors[i]) chain[i] = std::max(chain[i], chain[size_t(next)]);
    chain[i] += estimated_work(*nodes[i]);
    schedule->is_long.insert(schedule->is_long.begin(), chain[i] >= kLong);
  }
  double longest = chain.empty() ? 0 : *std::max_element(chain.begin(), chain.end());
  return total >= 2 * kLong && total > kWorthwhile * longest ? std::move(schedule) : nullptr;
}

}  // namespace runnel::inline v0
