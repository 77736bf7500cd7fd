#include "runnel/graph/control_flow.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/graph/control/functional.h"
#include "runnel/graph/shapes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/debugging.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

std::vector<FunctionAttr> attrs_of(const std::vector<Ref<GraphFunction>>& functions) {
  std::vector<FunctionAttr> out;
  for (const auto& f : functions) out.push_back(f->attr());
  return out;
}

Effect effect_of(const std::vector<Ref<GraphFunction>>& functions) {
  Effect effect = Effect::kNone;
  for (const auto& f : functions) effect = std::max(effect, f->effect());
  return effect;
}

[[noreturn]] void fail_branches(const char* what, const std::string& got) {
  fail<TypeError>("", cat("true_fn and false_fn arguments to tf.cond must have the same number, type, and overall structure of return values."),
                  {.got = cat(got, ": ", what)});
}

void check_alike(const std::vector<Traced>& branches) {
  for (const Traced& b : branches) {
    if (b.outputs.size() != branches[0].outputs.size())
      fail_branches("another number of results", cat(branches[0].outputs.size(), " and ", b.outputs.size()));
    for (size_t i = 0; i < b.outputs.size(); ++i) {
      DType first = branches[0].outputs[i].node->dtypes[0], other = b.outputs[i].node->dtypes[0];
      if (first != other) fail_branches("results have different types", cat(first, " and ", other));
    }
  }
}

std::vector<Tensor> trace_branches(const char* name, const Tensor& chooser, const std::vector<BranchFunction>& fns) {
  std::vector<Traced> traced;
  for (const BranchFunction& fn : fns)
    traced.push_back(trace_function(unique_function_name(name), {}, [&](const std::vector<Tensor>&) { return fn(); }));
  check_alike(traced);
  std::vector<Tensor> inputs = unify_captures(traced, 0);
  std::vector<Ref<GraphFunction>> functions;
  std::vector<GraphFunction*> branches;
  for (const Traced& t : traced) {
    functions.push_back(t.function());
    branches.push_back(functions.back().get());
  }
  int results = functions[0]->num_results(), order = wanted_order(inputs);
  ensure_level(branches, order);
  Attrs attrs{{"Tin", functions[0]->input_types()}, {"Tout", functions[0]->output_types(functions[0]->end(order))}};
  bool is_if = chooser.dtype() != int32, pure = effect_of(functions) == Effect::kNone;
  if (is_if) {
    attrs.set("then_branch", functions[0]->attr());
    attrs.set("else_branch", functions[1]->attr());
  } else {
    attrs.set("branches", attrs_of(functions));
  }
  inputs.insert(inputs.begin(), chooser);
  if (thread_context().op_name.empty()) thread_context().op_name = name;
  std::vector<Tensor> outputs = run_all(get_op(is_if ? (pure ? "StatelessIf" : "If") : (pure ? "StatelessCase" : "Case")), inputs, attrs);
  outputs.resize(size_t(results));
  return outputs;
}

bool decided(const Tensor& t) { return !t.is_symbolic(); }

// Under handles of their own, so that gradients arrive here apart from what else uses these tensors, and have the sums, hence the
// bits, of a graph.
std::vector<Tensor> apart(std::vector<Tensor> values) {
  if (thread_context().recorders.empty()) return values;
  for (Tensor& t : values)
    if (continues_sum(t.dtype())) t = identity(t);
  return values;
}

}  // namespace

std::vector<Tensor> cond(const Tensor& pred, const BranchFunction& true_fn, const BranchFunction& false_fn) {
  if (decided(pred)) return apart(is_true(pred) ? true_fn() : false_fn());
  return trace_branches("cond", pred.dtype() == int32 ? cast(pred, bool_) : pred, {true_fn, false_fn});
}

Tensor cond(const Tensor& pred, const std::function<Tensor()>& true_fn, const std::function<Tensor()>& false_fn) {
  auto list = [](const std::function<Tensor()>& f) { return [&f] { return std::vector<Tensor>{f()}; }; };
  return cond(pred, BranchFunction(list(true_fn)), BranchFunction(list(false_fn)))[0];
}

std::vector<Tensor> switch_case(const Tensor& branch_index, const std::vector<BranchFunction>& branch_fns, const BranchFunction& default_fn) {
  std::vector<BranchFunction> fns = branch_fns;
  if (default_fn) fns.push_back(default_fn);
  if (fns.empty()) fail<ValueError>("switch_case", "branch_fns must not be empty");
  if (!decided(branch_index)) return trace_branches("switch_case", branch_index, fns);
  int32_t index = branch_index.item<int32_t>();
  return apart(fns[index < 0 || size_t(index) >= fns.size() ? fns.size() - 1 : size_t(index)]());
}

std::vector<Tensor> case_(const std::vector<std::pair<Tensor, BranchFunction>>& pairs, const BranchFunction& default_fn) {
  if (pairs.empty()) {
    if (!default_fn) fail<ValueError>("case", "pred_fn_pairs is empty and there is no default");
    return default_fn();
  }
  std::vector<std::pair<Tensor, BranchFunction>> rest(pairs.begin() + 1, pairs.end());
  if (rest.empty() && !default_fn) {
    debugging::Assert(pairs[0].first, {Tensor::scalar(std::string("Input error: None of conditions evaluated as True"))});
    return pairs[0].second();
  }
  return cond(pairs[0].first, pairs[0].second, [&] { return case_(rest, default_fn); });
}

namespace {

class LoopTracer {
 public:
  LoopTracer(const LoopCondition& condition, const LoopFunction& body, const std::vector<Tensor>& variables, const WhileOptions& options)
      : condition_(condition), body_(body), variables_(variables), options_(options) {}

  std::vector<Tensor> trace() {
    std::vector<Argument> arguments;
    for (size_t i = 0; i < variables_.size(); ++i) arguments.push_back({variables_[i].dtype(), invariant(i), cat("loop_var_", i)});
    std::vector<Traced> traced{
        trace_function(unique_function_name("while_cond"), arguments, [&](const std::vector<Tensor>& v) { return std::vector{condition_(v)}; }),
        trace_function(unique_function_name("while_body"), arguments, body_)};
    check(traced[1]);
    std::vector<Tensor> inputs = variables_, captures = unify_captures(traced, variables_.size());
    inputs.insert(inputs.end(), captures.begin(), captures.end());
    Traced& body = traced[1];  // captures pass through
    for (size_t i = variables_.size(); i < inputs.size(); ++i) body.outputs.push_back({body.graph->inputs()[i], 0});
    return add_node(traced[0].function(), body.function(), inputs);
  }

 private:
  PartialShape invariant(size_t i) const {
    return i < options_.shape_invariants.size() ? options_.shape_invariants[i] : variables_[i].partial_shape();
  }
  void check(const Traced& body) const {
    if (body.outputs.size() != variables_.size())
      fail<ValueError>("while_loop", "The number of elements in the structure of the body's result differs from the loop variables",
                       {.got = to_text(body.outputs.size()), .expected = to_text(variables_.size())});
    for (size_t i = 0; i < variables_.size(); ++i) {
      const Node& out = *body.outputs[i].node;
      const std::string& name = body.graph->inputs()[i]->name;
      if (out.dtypes[0] != variables_[i].dtype())
        fail<TypeError>("", cat("Loop var ", name, ":0 enters the loop with type <dtype: '", variables_[i].dtype(), "'> but has type <dtype: '",
                                out.dtypes[0], "'> after 1 iteration. ", name, ":0 type should remain constant."));
      if (!is_narrower(out.shapes[0], invariant(i)))
        fail<ValueError>("", cat("Input tensor `", name, ":0` enters the loop with shape ", to_text(invariant(i)), ", but has shape ",
                                 to_text(out.shapes[0]), " after one iteration. To allow the shape to vary across iterations, use the "
                                                         "`shape_invariants` argument of tf.while_loop to specify a less-specific shape."));
    }
  }
  std::vector<Tensor> add_node(const Ref<GraphFunction>& condition, const Ref<GraphFunction>& body, const std::vector<Tensor>& inputs) {
    Attrs attrs{{"T", body->input_types()}, {"cond", condition->attr()}, {"body", body->attr()}};
    bool pure = std::max(condition->effect(), body->effect()) == Effect::kNone;
    const char* op = pure ? "StatelessWhile" : "While";
    if (int order = wanted_order(inputs)) {
      ensure_loop_level(*body, order);
      std::vector<DType> types = body->output_types(body->num_results());
      types.push_back(int32);
      types.resize(size_t(body->end(order)) + 1, variant);
      attrs.set("Tout", types);
      op = "_WhileWithHistory";
    }
    if (thread_context().op_name.empty()) thread_context().op_name = "while";
    std::vector<Tensor> outputs = run_all(get_op(op), inputs, attrs);
    outputs.resize(variables_.size());
    return outputs;
  }

  const LoopCondition& condition_;
  const LoopFunction& body_;
  const std::vector<Tensor>& variables_;
  const WhileOptions& options_;
};

std::vector<Tensor> run_eagerly(const LoopCondition& condition, const LoopFunction& body, std::vector<Tensor> variables) {
  variables = apart(std::move(variables));
  while (is_true(condition(variables))) {
    std::vector<Tensor> next = apart(body(variables));
    if (next.size() != variables.size())
      fail<ValueError>("while_loop", "body must give as many tensors as there are loop variables",
                       {.got = to_text(next.size()), .expected = to_text(variables.size())});
    variables = std::move(next);
    poll_stop();
  }
  return variables;
}

// The loop with a counter in front of its variables.
std::vector<Tensor> bounded(const LoopCondition& condition, const LoopFunction& body, const std::vector<Tensor>& loop_vars, WhileOptions options) {
  Tensor most = cast(*std::exchange(options.maximum_iterations, std::nullopt), int32);
  std::vector<Tensor> variables{Tensor::scalar(int32_t(0))};
  variables.insert(variables.end(), loop_vars.begin(), loop_vars.end());
  if (!options.shape_invariants.empty()) options.shape_invariants.insert(options.shape_invariants.begin(), PartialShape());
  auto rest = [](const std::vector<Tensor>& v) { return std::vector<Tensor>(v.begin() + 1, v.end()); };
  auto both = [&](const std::vector<Tensor>& v) { return logical_and(less(v[0], most), condition(rest(v))); };
  auto step = [&](const std::vector<Tensor>& v) {
    std::vector<Tensor> next = body(rest(v));
    next.insert(next.begin(), add(v[0], 1));
    return next;
  };
  return rest(while_loop(both, step, variables, options));
}

}  // namespace

std::vector<Tensor> while_loop(const LoopCondition& condition, const LoopFunction& body, const std::vector<Tensor>& loop_vars,
                               const WhileOptions& options) {
  if (options.maximum_iterations) return bounded(condition, body, loop_vars, options);
  if (!thread_context().tracer) return run_eagerly(condition, body, loop_vars);
  return LoopTracer(condition, body, loop_vars, options).trace();
}

Tensor while_loop(const std::function<Tensor(const Tensor&)>& condition, const std::function<Tensor(const Tensor&)>& body, const Tensor& loop_var,
                  const WhileOptions& options) {
  LoopCondition holds = [&](const std::vector<Tensor>& v) { return condition(v[0]); };
  LoopFunction step = [&](const std::vector<Tensor>& v) { return std::vector<Tensor>{body(v[0])}; };
  return while_loop(holds, step, std::vector<Tensor>{loop_var}, options)[0];
}

}  // namespace runnel::inline v0
