#include "runnel/keras/layers/embedding.h"

#include "runnel/keras/layers/call_arguments.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

template <class Options>
void check_sizes(const Options& options) {
  if (options.input_dim <= 0 || options.output_dim <= 0)
    fail<ValueError>("Embedding", "input_dim and output_dim must be positive",
                     {.got = cat("input_dim=", int64_t(options.input_dim), ", output_dim=", int64_t(options.output_dim))});
}

template <class Options>
WeightSpec table(const Options& o) {
  return {.name = "embeddings", .shape = {o.input_dim, o.output_dim}, .initializer = o.embeddings_initializer,
          .regularizer = o.embeddings_regularizer, .constraint = o.embeddings_constraint};
}

Tensor rows_of(const Tensor& table, const Tensor& input) {
  return gather(table, input.dtype() == int32 || input.dtype() == int64 ? input : cast(input, int32), 0);
}

}  // namespace

EmbeddingBody::EmbeddingBody(const EmbeddingOptions& options) : LayerWith(options) {
  check_sizes(options);
  supports_masking_ = options.mask_zero;
  settle(options.embeddings_initializer);
}

void EmbeddingBody::build(const PartialShape& input_shape) { embeddings_ = add_weight(table(options_)); }

Tensor EmbeddingBody::call(const Tensor& input, const CallArgs& args) { return rows_of(computed(*this, embeddings_), input); }

Tensor EmbeddingBody::compute_mask(const Nest& inputs, const Tensor& mask) {
  return options_.mask_zero ? not_equal(inputs.tensor(), 0) : Tensor();
}

MaskingBody::MaskingBody(const MaskingOptions& options) : LayerWith(options) { set_built(true); }

ReversibleEmbeddingBody::ReversibleEmbeddingBody(const ReversibleEmbeddingOptions& options) : LayerWith(options) {
  check_sizes(options);
  supports_masking_ = options.mask_zero;
  settle(options.embeddings_initializer);
}

void ReversibleEmbeddingBody::build(const PartialShape& input_shape) {
  const ReversibleEmbeddingOptions& o = options_;
  embeddings_ = add_weight(table(o));
  if (!o.tie_weights)
    reverse_embeddings_ = add_weight({.name = "reverse_embeddings", .shape = {o.output_dim, o.input_dim}, .initializer = o.embeddings_initializer});
}

Tensor ReversibleEmbeddingBody::logits(const Tensor& input) const {
  const ReversibleEmbeddingOptions& o = options_;
  DType dtype = o.reverse_dtype ? o.reverse_dtype : compute_dtype();
  Tensor kernel = cast((o.tie_weights ? embeddings_ : reverse_embeddings_).value(), dtype);
  if (o.tie_weights) kernel = transpose(kernel);
  PartialShape shape = input.partial_shape();
  Tensor y = shape.rank() <= 2 ? matmul(cast(input, dtype), kernel) : tensordot(cast(input, dtype), kernel, 1);
  if (!o.logit_soft_cap) return y;
  return tanh(y / *o.logit_soft_cap) * *o.logit_soft_cap;
}

// Keras sets the mask itself, so that there is none on the way back.
Tensor ReversibleEmbeddingBody::call(const Tensor& input, const CallArgs& args) {
  if (flag(args, "reverse")) return logits(input);
  Tensor y = rows_of(computed(*this, embeddings_), input);
  if (options_.mask_zero) set_mask(y, not_equal(input, 0));
  return y;
}

Tensor MaskingBody::compute_mask(const Nest& inputs, const Tensor& mask) {
  return reduce_any(not_equal(inputs.tensor(), options_.mask_value), -1);
}

Tensor MaskingBody::call(const Tensor& input, const CallArgs& args) {
  return input * cast(reduce_any(not_equal(input, options_.mask_value), -1, true), input.dtype());
}

RUNNEL_KERAS_CLASS(layers, Embedding, EmbeddingBody)
RUNNEL_KERAS_CLASS(layers, ReversibleEmbedding, ReversibleEmbeddingBody)
RUNNEL_KERAS_CLASS(layers, Masking, MaskingBody)
RUNNEL_KERAS_CLASS(layers, Identity, IdentityLayerBody)

}  // namespace runnel::inline v0::keras
