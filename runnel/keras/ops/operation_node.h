// The node that a call of keras.ops on Keras tensors becomes.
#pragma once

#include "runnel/keras/functional_graph.h"
#include "runnel/keras/ops/operations.h"

namespace runnel::inline v0::keras::ops {

class OperationNodeBody : public LayerBody {
 public:
  OperationNodeBody(const FoundOperation& found, std::vector<CallArgument> arguments, const std::string& name);
  std::string class_name() const override { return found_.operation->class_name; }
  Config serialized() const override;
  Config get_config() const override;
  bool has_saved_state() const override { return false; }  // to Keras it is no layer
  using LayerBody::call;
  Nest call(const Nest& inputs, const CallArgs&) override;
  /// What it was called with, in order: the tensors among them come from the node's inputs.
  std::vector<CallArgument> call_arguments_of(const Nest& inputs) const;

 private:
  std::vector<CallArgument> with_tensors(const Nest& inputs) const;

  FoundOperation found_;
  std::vector<OperationParameter> parameters_;
  std::vector<CallArgument> arguments_;  // with stand-ins where tensors of the graph go
};

}  // namespace runnel::inline v0::keras::ops
