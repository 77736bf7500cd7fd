#include "runnel/graph/batch_runner.h"

#include <algorithm>

#include "runnel/base/pointer_map.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/map.h"
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

const GraphFunction& function_named(const Attrs& attrs, const char* name) { return function_of(std::get<FunctionAttr>(*attrs.find(name))); }

}  // namespace

Tensor BatchRunner::stack(const Batched& b) const {
  return b.stacked ? b.value : broadcast_to(b.value, concat({expand_dims(count_, 0), shape(b.value)}, 0));
}

std::vector<Batched> BatchRunner::call(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const {
  if (!any_stacked(inputs) && !differs_each_time(op, inputs, attrs)) return shared(run_all(op, values_of(inputs), attrs));
  std::vector<Batched> out = run_control(op, inputs, attrs);
  if (out.empty() && any_stacked(inputs)) out = run_batched(op, inputs, attrs, count_);
  return out.empty() ? loop(op, inputs, attrs) : out;
}

std::vector<Batched> BatchRunner::loop(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const {
  auto is_list = [](const Batched& b) { return b.value.dtype() == variant; };
  met_no_rule_ = !loops_ || std::any_of(inputs.begin(), inputs.end(), is_list);
  if (met_no_rule_) fail<ValueError>("", cat("No pfor vectorization defined for ", op.name()));
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
  return stacked(map_fn(RowFunction(one), rows));
}

std::vector<Batched> BatchRunner::call_custom(std::span<const Batched> inputs, std::span<const Batched> outputs, Backward backward) const {
  std::vector<Tensor> in = values_of(inputs), out;
  for (const Batched& b : outputs) out.push_back(stack(b).alias());
  std::vector<bool> is_stacked;
  for (const Batched& b : inputs) is_stacked.push_back(b.stacked);
  auto for_all = [backward = std::move(backward), is_stacked](std::span<const Tensor> grads) {
    std::vector<Tensor> results = map_fn(RowFunction(backward), {grads.begin(), grads.end()});
    for (size_t i = 0; i < results.size(); ++i)
      if (results[i] && !is_stacked[i]) results[i] = reduce_sum(results[i], 0);
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
  }
  return needed;
}

}  // namespace

std::vector<Batched> BatchRunner::run_node(const Node& node, std::span<const Batched> inputs) const {
  if (const Tensor* value = node.inputs.empty() ? node.constant(0) : nullptr) return {{*value, false}};
  if (!node.custom_gradient || !any_stacked(inputs)) return call(*node.op, inputs, node.attrs);
  size_t count = size_t(node.custom_outputs);
  return call_custom(inputs.subspan(count), inputs.first(count), node.custom_gradient);
}

std::vector<Batched> BatchRunner::replay(const GraphFunction& f, size_t outputs, std::span<const Batched> inputs) const {
  std::lock_guard lock(f.mutex());
  PointerMap<bool> needed = needed_nodes(f, outputs);
  PointerMap<std::vector<Batched>> values;
  for (size_t i = 0; i < inputs.size(); ++i) values[f.inputs()[i]] = {inputs[i]};
  for (const auto& node : f.graph().nodes()) {
    if (!needed.contains(node.get()) || values.contains(node.get())) continue;
    std::vector<Batched> arguments;
    for (Endpoint in : node->inputs) arguments.push_back((*values.find(in.node))[size_t(in.output)]);
    std::vector<Batched> results = run_node(*node, arguments);
    values[node.get()] = std::move(results);
  }
  std::vector<Batched> out;
  for (size_t i = 0; i < outputs; ++i) out.push_back((*values.find(f.outputs()[i].node))[size_t(f.outputs()[i].output)]);
  return out;
}

std::vector<Batched> BatchRunner::run_control(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const {
  if (is(op, {"PartitionedCall", "StatefulPartitionedCall"}))
    return replay(function_named(attrs, "f"), std::get<std::vector<DType>>(*attrs.find("Tout")).size(), inputs);
  if (is(op, {"If", "StatelessIf"})) return run_if(inputs, attrs);
  if (is(op, {"While", "StatelessWhile"})) return run_while(inputs, attrs);
  return {};
}

// All elements take one branch; where each takes its own, they run one after another.
std::vector<Batched> BatchRunner::run_if(std::span<const Batched> inputs, const Attrs& attrs) const {
  if (inputs[0].stacked) return {};
  size_t count = std::get<std::vector<DType>>(*attrs.find("Tout")).size();
  auto branch = [&](const char* name) {
    return [&, name] {
      std::vector<Tensor> out;
      for (const Batched& b : replay(function_named(attrs, name), count, inputs.subspan(1))) out.push_back(stack(b));
      return out;
    };
  };
  return stacked(cond(inputs[0].value, branch("then_branch"), branch("else_branch")));
}

// Which variables differ from element to element once the loop has run: marked by tracing the body until nothing is added.
// False where the condition does.
bool BatchRunner::find_changing(const GraphFunction& condition, const GraphFunction& body, std::vector<Batched>& variables) const {
  bool goes_on = true, found = true;
  auto trace = [&](const std::vector<Tensor>& values) {
    std::vector<Batched> in = variables;
    for (size_t i = 0; i < in.size(); ++i) in[i].value = values[i];
    goes_on = !replay(condition, 1, in)[0].stacked;
    std::vector<Batched> out = replay(body, in.size(), in);
    found = false;
    for (size_t i = 0; i < in.size(); ++i) {
      if (!out[i].stacked || variables[i].stacked) continue;
      variables[i] = {stack(variables[i]), true};
      found = true;
    }
    return std::vector<Tensor>();
  };
  while (found && goes_on) {
    std::vector<Argument> arguments;
    for (const Batched& b : variables) arguments.push_back({b.value.dtype(), b.value.partial_shape(), "loop_var"});
    std::vector<Batched> before = variables;
    trace_function(unique_function_name("vectorized_body"), arguments, trace);
    for (size_t i = 0; i < before.size(); ++i)
      if (variables[i].stacked && !before[i].stacked) variables[i].value = stack(before[i]);
  }
  return goes_on;
}

std::vector<Batched> BatchRunner::run_while(std::span<const Batched> inputs, const Attrs& attrs) const {
  const GraphFunction &condition = function_named(attrs, "cond"), &body = function_named(attrs, "body");
  std::vector<Batched> variables(inputs.begin(), inputs.end());
  if (std::any_of(inputs.begin(), inputs.end(), [](const Batched& b) { return b.value.dtype() == variant; })) return {};
  if (!find_changing(condition, body, variables)) return {};
  auto batched = [&](const std::vector<Tensor>& values) {
    std::vector<Batched> out = variables;
    for (size_t i = 0; i < out.size(); ++i) out[i].value = values[i];
    return out;
  };
  auto more = [&](const std::vector<Tensor>& v) { return replay(condition, 1, batched(v))[0].value; };
  auto step = [&](const std::vector<Tensor>& v) {
    std::vector<Batched> out = replay(body, v.size(), batched(v));
    std::vector<Tensor> next;
    for (size_t i = 0; i < out.size(); ++i) next.push_back(variables[i].stacked ? stack(out[i]) : out[i].value);
    return next;
  };
  WhileOptions options;
  for (size_t i = 0; i < variables.size(); ++i) {
    PartialShape one = body.inputs()[i]->shapes[0];
    options.shape_invariants.push_back(variables[i].stacked ? PartialShape({-1}).concatenate(one) : one);
  }
  std::vector<Tensor> last = while_loop(more, step, values_of(variables), options);
  for (size_t i = 0; i < variables.size(); ++i) variables[i].value = last[i];
  return variables;
}

}  // namespace runnel::inline v0
