// What attention layers have in common: the tensors and masks of a call, the softmax over what a mask lets through.
#pragma once

#include "runnel/keras/layers/call_arguments.h"
#include "runnel/keras/layers/einsum_dense.h"
#include "runnel/keras/random.h"

namespace runnel::inline v0::keras {

/// Either mask, or their logical and.
Tensor both_masks(const Tensor& a, const Tensor& b);
/// (1, steps, others): true where other <= step.
Tensor causal_mask(const Tensor& query, const Tensor& value);

/// Query (batch, steps, dim), value and key (batch, others, dim), and where the query may look: (batch, steps, others), or empty.
struct AttentionInputs {
  Tensor query, value, key, mask;
};
/// From the inputs [query, value, key] or the arguments value, key, query_mask, value_mask, key_mask, attention_mask and
/// use_causal_mask. sliding_window: a step sees others that are less than so far away.
AttentionInputs attention_inputs(const LayerBody& layer, const Nest& inputs, const CallArgs& args, std::optional<int64_t> sliding_window);
/// ValueError unless it is none or positive.
void check_sliding_window(std::optional<int64_t> sliding_window);

/// Softmax over the last `axes` axes of scores (batch, heads, ...), where the mask (batch, ...) is true.
Tensor masked_softmax(const Tensor& scores, const Tensor& mask, size_t axes);

/// Another initializer with the same arguments: one object gives every kernel the same numbers.
Initializer another(const Initializer& initializer);

/// An EinsumDense with the bias, initializers, regularizers and constraints that an attention layer was given.
template <class Options>
Layer dense_like(const Options& o, EinsumDenseOptions dense) {
  if (!o.use_bias) dense.bias_axes.reset();
  dense.kernel_initializer = another(o.kernel_initializer);
  dense.bias_initializer = another(o.bias_initializer);
  dense.kernel_regularizer = o.kernel_regularizer;
  dense.bias_regularizer = o.bias_regularizer;
  dense.activity_regularizer = o.activity_regularizer;
  dense.kernel_constraint = o.kernel_constraint;
  dense.bias_constraint = o.bias_constraint;
  return layers::EinsumDense(dense);
}

}  // namespace runnel::inline v0::keras
