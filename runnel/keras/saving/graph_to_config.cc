// A functional model's graph, written.
#include "runnel/base/error.h"
#include "runnel/base/pointer_map.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/ops/operation_node.h"
#include "runnel/keras/saving/graph_config.h"
#include "runnel/keras/saving/operators.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/saving/slices.h"

namespace runnel::inline v0::keras {

namespace {

const OperationBody* slice_of(const KerasNode& node) {
  return node.layer()->class_name() == kGetItem ? dynamic_cast<const OperationBody*>(node.layer().get()) : nullptr;
}
bool is_functional(const LayerBody& layer) { return dynamic_cast<const FunctionalBody*>(&layer) != nullptr; }

class GraphWriter {
 public:
  explicit GraphWriter(const FunctionalBody& model) : model_(model) {
    PointerMap<bool> own;
    for (const auto& node : model.graph_nodes()) own[node.get()] = true;
    for (const auto& layer : model.layers())
      for (KerasNode* node : layer->nodes())
        if (own.contains(node)) {
          index_[node] = int64_t(nodes_[layer.get()].size());
          nodes_[layer.get()].push_back(node);
        }
  }

  Config write() {
    Config::List layers;
    for (const auto& layer : model_.layers()) layers.push_back(layer_entry(*layer));
    return Config::Dict{{"name", model_.name()},
                        {"trainable", model_.trainable()},
                        {"layers", layers},
                        {"input_layers", ends(model_.inputs())},
                        {"output_layers", ends(model_.outputs())}};
  }

 private:
  Config layer_entry(const LayerBody& layer) {
    Config entry = serialize_keras_object(layer);
    entry.set("name", layer.name());
    Config::List calls;
    for (KerasNode* node : nodes_[&layer])
      if (!node->inputs().flatten().empty()) calls.push_back(call_entry(*node));
    entry.set("inbound_nodes", calls);
    return entry;
  }

  Config call_entry(const KerasNode& node) {
    Config::List args;
    if (auto* operation = dynamic_cast<const ops::OperationNodeBody*>(node.layer().get())) {
      for (const ops::CallArgument& a : operation->call_arguments_of(node.inputs())) args.push_back(a.tensors ? argument(a.tensors) : a.value);
    } else if (auto* slice = slice_of(node)) {
      args = {argument(node.inputs().flatten().at(0)), key_of(*slice)};
    } else if (const Nest operands = operands_of(*node.layer(), node.inputs()))
      for (const Nest& operand : operands.list()) args.push_back(argument(operand));
    else args.push_back(argument(node.inputs()));
    Config kwargs = Config::dict();
    if (node.args().training) kwargs.set("training", *node.args().training);
    if (node.args().mask) kwargs.set("mask", argument(node.args().mask));
    for (const auto& [name, nest] : node.args().more) kwargs.set(name, argument(nest));
    for (const auto& [name, value] : node.args().options) kwargs.set(name, value);
    return Config::Dict{{"args", args}, {"kwargs", kwargs}};
  }

  Config argument(const Nest& nest) {
    if (!nest) return nullptr;
    if (nest.is_tensor()) return tensor_entry(nest.tensor());
    Config::List list;
    Config::Dict dict;
    if (nest.is_list())
      for (const Nest& item : nest.list()) list.push_back(argument(item));
    else
      for (const auto& [key, item] : nest.dict()) dict.emplace_back(key, argument(item));
    return nest.is_list() ? Config(list) : Config(dict);
  }

  Config tensor_entry(const Tensor& t) {
    KerasNode* node = keras_node(t);
    if (!node) return constant_to_config(t);
    Config::List history{node->layer()->name(), index_[node], int64_t(t.symbol().output)};
    return Config::Dict{{"class_name", "__keras_tensor__"},
                        {"config", Config::Dict{{"shape", to_config(ShapeOption(t.partial_shape()))}, {"dtype", t.dtype().name()}, {"keras_history", history}}}};
  }

  // Here, and only here, the calls of a nested functional model count from 1, as in Keras.
  Config ends(const Nest& nest) {
    if (nest.is_tensor()) {
      KerasNode* node = keras_node(nest.tensor());
      return Config::List{node->layer()->name(), index_[node] + (is_functional(*node->layer()) ? 1 : 0), int64_t(nest.tensor().symbol().output)};
    }
    Config::List list;
    Config::Dict dict;
    if (nest.is_list())
      for (const Nest& item : nest.list()) list.push_back(ends(item));
    else
      for (const auto& [key, item] : nest.dict()) dict.emplace_back(key, ends(item));
    return nest.is_list() ? Config(list) : Config(dict);
  }

  const FunctionalBody& model_;
  PointerMap<int64_t> index_;                   // of a node among its layer's nodes in this model
  PointerMap<std::vector<KerasNode*>> nodes_;  // of each layer, those in this model
};

}  // namespace

Config graph_to_config(const FunctionalBody& model) { return GraphWriter(model).write(); }

}  // namespace runnel::inline v0::keras
