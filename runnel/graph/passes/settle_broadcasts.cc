#include <algorithm>

#include "runnel/core/named_size.h"
#include "runnel/graph/passes/passes.h"
#include "runnel/ops/array/ints.h"

namespace runnel::inline v0 {

namespace {

// The shape whose sizes the endpoint holds; false where that is not known.
bool shape_in(Endpoint e, PartialShape& out) {
  if (const Tensor* value = constant_value(e)) {
    out = PartialShape(read_ints(*value));
    return true;
  }
  if (!is_type(*e.node, "Shape")) return false;
  Endpoint of = e.node->inputs[0];
  out = of.node->shapes[size_t(of.output)];
  return out.has_rank();
}

// The axes of the result along which `from` is repeated beside `other`; false where a run has to tell. As when gradients are
// computed eagerly, no axis is listed along which nothing is repeated.
bool repeated_axes(const PartialShape& from, const PartialShape& other, Dims& axes) {
  int rank = std::max(from.rank(), other.rank());
  auto at = [&](const PartialShape& s, int i) { return i < rank - s.rank() ? int64_t(1) : s[i - (rank - s.rank())]; };
  for (int i = 0; i < rank; ++i) {
    int64_t size = at(from, i), beside = at(other, i);
    bool same = size == beside && size != PartialShape::kUnknown && i >= rank - from.rank();
    if (same || size == 0 || size > 1) continue;
    if (size < 0) return false;
    axes.push_back(i);
  }
  return true;
}

bool settle(Node& node) {
  PartialShape from, other;
  if (!shape_in(node.inputs[0], from) || !shape_in(node.inputs[1], other)) return false;
  Dims axes;
  if (!repeated_axes(from, other, axes)) return false;
  node.dtypes.resize(1);
  become_constant(node, int_vector(node.dtypes[0], axes));
  return true;
}

}  // namespace

int settle_broadcasts(FunctionBody& body) {
  PointerMap<bool> both;  // nodes whose second output is used, too
  for (const auto& node : body.graph->nodes())
    for (Endpoint in : node->inputs)
      if (in.output == 1) both[in.node] = true;
  for (Endpoint e : body.outputs)
    if (e.output == 1) both[e.node] = true;
  int count = 0;
  for (const auto& node : body.graph->nodes())
    if (is_type(*node, "BroadcastGradientArgs") && !both.contains(node.get())) count += settle(*node);
  return count;
}

}  // namespace runnel::inline v0
