#include "runnel/graph/func_graph.h"

#include "runnel/base/error.h"
#include "runnel/graph/graph_function.h"
#include "runnel/ops/random/seed.h"

namespace runnel::inline v0 {

namespace {
constexpr int64_t kMostConstant = 128;  // elements; larger eager tensors are captured, smaller ones become Const
}

TraceScope::TraceScope(Graph& graph)
    : graph_(&graph),
      tracer_(thread_context().tracer, &graph),
      recorders_(thread_context().recorders, {}),
      name_scope_(thread_context().name_scope, {}),
      op_name_(thread_context().op_name, {}) {}

FuncGraph::FuncGraph(const std::string& name, Ref<Graph> outer)
    : Graph(name), outer_(std::move(outer)), parent_(dynamic_cast<FuncGraph*>(thread_context().tracer)) {
  if (thread_context().tracer) recorders_ = thread_context().recorders;
  seed = current_seed();
  auto* around = parent_ ? parent_ : dynamic_cast<FuncGraph*>(outer_.get());
  relaxed = around && around->relaxed;
}

Tensor FuncGraph::add_input(DType dtype, const PartialShape& shape, const std::string& name) {
  Tensor t = placeholder(dtype, shape, name);
  inputs_.push_back(t.symbol().node);
  return t;
}

FuncGraph::CaptureKey FuncGraph::key_of(const Tensor& t) {
  const void* owner = !t.is_symbolic() ? nullptr : t.symbol().node ? static_cast<const void*>(t.symbol().node) : t.symbol().graph.get();
  if (owner) return {owner, t.symbol().output};
  if (t.dtype() == resource && t.num_elements() == 1) return {t.data<ResourceRef>()->get(), -1};
  return {t.id(), -1};
}

// Graphs that are still being traced are around us; finished ones are other functions' affairs.
bool FuncGraph::may_capture_from(const Graph* graph) const {
  if (!graph || !graph->is_finished() || graph == outer_.get()) return true;
  return parent_ && parent_->may_capture_from(graph);
}

Tensor FuncGraph::capture(const Tensor& outside, const std::string& name) {
  CaptureKey key = key_of(outside);
  for (const auto& [known, node] : captured_)
    if (known == key) return tensor({node, 0});
  if (outside.is_symbolic()) {
    auto* graph = dynamic_cast<Graph*>(outside.symbol().graph.get());
    if (!may_capture_from(graph)) fail_out_of_scope(outside);
  }
  Scoped<std::string> top(thread_context().name_scope, {});
  Node* node = placeholder(outside.dtype(), outside.partial_shape(), name.empty() ? "Placeholder" : name).symbol().node;
  const Tensor* value = outside.is_symbolic() ? outside.symbol().constant : &outside;
  if (value) node->constants = {*value};
  else if (const Tensor* known = partial_value(outside)) node->partial_values = {*known};
  node->control_inputs.clear();
  inputs_.push_back(node);
  captures_.push_back(outside);
  captured_.emplace_back(key, node);
  return tensor({node, 0});
}

std::vector<Tensor> FuncGraph::finish() {
  finished_ = true;
  outer_ = {};
  recorders_.clear();
  first_values_.clear();
  captured_.clear();
  return std::exchange(captures_, {});
}

// Whether a tape of the trace around wants gradients with respect to `t`: then it must be seen to come from outside.
bool FuncGraph::is_watched(const Tensor& t) const {
  for (const Recorder* recorder : recorders_)
    if (recorder->wants({&t, 1})) return true;
  return parent_ && parent_->is_watched(t);
}

Endpoint FuncGraph::resolve(const Tensor& t, const std::string& name) {
  if (owns(t)) return {t.symbol().node, t.symbol().output};
  const Tensor* value = t.is_symbolic() ? t.symbol().constant : &t;
  bool small = value && (value->dtype().is_plain() || value->dtype() == string) && value->num_elements() <= kMostConstant;
  if (small && !is_watched(t) && (!t.is_symbolic() || t.symbol().node->type() == std::string_view("Const"))) return constant(*value, name.empty() ? "Const" : name);
  return {capture(t, name).symbol().node, 0};
}

void FuncGraph::variable_created() {
  created_variables_ = true;
  if (!allow_variables)
    fail<ValueError>("", "tf.function only supports singleton tf.Variables created on the first call. Make sure the tf.Variable is only "
                         "created once or created outside tf.function. See "
                         "https://www.tensorflow.org/guide/function#creating_tfvariables for more information.");
}

void FuncGraph::variable_read(const Tensor& handle) {
  for (Recorder* recorder : recorders_) recorder->variable_read(handle);
  if (parent_) parent_->variable_read(handle);
}

FuncGraph& FuncGraph::current() {
  auto* graph = dynamic_cast<FuncGraph*>(thread_context().tracer);
  RUNNEL_ASSERT(graph);
  return *graph;
}

Tensor FuncGraph::first_value(size_t i) const {
  size_t arguments = inputs_.size() - captures_.size();
  Tensor t = i >= arguments ? captures_[i - arguments] : i < first_values_.size() ? first_values_[i] : Tensor();
  if (t && !t.is_symbolic()) return t;
  if (t && t.symbol().constant) return *t.symbol().constant;
  auto* around = t ? dynamic_cast<FuncGraph*>(t.symbol().graph.get()) : nullptr;
  if (!around || around->is_finished())
    fail<ValueError>("", "Tensor-typed variable initializers must either be wrapped in an init_scope or callable (e.g., "
                         "`tf.Variable(lambda : tf.truncated_normal([10, 40]))`) when building functions. Please file a feature "
                         "request if this restriction inconveniences you.");
  return around->initial_value(t);
}

Tensor FuncGraph::initial_value(const Tensor& symbolic) {
  RUNNEL_ASSERT(owns(symbolic));
  return evaluate_now(*this, {symbolic.symbol().node, symbolic.symbol().output});
}

}  // namespace runnel::inline v0
