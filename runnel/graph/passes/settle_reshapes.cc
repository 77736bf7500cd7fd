#include "runnel/core/named_size.h"
#include "runnel/graph/passes/passes.h"
#include "runnel/ops/array/ints.h"

namespace runnel::inline v0 {

namespace {

int64_t elements_of(const PartialShape& shape) {
  int64_t n = 1;
  for (int64_t size : shape) n = product_of_sizes(n, size);
  return n;
}

// The sizes with -1 for the only unknown one; false where a run has to tell them, or to find a fault.
bool constant_sizes(const PartialShape& in, const PartialShape& out, Dims& sizes) {
  if (!in.has_rank() || !out.has_rank() || elements_of(out) == PartialShape::kUnknown || elements_of(in) != elements_of(out)) return false;
  int unknown = 0;
  for (int64_t size : out) {
    if (size == 0) return false;  // then -1 could be anything
    unknown += size < 0;
    sizes.push_back(size < 0 ? -1 : size);
  }
  return unknown <= 1;
}

}  // namespace

int settle_reshapes(FunctionBody& body) {
  std::vector<Node*> reshapes;
  for (const auto& node : body.graph->nodes())
    if (is_type(*node, "Reshape") && !constant_value(node->inputs[1])) reshapes.push_back(node.get());
  int count = 0;
  for (Node* node : reshapes) {
    Endpoint in = node->inputs[0];
    Dims sizes;
    if (!constant_sizes(in.node->shapes[size_t(in.output)], node->shapes[0], sizes)) continue;
    DType dtype = node->inputs[1].node->dtypes[size_t(node->inputs[1].output)];
    node->inputs[1] = body.graph->constant(int_vector(dtype, sizes), node->name + "/shape");
    body.graph->move_before(*node, body.graph->nodes().size() - 1);
    ++count;
  }
  return count;
}

}  // namespace runnel::inline v0
