#include "runnel/graph/explain.h"

#include <algorithm>

#include "runnel/base/text.h"
#include "runnel/graph/text.h"

namespace runnel::inline v0 {

namespace {

FunctionBody body_of(const GraphFunction& f) {
  std::lock_guard lock(f.mutex());
  std::vector<const Node*> inputs(f.inputs().begin(), f.inputs().end());
  return copy_inlined(f.graph(), inputs, std::span(f.outputs().data(), size_t(f.num_results())));
}

/// Writes functions, each once, in the order in which they are met.
class Writer {
 public:
  void add(const GraphFunction& f) {
    if (std::exchange(seen_[&f], true)) return;
    FunctionBody body = body_of(f);
    optimise(body);
    std::vector<std::string> inputs, outputs;
    for (const Node* node : body.inputs) inputs.push_back(node->name);
    for (Endpoint e : body.outputs) outputs.push_back(e.output == 0 ? e.node->name : cat(e.node->name, ":", e.output));
    out += cat("// ", f.name(), "(", join(inputs), ") -> ", join(outputs), "\n", graph_text(*body.graph));
    for (const auto& node : body.graph->nodes())
      for (const NamedAttr& attr : node->attrs) {
        if (auto* one = std::get_if<FunctionAttr>(&attr.value)) add_callee(*one);
        if (auto* list = std::get_if<std::vector<FunctionAttr>>(&attr.value))
          for (const FunctionAttr& callee : *list) add_callee(callee);
      }
  }
  std::string out;

 private:
  void add_callee(const FunctionAttr& attr) {
    if (auto* f = dynamic_cast<const GraphFunction*>(attr.function.get())) add(*f);
  }
  PointerMap<bool> seen_;
};

}  // namespace

std::string optimised_text(const GraphFunction& f) {
  Writer writer;
  writer.add(f);
  return writer.out;
}

std::string explain_program(const GraphFunction& f) {
  const Program& program = f.program();
  FunctionBody body = body_of(f);
  PassReport report = optimise(body, true);
  std::string out = cat("  ", f.graph().nodes().size(), " nodes, ", program.num_steps(), " kernel calls a run, ", program.peak_bytes(),
                        " bytes at most at one time (sizes that only a run tells as ", Program::kAssumedSize, ")\n  exact passes:");
  for (const auto& [pass, count] : report.counts)
    if (count > 0) out += cat(" ", pass, " ", count);
  out += f.graph().relaxed ? cat("\n  relaxed (jit_compile): relax_arithmetic ", report.relaxed, "\n") : "\n";
  for (size_t i = 0; i < report.fused.size(); ++i) {
    auto begin = report.fused.begin(), at = begin + std::ptrdiff_t(i);
    if (std::find(begin, at, *at) != at) continue;
    auto count = std::count(at, report.fused.end(), *at);
    out += cat("  fused: ", *at, count > 1 ? cat(" (and ", count - 1, " alike)") : "", "\n");
  }
  for (const std::string& reason : report.apart) out += cat("  ", reason, "\n");
  return out;
}

}  // namespace runnel::inline v0
