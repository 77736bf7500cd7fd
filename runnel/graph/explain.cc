#include "runnel/graph/explain.h"

#include <algorithm>

#include "runnel/base/text.h"
#include "runnel/graph/text.h"

namespace runnel::inline v0 {

namespace {

/// Compiles a function anew, then those that its graph calls, each once, in the order in which they are met.
class Walk {
 public:
  using Visit = function_ref<void(const GraphFunction& f, int outputs, const FunctionBody& body, const PassReport& report)>;
  Walk(bool with_reasons, Visit visit) : with_reasons_(with_reasons), visit_(visit) {}

  void add(const GraphFunction& f, int outputs) {
    if (std::exchange(seen_[&f], true)) return;
    FunctionBody body = body_of(f, outputs);
    PassReport report = optimise(body, with_reasons_);
    visit_(f, outputs, body, report);
    for (const auto& node : body.graph->nodes())
      for (const NamedAttr& attr : node->attrs) {
        if (auto* one = std::get_if<FunctionAttr>(&attr.value)) add_callee(*one, *node, attr.name);
        if (auto* list = std::get_if<std::vector<FunctionAttr>>(&attr.value))
          for (const FunctionAttr& callee : *list) add_callee(callee, *node, attr.name);
      }
  }

 private:
  static FunctionBody body_of(const GraphFunction& f, int outputs) {
    std::lock_guard lock(f.mutex());
    std::vector<const Node*> inputs(f.inputs().begin(), f.inputs().end());
    return copy_inlined(f.graph(), inputs, std::span(f.outputs().data(), size_t(outputs)));
  }
  void add_callee(const FunctionAttr& attr, const Node& caller, std::string_view name) {
    if (auto* f = dynamic_cast<const GraphFunction*>(attr.function.get())) add(*f, outputs_used(*f, caller, name));
  }
  // Besides its results, those that the caller's gradient needs.
  static int outputs_used(const GraphFunction& f, const Node& caller, std::string_view name) {
    const AttrValue* types = caller.attrs.find("Tout");
    if (!types || name == "cond") return f.num_results();
    int given = int(std::get<std::vector<DType>>(*types).size());
    return name == "body" ? f.num_results() + given - int(caller.inputs.size()) - 1 : given;  // a body's lists follow a counter
  }

  bool with_reasons_;
  Visit visit_;
  PointerMap<bool> seen_;
};

std::string counted(const std::vector<std::string>& list, const std::string& head) {
  std::string out;
  for (auto at = list.begin(); at != list.end(); ++at) {
    if (std::find(list.begin(), at, *at) != at) continue;
    auto count = std::count(at, list.end(), *at);
    out += cat("  ", head, *at, count > 1 ? cat(" (and ", count - 1, " alike)") : "", "\n");
  }
  return out;
}

std::string explained(const GraphFunction& f, const Program& program, const PassReport& report) {
  std::string out = cat("  ", f.graph().nodes().size(), " nodes, ", program.num_steps(), " kernel calls a run, ", program.peak_bytes(),
                        " bytes at most at one time (sizes that only a run tells as ", Program::kAssumedSize, ")\n  exact passes:");
  for (const auto& [pass, count] : report.counts)
    if (count > 0) out += cat(" ", pass, " ", count);
  out += f.graph().relaxed ? cat("\n  relaxed (jit_compile): relax_arithmetic ", report.relaxed, "\n") : "\n";
  return out + counted(report.fused, "fused: ") + counted(report.apart, "");
}

}  // namespace

std::string optimised_text(const GraphFunction& f) {
  std::string out;
  auto write = [&](const GraphFunction& g, int, const FunctionBody& body, const PassReport&) {
    std::vector<std::string> inputs, outputs;
    for (const Node* node : body.inputs) inputs.push_back(node->name);
    for (Endpoint e : body.outputs) outputs.push_back(e.output == 0 ? e.node->name : cat(e.node->name, ":", e.output));
    out += cat("// ", g.name(), "(", join(inputs), ") -> ", join(outputs), "\n", graph_text(*body.graph));
  };
  Walk(false, write).add(f, f.num_results());
  return out;
}

std::string explain_program(const GraphFunction& f) {
  std::string out;
  auto write = [&](const GraphFunction& g, int outputs, const FunctionBody&, const PassReport& report) {
    out += cat(&g == &f ? "" : cat("  in ", g.name(), ", for each time that it is called:\n"), explained(g, g.program(outputs), report));
  };
  Walk(true, write).add(f, f.num_results());
  return out;
}

}  // namespace runnel::inline v0
