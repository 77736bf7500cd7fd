#include "runnel/base/text.h"
#include "runnel/graph/passes/passes.h"
#include "runnel/ops/optimizer_updates.h"

namespace runnel::inline v0 {

namespace {

struct Pass {
  const char* name;
  int (*run)(FunctionBody&);
};
constexpr Pass kPasses[] = {
    {"fold_constants", fold_constants},
    {"settle_branches", settle_branches},
    {"settle_broadcasts", settle_broadcasts},
    {"settle_reshapes", settle_reshapes},
    {"simplify_arithmetic", simplify_arithmetic},
    {"broadcasts_into_elementwise", broadcasts_into_elementwise},
    {"transposes_into_matmul", transposes_into_matmul},
    {"merge_common", merge_common},
    {"hoist_invariants", hoist_invariants},
};
constexpr int kMostRounds = 4;

// "KerasApplyAdam of 4 Variables"
std::string updates_text(const Node& node) {
  const std::string& op = std::get<std::string>(*node.attrs.find("update"));
  return cat(op, " of ", int(node.inputs.size()) / optimizer_update(op)->inputs, " Variables");
}

std::vector<std::string> fused_nodes(const FunctionBody& body) {
  std::vector<std::string> out;
  for (const auto& node : body.graph->nodes()) {
    if (is_type(*node, "_Fused")) out.push_back(std::get<FunctionAttr>(*node->attrs.find("fusion")).name);
    if (is_type(*node, "_FusedUpdates")) out.push_back(updates_text(*node));
    if (is_type(*node, "_FusedMatMul") || is_type(*node, "_FusedConv2D"))
      out.push_back(cat(node->type() + 6, "+Add", flag(*node, "relu") ? "+Relu" : ""));
  }
  return out;
}

}  // namespace

PassReport optimise(FunctionBody& body, bool with_reasons) {
  PassReport report;
  name_sizes(body);
  for (const Pass& pass : kPasses) report.counts.emplace_back(pass.name, 0);
  for (int round = 0; round < kMostRounds; ++round) {
    int changes = 0;
    for (size_t i = 0; i < std::size(kPasses); ++i) {
      int count = kPasses[i].run(body);
      if (count > 0) prune(body);
      report.counts[i].second += count;
      changes += count;
    }
    if (body.graph->relaxed) {
      int count = relax_arithmetic(body);
      prune(body);
      report.relaxed += count;
      changes += count;
    }
    if (changes == 0) break;
  }
  report.counts.emplace_back("bias_into_products", bias_into_products(body));
  report.counts.emplace_back("updates_together", updates_together(body));
  prune(body);
  if (with_reasons) report.apart = reasons_apart(body);
  report.counts.emplace_back("fuse_elementwise", fuse_elementwise(body));
  prune(body);
  report.fused = fused_nodes(body);
  return report;
}

}  // namespace runnel::inline v0
