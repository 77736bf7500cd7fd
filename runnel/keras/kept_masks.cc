#include "runnel/keras/kept_masks.h"

#include <algorithm>

#include "runnel/keras/collected.h"
#include "runnel/keras/layers/attention.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0::keras {

bool takes_masks_off(const LayerBody& model) {
  std::vector<LayerBody*> all = const_cast<LayerBody&>(model).all_layers();
  return std::any_of(all.begin(), all.end(), [](LayerBody* layer) { return dynamic_cast<MultiHeadAttentionBody*>(layer); });
}

void KeptMasks::add_input(const Tensor& keras_tensor, const Tensor& value) { masks_[keras_node(keras_tensor)] = {mask_of(value)}; }

Tensor KeptMasks::of(const Tensor& keras_tensor) const {
  KerasNode* node = keras_node(keras_tensor);
  const std::vector<Tensor>* known = node ? masks_.find(node) : nullptr;
  return known ? (*known)[size_t(keras_tensor.symbol().output)] : Tensor();
}

bool KeptMasks::lend(const KerasNode& node, const Nest& inputs, CallArgs& args) const {
  if (!inputs.is_tensor() || !args.more.empty() || args.mask || mask_of(inputs.tensor())) return false;
  args.mask = of(node.inputs().tensor());
  return bool(args.mask);
}

// The layer finds its inputs' masks as notes, here on handles that live no longer than this.
Tensor KeptMasks::made_by(const KerasNode& node, const Nest& inputs) const {
  std::vector<Tensor> read = node.inputs().flatten(), values = inputs.flatten();
  for (size_t i = 0; i < values.size(); ++i) set_mask(values[i] = own_handle(values[i]), of(read[i]));
  const Tensor& given = node.args().mask;
  Tensor mask = node.layer()->compute_mask(inputs.pack(values), given ? given : of(read[0]));
  for (const Tensor& handle : values) set_mask(handle, Tensor());
  return mask;
}

void KeptMasks::add(const KerasNode& node, const Nest& inputs, const std::vector<Tensor>& outputs, bool lent) {
  if (lent)
    for (const Tensor& t : outputs) set_mask(t, Tensor());
  std::vector<Tensor>& masks = masks_[&node];
  const std::vector<Tensor> read = node.inputs().flatten();
  const bool any = std::any_of(read.begin(), read.end(), [&](const Tensor& t) { return bool(of(t)); });
  for (const Tensor& t : outputs) masks.push_back(any ? Tensor() : mask_of(t));
  if (any && !masks.empty() && node.layer()->supports_masking()) masks[0] = made_by(node, inputs);
}

}  // namespace runnel::inline v0::keras
