// Keras tensors: symbolic tensors whose Symbol::graph is the KerasNode that makes them. A node owns its inputs, and a tensor
// its node, so that a graph lives as long as somebody holds one of its ends.
#pragma once

#include "runnel/keras/layer.h"
#include "runnel/op/context.h"
#include "runnel/op/partial_value.h"

namespace runnel::inline v0::keras {

/// One call of a layer in a functional graph; also takes operators called on its tensors (x + 1), each as a layer.
class KerasNode : public RefCounted, public Tracer, public KeepsPartialValues {
 public:
  KerasNode(Ref<LayerBody> layer, const Nest& inputs, const CallArgs& args);
  static Ref<KerasNode> make(const Ref<LayerBody>& layer, const Nest& inputs = Nest(), const CallArgs& args = CallArgs());
  ~KerasNode() override;

  const Ref<LayerBody>& layer() const { return layer_; }
  const Nest& inputs() const { return inputs_; }
  /// All tensors that it reads: of the inputs, then of the further arguments.
  std::vector<Tensor> reads() const;
  const CallArgs& args() const { return args_; }
  const Nest& outputs_structure() const { return structure_; }
  /// Makes the outputs: tensors of these dtypes and shapes, in the structure of `like`.
  Nest make_outputs(const Nest& like);
  /// Output i again, as a handle.
  Tensor output(int i) const;
  /// "keras_tensor_3", or the name that an Input was given.
  const std::string& output_name(int i) const { return specs_[size_t(i)].name; }
  void set_output_name(int i, const std::string& name) { specs_[size_t(i)].name = name; }
  /// All outputs in their structure.
  Nest outputs() const;
  int num_outputs() const { return int(specs_.size()); }

  void trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
             std::span<Tensor> outputs) override;
  const Tensor* known_part(const runnel::detail::Symbol& symbol) const override;
  void visit_owned(OwnedVisitor& visitor) const override;

 private:
  struct Spec {
    DType dtype;
    PartialShape shape;
    Tensor value;  // what is known of it: see op/partial_value.h
    std::string name{};
  };
  Ref<LayerBody> layer_;
  Nest inputs_;
  CallArgs args_;
  Nest structure_;  // placeholders without data, for the shape of the nest only
  std::vector<Spec> specs_;
};

/// An operator in a functional graph: its symbolic inputs come from the graph, the others are constants.
class OperationBody : public LayerBody {
 public:
  OperationBody(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs);
  /// The name of Keras's class for it; of the operator where Keras has none.
  std::string class_name() const override;
  Config serialized() const override;
  Config get_config() const override;
  bool has_saved_state() const override { return false; }  // to Keras it is no layer
  using LayerBody::call;
  Nest call(const Nest& inputs, const CallArgs&) override;
  /// Its operands; none stands for one that comes from the graph.
  const std::vector<Tensor>& constants() const { return constants_; }
  const Attrs& attrs() const { return attrs_; }

 private:
  const Op& op_;
  Attrs attrs_;
  std::vector<Tensor> constants_;
};

/// The node behind a Keras tensor, or nullptr for other tensors.
KerasNode* keras_node(const Tensor& tensor);
inline bool is_keras_tensor(const Tensor& tensor) { return keras_node(tensor) != nullptr; }
bool has_keras_tensor(const Nest& nest);
/// The mask that goes with a Keras tensor, as one; empty where its layer gives none.
Tensor symbolic_mask(const Tensor& keras_tensor);
bool has_keras_tensor(const Nest& inputs, const CallArgs& args);

}  // namespace runnel::inline v0::keras
