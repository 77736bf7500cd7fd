#include "runnel/graph/batch_runner.h"

#include <algorithm>

#include "runnel/graph/control/tensor_list.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/map.h"
#include "runnel/graph/traced_backward.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

bool any_stacked(std::span<const Batched> list) {
  return std::any_of(list.begin(), list.end(), [](const Batched& b) { return b.stacked; });
}
std::vector<Tensor> values_of(std::span<const Batched> list) {
  std::vector<Tensor> out;
  for (const Batched& b : list) out.push_back(b.value);
  return out;
}
std::vector<Batched> shared(const std::vector<Tensor>& values) {
  std::vector<Batched> out;
  for (const Tensor& t : values) out.push_back({t, false});
  return out;
}
bool is(const Op& op, std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), op.name()) != names.end(); }

// Random numbers, say, differ from element to element whatever the inputs are; what is read from a Variable does not.
bool differs_each_time(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) {
  Node node;
  node.op = &op;
  node.attrs = attrs;
  Effect effect = effect_of(node);
  if (effect != Effect::kReads) return effect == Effect::kWrites;
  bool calls_functions = op.schema().has_sequences;
  return calls_functions || std::none_of(inputs.begin(), inputs.end(), [](const Batched& b) { return b.value.dtype() == resource; });
}

// What a branch gives besides its results has the shape that this branch knows: such values cannot be stacked.
bool gives_more_than_results(const Attrs& attrs) {
  const AttrValue *types = attrs.find("Tout"), *one = attrs.find("then_branch"), *many = attrs.find("branches");
  if (!types || (!one && !many)) return false;
  const FunctionAttr& f = one ? std::get<FunctionAttr>(*one) : std::get<std::vector<FunctionAttr>>(*many)[0];
  return int(std::get<std::vector<DType>>(*types).size()) > function_of(f).num_results();
}

const GraphFunction& function_named(const Attrs& attrs, const char* name) { return function_of(std::get<FunctionAttr>(*attrs.find(name))); }

}  // namespace

Tensor BatchRunner::stack(const Batched& b) const {
  if (b.stacked) return b.value;
  return b.value.dtype() == variant ? repeat_items(b.value, count_) : broadcast_to(b.value, concat({expand_dims(count_, 0), shape(b.value)}, 0));
}

std::vector<Batched> BatchRunner::call(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const {
  if (!any_stacked(inputs) && !differs_each_time(op, inputs, attrs)) return shared(run_all(op, values_of(inputs), attrs));
  std::vector<Batched> out = run_control(op, inputs, attrs);
  if (out.empty()) out = run_batched(op, inputs, attrs, count_);
  return out.empty() ? loop(op, inputs, attrs) : out;
}

void BatchRunner::fail_without_rule(const char* op) const {
  *met_no_rule_ = true;
  fail<ValueError>("", cat("No pfor vectorization defined for ", op));
}

std::vector<Batched> BatchRunner::loop(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const {
  auto is_list = [](const Batched& b) { return b.value.dtype() == variant; };
  if (!loops_ || std::any_of(inputs.begin(), inputs.end(), is_list) || gives_more_than_results(attrs)) fail_without_rule(op.name());
  std::vector<Tensor> rows, all = values_of(inputs);
  for (const Batched& b : inputs)
    if (b.stacked) rows.push_back(b.value);
  if (rows.empty()) rows.push_back(range(count_));
  auto one = [&](const std::vector<Tensor>& row) {
    std::vector<Tensor> arguments = all;
    size_t next = 0;
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].stacked) arguments[i] = row[next++];
    return run_all(op, arguments, attrs);
  };
  return stacked(map_rows(RowFunction(one), rows));
}

std::vector<Batched> BatchRunner::call_custom(std::span<const Batched> inputs, std::span<const Batched> outputs,
                                              BatchedBackward backward) const {
  std::vector<Tensor> in = values_of(inputs), out;
  for (const Batched& b : outputs) out.push_back(stack(b).alias());
  std::vector<bool> is_stacked;
  for (const Batched& b : inputs) is_stacked.push_back(b.stacked);
  auto for_all = [runner = *this, backward = std::move(backward), is_stacked](std::span<const Tensor> grads) {
    std::vector<Tensor> results;
    for (const Batched& b : backward(grads)) {
      Tensor rows = b.value ? runner.stack(b) : Tensor();
      results.push_back(rows && !is_stacked[results.size()] ? reduce_sum(rows, 0) : rows);
    }
    return results;
  };
  if (Tracer* tracer = thread_context().tracer) out = tracer->trace_custom(in, out, for_all);
  for (Recorder* recorder : thread_context().recorders)
    if (recorder->wants(in)) recorder->record_custom(in, out, for_all);
  return stacked(out);
}

namespace {

// The nodes that the first outputs, and changes of state, need.
PointerMap<bool> needed_nodes(const GraphFunction& f, size_t outputs) {
  PointerMap<bool> needed;
  for (size_t i = 0; i < outputs; ++i) needed[f.outputs()[i].node] = true;
  const auto& nodes = f.graph().nodes();
  for (size_t i = nodes.size(); i-- > 0;) {
    const Node& node = *nodes[i];
    if (effect_of(node) == Effect::kWrites) needed[&node] = true;
    if (!needed.contains(&node)) continue;
    for (Endpoint in : node.inputs) needed[in.node] = true;
    if (const TracedBackward* backward = traced_backward_of(node))
      for (Endpoint e : backward->captured) needed[e.node] = true;
  }
  return needed;
}

}  // namespace

std::vector<Batched> BatchRunner::run_node(const Node& node, const Values& values) const {
  if (const Tensor* value = node.inputs.empty() ? node.constant(0) : nullptr) return {{*value, false}};
  std::vector<Batched> inputs;
  for (Endpoint in : node.inputs) inputs.push_back((*values.find(in.node))[size_t(in.output)]);
  return node.custom_gradient && any_stacked(inputs) ? run_custom(node, inputs, values) : call(*node.op, inputs, node.attrs);
}

std::vector<Batched> BatchRunner::run_custom(const Node& node, std::span<const Batched> inputs, const Values& values) const {
  const TracedBackward* backward = traced_backward_of(node);
  if (!backward) fail_without_rule("a custom gradient that cannot be traced");
  std::vector<Batched> captured;
  for (Endpoint e : backward->captured) captured.push_back((*values.find(e.node))[size_t(e.output)]);
  auto for_all = [runner = *this, backward = *backward, captured](std::span<const Tensor> grads) {
    std::vector<Batched> given = stacked({grads.begin(), grads.end()});
    given.insert(given.end(), captured.begin(), captured.end());
    return backward.spread(runner.replay(*backward.function, size_t(backward.function->num_results()), given));
  };
  size_t count = size_t(node.custom_outputs);
  return call_custom(inputs.subspan(count), inputs.first(count), for_all);
}

std::vector<Batched> BatchRunner::replay(const GraphFunction& f, size_t outputs, std::span<const Batched> inputs) const {
  std::lock_guard lock(f.mutex());
  PointerMap<bool> needed = needed_nodes(f, outputs);
  Values values;
  for (size_t i = 0; i < inputs.size(); ++i) values[f.inputs()[i]] = {inputs[i]};
  for (const auto& node : f.graph().nodes()) {
    if (!needed.contains(node.get()) || values.contains(node.get())) continue;
    std::vector<Batched> results = run_node(*node, values);
    values[node.get()] = std::move(results);
  }
  std::vector<Batched> out;
  for (size_t i = 0; i < outputs; ++i) out.push_back((*values.find(f.outputs()[i].node))[size_t(f.outputs()[i].output)]);
  return out;
}

std::vector<Batched> BatchRunner::run_control(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const {
  if (is(op, {"PartitionedCall", "StatefulPartitionedCall"}))
    return replay(function_named(attrs, "f"), std::get<std::vector<DType>>(*attrs.find("Tout")).size(), inputs);
  if (is(op, {"If", "StatelessIf"}))
    return run_branches({&function_named(attrs, "else_branch"), &function_named(attrs, "then_branch")}, inputs, attrs);
  if (is(op, {"Case", "StatelessCase"})) {
    Branches branches;
    for (const FunctionAttr& f : std::get<std::vector<FunctionAttr>>(*attrs.find("branches"))) branches.push_back(&function_of(f));
    return run_branches(branches, inputs, attrs);
  }
  if (is(op, {"While", "StatelessWhile", "_WhileWithHistory"})) return run_while(inputs, attrs);
  return {};
}

// Input 0 chooses: a truth value (the branches of an If: else, then), or an index. Where all elements take one branch, that one runs.
std::vector<Batched> BatchRunner::run_branches(const Branches& branches, std::span<const Batched> inputs, const Attrs& attrs) const {
  size_t count = std::get<std::vector<DType>>(*attrs.find("Tout")).size();
  if (inputs[0].stacked) return gives_more_than_results(attrs) ? std::vector<Batched>() : run_own_branches(branches, inputs, count);
  std::vector<BranchFunction> calls;
  for (const GraphFunction* f : branches)
    calls.push_back([&, f] {
      std::vector<Tensor> out;
      for (const Batched& b : replay(*f, count, inputs.subspan(1))) out.push_back(stack(b));
      return out;
    });
  const Tensor& chosen = inputs[0].value;
  return stacked(chosen.dtype() == bool_ ? cond(chosen, calls[1], calls[0]) : switch_case(chosen, calls));
}

// Each branch runs for the elements that take it; then their results are put in order again.
std::vector<Batched> BatchRunner::run_own_branches(const Branches& branches, std::span<const Batched> inputs, size_t count) const {
  if (std::any_of(inputs.begin(), inputs.end(), [](const Batched& b) { return b.stacked && b.value.dtype() == variant; })) return {};
  Tensor index = cast(inputs[0].value, int32);
  auto last = int32_t(branches.size()) - 1;
  if (inputs[0].value.dtype() != bool_) index = where(logical_or(less(index, 0), greater(index, last)), last, index);
  auto shares = [&](const Tensor& t) { return dynamic_partition(t, index, last + 1); };
  std::vector<Tensor> places = shares(range(count_));
  std::vector<std::vector<Tensor>> arguments, parts(count);
  for (const Batched& b : inputs.subspan(1)) arguments.push_back(b.stacked ? shares(b.value) : std::vector(branches.size(), b.value));
  for (size_t k = 0; k < branches.size(); ++k) {
    BatchRunner part = *this;
    part.count_ = size(places[k]);
    std::vector<Batched> in(inputs.begin() + 1, inputs.end());
    for (size_t i = 0; i < in.size(); ++i) in[i].value = arguments[i][k];
    std::vector<Batched> out = part.replay(*branches[k], count, in);
    if (std::any_of(out.begin(), out.end(), [](const Batched& b) { return b.value.dtype() == variant; })) return {};
    for (size_t i = 0; i < count; ++i) parts[i].push_back(part.stack(out[i]));
  }
  std::vector<Tensor> out;
  for (const std::vector<Tensor>& part : parts) out.push_back(dynamic_stitch(places, part));
  return stacked(out);
}

}  // namespace runnel::inline v0
