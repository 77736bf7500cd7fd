#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

// True for Transpose(x, [1, 0]) of a matrix.
bool swaps_matrix(const Node& node) {
  if (!is_type(node, "Transpose") || !node.shapes[0].has_rank() || node.shapes[0].rank() != 2) return false;
  const Tensor* permutation = constant_value(node.inputs[1]);
  if (!permutation) return false;
  return permutation->dtype() == int32 ? permutation->data<int32_t>()[0] == 1 : permutation->data<int64_t>()[0] == 1;
}

// A product of few rows or columns is summed in another order where a matrix lies transposed (runtime/cpu/gemm.cc): there the
// bits would change.
constexpr int64_t kFewest = 16;
bool keeps_bits(const Node& node) {
  const PartialShape& out = node.shapes[0];
  return out.has_rank() && out[0] >= kFewest && out[1] >= kFewest;
}

bool absorb(Node& node, size_t operand, const char* attr) {
  const Node& input = *node.inputs[operand].node;
  if (!swaps_matrix(input)) return false;
  node.attrs.set(attr, !flag(node, attr));
  node.inputs[operand] = input.inputs[0];
  return true;
}

}  // namespace

int transposes_into_matmul(FunctionBody& body) {
  int count = 0;
  for (const auto& node : body.graph->nodes()) {
    if (!is_type(*node, "MatMul") || !(body.graph->relaxed || keeps_bits(*node))) continue;
    count += absorb(*node, 0, "transpose_a");
    count += absorb(*node, 1, "transpose_b");
  }
  return count;
}

}  // namespace runnel::inline v0
