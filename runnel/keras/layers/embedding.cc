#include "runnel/keras/layers/embedding.h"

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

EmbeddingBody::EmbeddingBody(const EmbeddingOptions& options) : LayerWith(options) {
  if (options.input_dim <= 0 || options.output_dim <= 0)
    fail<ValueError>("Embedding", "input_dim and output_dim must be positive",
                     {.got = cat("input_dim=", int64_t(options.input_dim), ", output_dim=", int64_t(options.output_dim))});
  settle(options.embeddings_initializer);
}

void EmbeddingBody::build(const PartialShape& input_shape) {
  embeddings_ = add_weight({.name = "embeddings", .shape = {options_.input_dim, options_.output_dim}, .initializer = options_.embeddings_initializer,
                            .regularizer = options_.embeddings_regularizer, .constraint = options_.embeddings_constraint});
}

Tensor EmbeddingBody::call(const Tensor& input, const CallArgs& args) {
  Tensor indices = input.dtype() == int32 || input.dtype() == int64 ? input : cast(input, int32);
  return gather(computed(*this, embeddings_), indices, 0);
}

Tensor EmbeddingBody::compute_mask(const Nest& inputs, const Tensor& mask) {
  return options_.mask_zero ? not_equal(inputs.tensor(), 0) : Tensor();
}

MaskingBody::MaskingBody(const MaskingOptions& options) : LayerWith(options) { set_built(true); }

Tensor MaskingBody::compute_mask(const Nest& inputs, const Tensor& mask) {
  return reduce_any(not_equal(inputs.tensor(), options_.mask_value), -1);
}

Tensor MaskingBody::call(const Tensor& input, const CallArgs& args) {
  return input * cast(reduce_any(not_equal(input, options_.mask_value), -1, true), input.dtype());
}

RUNNEL_KERAS_CLASS(layers, Embedding, EmbeddingBody)
RUNNEL_KERAS_CLASS(layers, Masking, MaskingBody)
RUNNEL_KERAS_CLASS(layers, Identity, IdentityLayerBody)

}  // namespace runnel::inline v0::keras
