#include "runnel/keras/ops/operation_node.h"

#include "runnel/base/error.h"
#include "runnel/base/text.h"
#include "runnel/graph/func_graph.h"
#include "runnel/keras/fields.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0::keras::ops {

extern const OperationTable numpy_operations, nn_operations, math_operations, linalg_operations, core_operations, image_operations;

std::span<const OperationTable* const> operation_tables() {
  static constexpr const OperationTable* kTables[] = {&numpy_operations,  &nn_operations,   &math_operations,
                                                   &linalg_operations, &core_operations, &image_operations};
  return kTables;
}

namespace {

template <class Same>
FoundOperation find_where(Same same) {
  for (const OperationTable* table : operation_tables())
    for (const Operation& row : table->rows)
      if (same(row)) return {&row, table->module};
  return {};
}

using Call = std::function<Nest(const Nest&)>;

// The call is traced into a graph that nobody keeps.
Nest traced_outputs(const Nest& inputs, ShapeTracer& shapes, const Call& call) {
  auto graph = make_ref<FuncGraph>("operation");
  TraceScope scope(*graph);
  auto stand_in = [&](const Tensor& t) { return t.is_symbolic() ? graph->add_input(t.dtype(), t.partial_shape(), "x") : t; };
  Nest outputs = call(inputs.map(stand_in)).map([&](const Tensor& t) { return shapes.placeholder(t.dtype(), t.partial_shape()); });
  graph->finish();
  return outputs;
}

// The dtypes and shapes of a call's results. What does not depend on the inputs' values is computed on the way, so that sizes
// that follow from it are known; loops and branches that do depend on them are traced.
Nest inferred_outputs(const Nest& inputs, ShapeTracer& shapes, const Call& call) {
  Scoped no_tracer(thread_context().tracer, static_cast<Tracer*>(nullptr));
  try {
    return call(inputs);
  } catch (const TypeError&) {
    return traced_outputs(inputs, shapes, call);
  }
}

}  // namespace

FoundOperation find_operation(std::string_view name) {
  return find_where([&](const Operation& row) { return name == row.name; });
}
FoundOperation find_operation_class(std::string_view class_name) {
  return find_where([&](const Operation& row) { return class_name == row.class_name; });
}

std::vector<OperationParameter> parameters_of(const Operation& operation) {
  std::vector<OperationParameter> out;
  for (const std::string& text : split(operation.parameters, ' ')) {
    size_t equals = text.find('=');
    OperationParameter p{text.substr(0, equals)};
    p.is_variadic = p.name.ends_with("**");
    p.is_call_argument = p.name.back() == '*';
    p.is_saved = p.name.back() != '!';
    p.name.resize(p.name.find_last_not_of("*!") + 1);
    if (equals != std::string::npos) p.default_value = Config::from_json(text.substr(equals + 1));
    out.push_back(std::move(p));
  }
  return out;
}

OperationNodeBody::OperationNodeBody(const FoundOperation& found, std::vector<CallArgument> arguments, const std::string& name)
    : found_(found), parameters_(parameters_of(*found.operation)), arguments_(std::move(arguments)) {
  configure(LayerBaseOptions{.autocast = false, .name = name});
  supports_masking_ = false;
  arguments_.resize(parameters_.size(), {.is_default = true});
  for (size_t i = 0; i < arguments_.size(); ++i) {
    if (arguments_[i].is_default) arguments_[i].value = parameters_[i].default_value;
    arguments_[i].tensors = arguments_[i].tensors.map([](const Tensor& t) { return Tensor::scalar(0.f); });
  }
  set_built(true);
}

Config OperationNodeBody::serialized() const {
  Config out = LayerBody::serialized();
  out.set("module", found_.module);
  out.set("registered_name", class_name());
  return out;
}

Config OperationNodeBody::get_config() const {
  Config out = Config::Dict{{"name", name()}};
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (!parameters_[i].is_call_argument && parameters_[i].is_saved && !arguments_[i].tensors) out.set(parameters_[i].name, arguments_[i].value);
  return out;
}

std::vector<CallArgument> OperationNodeBody::with_tensors(const Nest& inputs) const {
  std::vector<CallArgument> out = arguments_;
  std::vector<Tensor> flat = inputs.flatten();
  size_t next = 0;
  for (CallArgument& a : out) a.tensors = a.tensors.map([&](const Tensor&) { return flat.at(next++); });
  return out;
}

std::vector<CallArgument> OperationNodeBody::call_arguments_of(const Nest& inputs) const {
  std::vector<CallArgument> all = with_tensors(inputs), out;
  size_t given = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!parameters_[i].is_call_argument) continue;
    if (parameters_[i].is_variadic)
      for (const Nest& item : all[i].tensors.list()) out.push_back({item});
    else out.push_back(all[i]);
    if (!all[i].is_none()) given = out.size();
  }
  out.resize(given);
  return out;
}

Nest OperationNodeBody::call(const Nest& inputs, const CallArgs&) {
  auto run = [this](const Nest& given) { return found_.operation->call(with_tensors(given)); };
  auto* shapes = dynamic_cast<ShapeTracer*>(thread_context().tracer);
  return shapes ? inferred_outputs(inputs, *shapes, run) : run(inputs);
}

Nest call_symbolic(const FoundOperation& found, std::vector<CallArgument> arguments, const std::string& name) {
  std::vector<Tensor> inputs;
  for (const CallArgument& a : arguments)
    for (const Tensor& t : a.tensors.flatten()) inputs.push_back(t);
  auto node = make_ref<OperationNodeBody>(found, std::move(arguments), name);
  node->constructed();
  return (*node)(Nest(inputs), CallArgs());
}

}  // namespace runnel::inline v0::keras::ops
