#include "runnel/graph/graph.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/pointer_map.h"
#include "runnel/graph/graph_function.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0 {

namespace {

Effect effect_of_op(const Op& op) {
  const Traits& traits = op.def().traits;
  if (!traits.stateful) return Effect::kNone;
  return traits.reads_only ? Effect::kReads : Effect::kWrites;
}

// Sizes and indices that follow from constants are worth knowing while tracing: shapes depend on them.
void keep_values(Node& node, std::vector<Tensor> values) {
  if (values.empty()) return;
  node.partial_values = values;
  for (Tensor& value : values)
    if (!is_complete(value)) value = Tensor();
  node.constants = std::move(values);
}

}  // namespace

Effect effect_of(const Node& node) {
  Effect effect = effect_of_op(*node.op);
  for (const NamedAttr& attr : node.attrs) {
    if (auto* f = std::get_if<FunctionAttr>(&attr.value))
      if (auto* graph = dynamic_cast<GraphFunction*>(f->function.get())) effect = std::max(effect, graph->effect());
    if (auto* list = std::get_if<std::vector<FunctionAttr>>(&attr.value))
      for (const FunctionAttr& f : *list) effect = std::max(effect, function_of(f).effect());
  }
  return effect;
}

void refine_shape(const Tensor& t, const PartialShape& shape) {
  auto& symbol = const_cast<detail::Symbol&>(t.symbol());
  symbol.shape = symbol.shape.merge_with(shape);
  if (symbol.node) symbol.node->shapes[size_t(symbol.output)] = symbol.shape;
}

Tensor in_graph(const Tensor& value) {
  Graph* graph = current_graph();
  return graph && !value.is_symbolic() ? graph->tensor(graph->constant(value)) : value;
}

Graph* current_graph() { return dynamic_cast<Graph*>(thread_context().tracer); }

std::string name_of(const Tensor& symbolic) {
  const detail::Symbol& symbol = symbolic.symbol();
  return cat(symbol.node ? symbol.node->name : "a stand-in for a shape", ":", symbol.output);
}

EagerScope::EagerScope() : tracer_(thread_context().tracer, nullptr), recorders_(thread_context().recorders, {}) {}

void Graph::trace_has_ended() {
  for (const auto& f : std::exchange(at_end_, {})) f();
}

Node* Graph::find(std::string_view name) const {
  auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? nullptr : it->second;
}

Tensor Graph::tensor(Endpoint endpoint) {
  const Node& node = *endpoint.node;
  size_t i = size_t(endpoint.output);
  return Tensor::symbolic(node.dtypes[i], {.graph = Ref<RefCounted>(this), .node = endpoint.node, .output = endpoint.output,
                                           .shape = node.shapes[i], .constant = node.constant(endpoint.output)});
}

std::string Graph::unique_name(const std::string& base) {
  std::string full = thread_context().name_scope + base;
  int& count = name_counts_[full];
  std::string name = full;
  while (by_name_.contains(name)) name = cat(full, "_", ++count);
  return name;
}

std::string Graph::next_name(const Op& op) {
  std::string wanted = std::exchange(thread_context().op_name, std::string());
  return unique_name(wanted.empty() ? op.name() : wanted);
}

Node& Graph::add_node(const Op& op, const std::string& name, std::vector<Endpoint> inputs, Attrs attrs, std::span<const DType> dtypes,
                      std::vector<PartialShape> shapes) {
  auto node = std::make_unique<Node>();
  node->op = &op;
  node->name = name;
  node->inputs = std::move(inputs);
  node->control_inputs = control_scope_;
  node->attrs = std::move(attrs);
  node->dtypes.assign(dtypes.begin(), dtypes.end());
  node->shapes = std::move(shapes);
  by_name_.emplace(name, node.get());
  nodes_.push_back(std::move(node));
  return *nodes_.back();
}

void Graph::add_outputs(Node& node, std::span<const DType> dtypes, std::span<const PartialShape> shapes) {
  node.dtypes.insert(node.dtypes.end(), dtypes.begin(), dtypes.end());
  node.shapes.insert(node.shapes.end(), shapes.begin(), shapes.end());
}

void Graph::keep_only(const std::function<bool(const Node&)>& keep) {
  std::erase_if(nodes_, [&](const std::unique_ptr<Node>& node) {
    if (keep(*node)) return false;
    by_name_.erase(node->name);
    return true;
  });
}

void Graph::move_before(const Node& node, size_t first) {
  auto place = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.get() == &node; });
  std::rotate(place, nodes_.begin() + std::ptrdiff_t(first), nodes_.end());
}

void Graph::set_order(std::span<Node* const> order) {
  RUNNEL_ASSERT(order.size() == nodes_.size());
  PointerMap<size_t> place;
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::sort(nodes_.begin(), nodes_.end(), [&](const auto& a, const auto& b) { return *place.find(a.get()) < *place.find(b.get()); });
}

Tensor Graph::placeholder(DType dtype, const PartialShape& shape, const std::string& name) {
  static const Op& op = get_op("Placeholder");
  return tensor({&add_node(op, unique_name(name), {}, {{"dtype", dtype}, {"shape", shape}}, std::span(&dtype, 1), {shape}), 0});
}

Endpoint Graph::constant(const Tensor& value, const std::string& name) {
  static const Op& op = get_op("Const");
  DType dtype = value.dtype();
  Node& node = add_node(op, unique_name(name), {}, {{"value", value}, {"dtype", dtype}}, std::span(&dtype, 1), {value.partial_shape()});
  node.control_inputs.clear();
  node.constants = {value};
  return {&node, 0};
}

namespace {

std::string out_of_scope(const Tensor& tensor) {
  std::string text = cat("<tf.Tensor '", name_of(tensor), "' shape=", to_text(tensor.partial_shape()), " dtype=", tensor.dtype(), ">");
  return cat(text, " is out of scope and cannot be used here. Use return values, explicit Python locals or TensorFlow collections to "
                   "access it.\nPlease see https://www.tensorflow.org/guide/function#all_outputs_of_a_tffunction_must_be_return_values "
                   "for more information.");
}

}  // namespace

void Graph::fail_out_of_scope(const Tensor& tensor) const { fail<InaccessibleTensorError>("", out_of_scope(tensor)); }

Endpoint Graph::resolve(const Tensor& t, const std::string& name) {
  if (!t.is_symbolic()) return constant(t, name);
  if (!owns(t)) fail_out_of_scope(t);
  return {t.symbol().node, t.symbol().output};
}

namespace {

// The name of input i in the operator's signature: constants are called "pow/y".
std::string input_name(const Op& op, size_t i, size_t count) {
  const std::vector<ArgSpec>& args = op.schema().inputs;
  if (args.size() == count && !op.schema().has_sequences) return args[i].name;
  return args.size() == 1 ? cat(args[0].name, "_", i) : cat("input_", i);
}

// As in TensorFlow, wrong shapes are a ValueError when a graph is built.
std::vector<PartialShape> shapes_of(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, int num_outputs) {
  try {
    return infer_shapes(op, inputs, attrs, num_outputs);
  } catch (const errors::InvalidArgumentError& error) {
    throw ValueError(error.what());
  }
}

}  // namespace

void Graph::trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
                  std::span<Tensor> outputs) {
  if (finished_)
    for (const Tensor& t : inputs)
      if (owns(t)) fail<TypeError>("", out_of_scope(t));
  std::string name = next_name(op);
  std::vector<Endpoint> endpoints;
  for (size_t i = 0; i < inputs.size(); ++i)
    endpoints.push_back(resolve(inputs[i], inputs[i].is_symbolic() ? "" : cat(name, "/", input_name(op, i, inputs.size()))));
  Node& node = add_node(op, name, std::move(endpoints), attrs, dtypes, shapes_of(op, inputs, attrs, int(dtypes.size())));
  keep_values(node, infer_values(op, inputs, attrs, dtypes, node.shapes));
  order_effects(node);
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = tensor({&node, int(i)});
}

std::vector<Tensor> Graph::trace_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) {
  static const Op& op = get_op("IdentityN");
  std::vector<Endpoint> endpoints;
  std::vector<DType> dtypes;
  std::vector<PartialShape> shapes;
  for (std::span<const Tensor> list : {outputs, inputs})
    for (const Tensor& t : list) {
      endpoints.push_back(resolve(t));
      dtypes.push_back(t.dtype());
      shapes.push_back(t.partial_shape());
    }
  Node& node = add_node(op, unique_name("IdentityN"), std::move(endpoints), {{"T", dtypes}}, dtypes, std::move(shapes));
  node.custom_gradient = std::move(backward);
  node.custom_outputs = int(outputs.size());
  std::vector<Tensor> out;
  for (int i = 0; i < node.custom_outputs; ++i) out.push_back(tensor({&node, i}));
  return out;
}

// Automatic control dependencies: what touches the same resource, or the world at large, runs in the order of the code.
void Graph::order_effects(Node& node) {
  if (effect_of(node) == Effect::kNone) return;
  auto wait_for = [&](Node* earlier) {
    if (earlier && std::find(node.control_inputs.begin(), node.control_inputs.end(), earlier) == node.control_inputs.end())
      node.control_inputs.push_back(earlier);
  };
  bool touches_resource = false;
  for (Endpoint in : node.inputs) {
    if (in.node->dtypes[size_t(in.output)] != resource) continue;
    touches_resource = true;
    auto it = std::find_if(last_on_resource_.begin(), last_on_resource_.end(), [&](const auto& pair) { return pair.first == in; });
    if (it == last_on_resource_.end()) it = last_on_resource_.insert(it, {in, nullptr});
    wait_for(std::exchange(it->second, &node));
  }
  bool is_call = node.op->schema().has_sequences;
  if (!touches_resource || is_call) wait_for(std::exchange(last_effect_, &node));
}

}  // namespace runnel::inline v0
