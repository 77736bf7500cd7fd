// The masks of a functional model's tensors as a call on Keras tensors sees them. When the model runs, attention takes masks off what it
// reads (Keras 3), but a layer that is called with one tensor, and takes a mask, was given its mask as an argument before that.
#pragma once

#include "runnel/base/pointer_map.h"
#include "runnel/keras/functional_graph.h"

namespace runnel::inline v0::keras {

/// True where a layer within takes masks off its inputs.
bool takes_masks_off(const LayerBody& model);

/// Of one call of the model, told of its nodes in order.
class KeptMasks {
 public:
  void add_input(const Tensor& keras_tensor, const Tensor& value);
  /// Lends the call the mask that its only input has lost; true where it did.
  bool lend(const KerasNode& node, const Nest& inputs, CallArgs& args) const;
  /// After the node's call. What was lent stays no note of the outputs.
  void add(const KerasNode& node, const Nest& inputs, const std::vector<Tensor>& outputs, bool lent);

 private:
  Tensor of(const Tensor& keras_tensor) const;
  Tensor made_by(const KerasNode& node, const Nest& inputs) const;
  PointerMap<std::vector<Tensor>> masks_;  // of each node's outputs
};

}  // namespace runnel::inline v0::keras
