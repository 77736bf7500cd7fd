#include "runnel/keras/functional_graph.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/collected.h"
#include "runnel/keras/saving/operators.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0::keras {

KerasNode::KerasNode(Ref<LayerBody> layer, const Nest& inputs, const CallArgs& args)
    : layer_(std::move(layer)), inputs_(own_handles(inputs)), args_(args) {
  args_.mask = own_handle(args.mask);
  for (auto& [name, nest] : args_.more) nest = own_handles(nest);
  layer_->add_node(this);
}
Ref<KerasNode> KerasNode::make(const Ref<LayerBody>& layer, const Nest& inputs, const CallArgs& args) {
  auto node = make_ref<KerasNode>(layer, inputs, args);
  announce(node);
  return node;
}
void KerasNode::visit_owned(OwnedVisitor& visitor) const {
  visitor.owned(layer_.get());
  visit_nest(inputs_, visitor);
  visit_tensor(args_.mask, visitor);
  for (const auto& [name, nest] : args_.more) visit_nest(nest, visitor);
  visitor.owned(args_.foreign.get());
}
KerasNode::~KerasNode() { layer_->forget_node(this); }

Nest KerasNode::make_outputs(const Nest& like) {
  structure_ = like.map([](const Tensor&) { return Tensor::scalar(0.f); });
  for (const Tensor& t : like.flatten()) {
    const Tensor* value = partial_value(t);
    specs_.push_back({t.dtype(), t.partial_shape(), t.is_symbolic() && value ? *value : Tensor(), unique_name("keras_tensor")});
  }
  return outputs();
}

Tensor KerasNode::output(int i) const {
  const Spec& spec = specs_[size_t(i)];
  return Tensor::symbolic(spec.dtype, {.graph = Ref<RefCounted>(const_cast<KerasNode*>(this)), .output = i, .shape = spec.shape,
                                       .constant = spec.value && is_complete(spec.value) ? &spec.value : nullptr});
}

Nest KerasNode::outputs() const {
  std::vector<Tensor> flat;
  for (int i = 0; i < num_outputs(); ++i) flat.push_back(output(i));
  return structure_.pack(flat);
}

const Tensor* KerasNode::known_part(const runnel::detail::Symbol& symbol) const {
  const Tensor& value = specs_[size_t(symbol.output)].value;
  return value ? &value : nullptr;
}

KerasNode* keras_node(const Tensor& tensor) {
  if (!tensor || !tensor.is_symbolic()) return nullptr;
  return dynamic_cast<KerasNode*>(tensor.symbol().graph.get());
}

bool has_keras_tensor(const Nest& nest) {
  if (nest.is_tensor()) return is_keras_tensor(nest.tensor());
  for (const Tensor& t : nest.flatten())
    if (is_keras_tensor(t)) return true;
  return false;
}
bool has_keras_tensor(const Nest& inputs, const CallArgs& args) {
  if (has_keras_tensor(inputs) || is_keras_tensor(args.mask)) return true;
  return std::any_of(args.more.begin(), args.more.end(), [](const auto& item) { return has_keras_tensor(item.second); });
}

Tensor symbolic_mask(const Tensor& keras_tensor) {
  KerasNode* node = keras_node(keras_tensor);
  if (!node || node->inputs().flatten().empty() || !node->layer()->supports_masking()) return {};
  const Tensor& first = node->args().mask;
  return node->layer()->compute_mask(node->inputs(), first ? first : symbolic_mask(node->inputs().flatten()[0]));
}

std::vector<Tensor> KerasNode::reads() const {
  std::vector<Tensor> out = inputs_.flatten();
  for (const auto& [name, nest] : args_.more)
    for (const Tensor& t : nest.flatten()) out.push_back(t);
  if (args_.mask) out.push_back(args_.mask);
  return out;
}

OperationBody::OperationBody(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs)
    : op_(op), attrs_(attrs), constants_(inputs.begin(), inputs.end()) {
  for (Tensor& t : constants_)
    if (is_keras_tensor(t)) t = Tensor();
  set_base("", true, DTypePolicy());
  set_built(true);
}

std::string OperationBody::class_name() const {
  const KerasOperator* known = keras_operator(op_.name());
  return known ? known->name : op_.name();
}
Config OperationBody::serialized() const {
  Config out = LayerBody::serialized();
  if (const KerasOperator* known = keras_operator(op_.name())) {
    out.set("module", known->module);
    out.set("registered_name", known->name);
  }
  return out;
}
Config OperationBody::get_config() const {
  if (!keras_operator(op_.name()))
    fail<NotImplementedError>(name(), cat("the operator ", op_.name(), " in a functional model cannot be saved"), {.hint = "put it into a layer of your own."});
  return Config::Dict{{"name", name()}};
}

Nest OperationBody::call(const Nest& inputs, const CallArgs&) {
  std::vector<Tensor> given = inputs.flatten(), all = constants_;
  size_t next = 0;
  for (Tensor& t : all)
    if (!t) t = given[next++];
  std::vector<Tensor> outputs = run_all(op_, all, attrs_);
  return outputs.size() == 1 ? Nest(outputs[0]) : Nest(outputs);
}

void KerasNode::trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
                      std::span<Tensor> outputs) {
  std::vector<PartialShape> shapes = infer_shapes(op, inputs, attrs, int(dtypes.size()));
  std::vector<Tensor> values = infer_values(op, inputs, attrs, dtypes, shapes);
  auto layer = make_ref<OperationBody>(op, inputs, attrs);
  layer->constructed();
  std::vector<Tensor> from_graph, like;
  for (const Tensor& t : inputs)
    if (is_keras_tensor(t)) from_graph.push_back(t);
  auto node = KerasNode::make(layer, Nest(from_graph));
  auto shapes_only = make_ref<ShapeTracer>();
  for (size_t i = 0; i < dtypes.size(); ++i) like.push_back(shapes_only->placeholder(dtypes[i], shapes[i], i < values.size() ? values[i] : Tensor()));
  node->make_outputs(like.size() == 1 ? Nest(like[0]) : Nest(like));
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = node->output(int(i));
}

}  // namespace runnel::inline v0::keras
