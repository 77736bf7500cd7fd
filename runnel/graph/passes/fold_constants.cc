#include "runnel/base/error.h"
#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kMostBytes = 1 << 16;  // larger results are rather computed than kept

bool has_function(const Node& node) {
  for (const NamedAttr& attr : node.attrs)
    if (std::holds_alternative<FunctionAttr>(attr.value) || std::holds_alternative<std::vector<FunctionAttr>>(attr.value)) return true;
  return false;
}

bool can_fold(const Node& node) {
  if (node.inputs.empty() || node.num_outputs() != 1 || effect_of(node) != Effect::kNone || has_function(node)) return false;
  if (!node.dtypes[0].is_plain()) return false;
  for (Endpoint in : node.inputs)
    if (!constant_value(in)) return false;
  return true;
}

}  // namespace

int fold_constants(FunctionBody& body) {
  int count = 0;
  EagerScope eager;
  for (const auto& node : body.graph->nodes()) {
    if (!can_fold(*node)) continue;
    std::vector<Tensor> inputs;
    for (Endpoint in : node->inputs) inputs.push_back(*constant_value(in));
    try {
      Tensor value = run(*node->op, inputs, node->attrs);
      if (value.nbytes() > kMostBytes) continue;
      become_constant(*node, value);
      ++count;
    } catch (const Error&) {  // the run will report it, if it gets there
    }
  }
  return count;
}

}  // namespace runnel::inline v0
