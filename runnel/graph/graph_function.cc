#include "runnel/graph/graph_function.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/graph/derivative.h"
#include "runnel/graph/traced_backward.h"
#include "runnel/ops/indexed_slices.h"

namespace runnel::inline v0 {

GraphFunction& function_of(const FunctionAttr& attr) { return static_cast<GraphFunction&>(*attr.function); }

namespace {

// Whether one of the functions that the node calls is so.
bool any_callee(const Node& node, bool (GraphFunction::*is)() const) {
  auto holds = [&](const FunctionAttr& f) {
    auto* function = dynamic_cast<const GraphFunction*>(f.function.get());
    return function && (function->*is)();
  };
  for (const NamedAttr& attr : node.attrs) {
    if (auto* f = std::get_if<FunctionAttr>(&attr.value); f && holds(*f)) return true;
    if (auto* list = std::get_if<std::vector<FunctionAttr>>(&attr.value); list && std::any_of(list->begin(), list->end(), holds)) return true;
  }
  return false;
}

bool may_loop(const Node& node) { return node.op->schema().attr_index("body") >= 0 || any_callee(node, &GraphFunction::has_loop); }

}  // namespace

bool calls_host(const Node& node) {
  std::string_view type = node.type();  // what is printed goes to the host's streams
  return type.starts_with("_HostCall") || type == "PrintV2" || any_callee(node, &GraphFunction::calls_host);
}

bool runs_once(const Node& node) {
  const Traits& traits = node.op->def().traits;
  if (any_callee(node, &GraphFunction::runs_once) || (traits.stateful && !traits.reads_only)) return true;
  if (!traits.stateful || node.op->schema().has_sequences) return false;  // a stateful call is as its function is
  bool reads_variable = std::any_of(node.inputs.begin(), node.inputs.end(), [](Endpoint e) { return e.node->dtypes[size_t(e.output)] == resource; });
  return !reads_variable;
}

FunctionLevel::FunctionLevel(std::vector<Endpoint> endpoints) : outputs(std::move(endpoints)) {
  for (Endpoint e : outputs) {
    types.push_back(e.node->dtypes[size_t(e.output)]);
    shapes.push_back(e.node->shapes[size_t(e.output)]);
  }
}

FunctionLevel::~FunctionLevel() { delete above.load(); }

GraphFunction::GraphFunction(const std::string& name, Ref<FuncGraph> graph, std::vector<Endpoint> outputs)
    : name_(name), graph_(std::move(graph)), first_(std::move(outputs)) {
  for (const auto& node : graph_->nodes()) {
    effect_ = std::max(effect_, effect_of(*node));
    calls_host_ |= runnel::calls_host(*node);
    runs_once_ |= runnel::runs_once(*node);
    has_loop_ |= may_loop(*node);
  }
}

namespace {
std::vector<const Node*> input_nodes(const FuncGraph& graph) { return {graph.inputs().begin(), graph.inputs().end()}; }
}  // namespace

const Program& GraphFunction::program(int count) const {
  const FunctionLevel& from = level(level_of(count));
  if (from.end() == count)
    if (const Program* ready = from.program.load(std::memory_order_acquire)) return *ready;
  std::lock_guard lock(mutex_);
  std::unique_ptr<Program>& program = programs_[count];
  if (!program) program = compile(*graph_, input_nodes(*graph_), std::span(from.outputs.data(), size_t(count)));
  if (from.end() == count) from.program.store(program.get(), std::memory_order_release);
  return *program;
}

std::vector<DType> GraphFunction::input_types() const {
  std::vector<DType> out;
  for (const Node* node : inputs()) out.push_back(node->dtypes[0]);
  return out;
}

std::vector<DType> GraphFunction::output_types(int count) const {
  const std::vector<DType>& types = level(level_of(count)).types;
  return {types.begin(), types.begin() + count};
}

int GraphFunction::levels() const {
  int count = 0;
  for (const FunctionLevel* at = &first_; (at = at->above.load(std::memory_order_acquire));) ++count;
  return count;
}

const FunctionLevel& GraphFunction::level(int k) const {
  const FunctionLevel* at = &first_;
  while (k-- > 0) at = at->above.load(std::memory_order_acquire);
  return *at;
}

int GraphFunction::level_of(int count) const {
  int k = 0;
  for (const FunctionLevel* at = &first_; at; at = at->above.load(std::memory_order_acquire), ++k)
    if (at->end() >= count) return k;
  fail<errors::InternalError>(name_, cat("has no ", count, " outputs"));
}

void GraphFunction::add_level(Derivative derivative, std::span<const Endpoint> more_outputs) {
  FunctionLevel& top = const_cast<FunctionLevel&>(level(levels()));
  std::vector<Endpoint> outputs = top.outputs;
  outputs.insert(outputs.end(), more_outputs.begin(), more_outputs.end());
  top.derivative = std::move(derivative);
  top.above.store(new FunctionLevel(std::move(outputs)), std::memory_order_release);
}

std::string unique_function_name(const std::string& base) {
  static std::atomic<int> count{0};
  return cat(base, "_", ++count);
}

std::vector<Tensor> TracedBackward::operator()(std::span<const Tensor> grads) const {
  std::vector<Tensor> given(grads.begin(), grads.end());
  for (Endpoint e : captured) given.push_back(graph->tensor(e));
  return spread(call_function(function, given));
}

namespace {

// The code of a custom gradient may hold tensors of the graph, in a circle that nobody could see: it is traced, while the graph
// still takes what it captures, and let go.
Backward traced_backward(FuncGraph& graph, const Node& node) {
  std::vector<Argument> arguments;
  for (int i = 0; i < node.custom_outputs; ++i) arguments.push_back({node.dtypes[size_t(i)], node.shapes[size_t(i)], cat("grad_", i)});
  std::vector<bool> present;
  Traced traced = trace_function(unique_function_name("__custom_backward"), arguments, [&](const std::vector<Tensor>& grads) {
    std::vector<Tensor> results;
    for (const Tensor& t : node.custom_gradient(grads)) {
      present.push_back(bool(t));
      if (t) results.push_back(dense(t));
    }
    return results;
  });
  std::vector<Endpoint> captured;
  for (const Tensor& t : traced.captures) captured.push_back(graph.resolve(t, "Const"));
  return TracedBackward{&graph, traced.function(), std::move(captured), std::move(present)};
}

void trace_custom_gradients(FuncGraph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    Node& node = *graph.nodes()[i];
    if (!node.custom_gradient) continue;
    try {
      node.custom_gradient = traced_backward(graph, node);
    } catch (const std::exception& error) {  // it stays as it is, and fails where somebody asks for the gradient
      rethrow_stop(error);
    }
  }
}

}  // namespace

Traced finish_trace(Ref<FuncGraph> graph, std::span<const Tensor> results) {
  trace_custom_gradients(*graph);
  static const Op& identity = get_op("Identity");
  std::vector<Endpoint> outputs;
  for (const Tensor& result : results) {
    Endpoint from = graph->resolve(result, "Const");
    DType dtype = result.dtype();
    Node& node = graph->add_node(identity, graph->unique_name("Identity"), {from}, {{"T", dtype}}, std::span(&dtype, 1),
                                 {from.node->shapes[size_t(from.output)]});
    if (const Tensor* value = from.node->constant(from.output)) node.constants = {*value};
    outputs.push_back({&node, 0});
  }
  std::vector<Tensor> captures = graph->finish();
  return {std::move(graph), std::move(outputs), std::move(captures)};
}

Traced trace_function(const std::string& name, std::span<const Argument> arguments, const TracedBody& body) {
  auto graph = make_ref<FuncGraph>(name);
  TraceScope scope(*graph);
  std::vector<Tensor> inputs;
  for (const Argument& a : arguments) inputs.push_back(graph->add_input(a.dtype, a.shape, a.name));
  return finish_trace(graph, body(inputs));
}

int wanted_order(std::span<const Tensor> inputs) {
  int order = 0;
  for (const Recorder* recorder : thread_context().recorders)
    if (recorder->order() > 0 && recorder->wants(inputs)) order += recorder->order();
  return order;
}

std::vector<Tensor> call_function(const Ref<GraphFunction>& f, std::vector<Tensor> inputs) {
  static const Op &pure = get_op("PartitionedCall"), &stateful = get_op("StatefulPartitionedCall");
  int order = wanted_order(inputs);
  if (order == 0 && !thread_context().tracer) return f->program().run_for_caller(std::move(inputs));
  ensure_level(*f, order);
  int count = f->end(order);
  Attrs attrs{{"Tin", f->input_types()}, {"Tout", f->output_types(count)}, {"f", f->attr()}};
  std::vector<Tensor> outputs = run_all(f->effect() == Effect::kNone ? pure : stateful, inputs, attrs);
  outputs.resize(size_t(f->num_results()));
  return outputs;
}

Tensor evaluate_now(FuncGraph& graph, Endpoint endpoint) {
  if (const Tensor* known = endpoint.node->constant(endpoint.output)) return *known;
  std::unique_ptr<Program> program = compile(graph, input_nodes(graph), std::span(&endpoint, 1));
  std::vector<Tensor> inputs(graph.inputs().size());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (program->uses_input(int(i))) inputs[i] = graph.first_value(i);
  EagerScope eager;
  return program->run(std::move(inputs))[0];
}

}  // namespace runnel::inline v0
