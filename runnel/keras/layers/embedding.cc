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

}  // namespace

MatrixForm TableBody::form_in(const std::string&) const { return {.name = "embeddings", .shape = shape_, .reduced = {1}}; }

void TableBody::build_table(const WeightSpec& spec) {
  shape_ = spec.shape;
  build_weight(spec);
}

Tensor TableBody::stored_rows(const Tensor& index) const {
  if (!is_quantized()) return gather(computed(*this, stored_.values), index, 0);
  KeptMatrix kept = stored_.kept(compute_dtype());
  Tensor rows = gather(whole_numbers(kept, stored_.form), index, 0), scale = gather(kept.scale, index, 0);
  if (kept.zero) return cast(quantizers::dequantize_groups(rows, scale, gather(kept.zero, index, 0), kept.group_index, -1), compute_dtype());
  return cast(rows, compute_dtype()) / expand_dims(scale, -1);
}

Tensor TableBody::rows_of(const Tensor& input) const {
  Tensor index = input.dtype() == int32 || input.dtype() == int64 ? input : cast(input, int32), rows = stored_rows(index);
  if (!lora_enabled()) return rows;
  Tensor thin = tensordot(gather(lora_a_.value(), index, 0), lora_b_.value(), 1);
  return cast(cast(rows, float32) + thin * float(lora_scale()), compute_dtype());
}

EmbeddingBody::EmbeddingBody(const EmbeddingOptions& options) : AdaptableWith(options) {
  check_sizes(options);
  supports_masking_ = options.mask_zero;
  settle(options.embeddings_initializer);
}

void EmbeddingBody::build(const PartialShape& input_shape) {
  build_table(table(options_));
  build_lora(false);
}

Tensor EmbeddingBody::call(const Tensor& input, const CallArgs& args) { return rows_of(input); }

Tensor EmbeddingBody::compute_mask(const Nest& inputs, const Tensor& mask) {
  return options_.mask_zero ? not_equal(inputs.tensor(), 0) : Tensor();
}

MaskingBody::MaskingBody(const MaskingOptions& options) : LayerWith(options) { set_built(true); }

ReversibleEmbeddingBody::ReversibleEmbeddingBody(const ReversibleEmbeddingOptions& options) : AdaptableWith(options) {
  check_sizes(options);
  supports_masking_ = options.mask_zero;
  settle(options.embeddings_initializer);
}

MatrixForm ReversibleEmbeddingBody::form_of_reverse() const {
  const ReversibleEmbeddingOptions& o = options_;
  return {.name = "reverse_embeddings", .shape = {o.output_dim, o.input_dim}, .reduced = {0}, .packed = 0, .zero_dtype = variable_dtype(), .with_index = false};
}

void ReversibleEmbeddingBody::build(const PartialShape& input_shape) {
  const ReversibleEmbeddingOptions& o = options_;
  build_table(table(o));
  if (!o.tie_weights && is_quantized()) reverse_.build(*this, form_of_reverse(), stored_.mode, block_size());
  else if (!o.tie_weights)
    reverse_.values = add_weight({.name = "reverse_embeddings", .shape = {o.output_dim, o.input_dim}, .initializer = o.embeddings_initializer});
  build_lora(false);
}

void ReversibleEmbeddingBody::quantize_others(const std::string& mode, int64_t block) {
  if (options_.tie_weights) return;
  KeptMatrix kept = to_bits(reverse_.values.value(), form_of_reverse(), mode, block, options_.quantization_config.body()->weight_quantizer());
  untrack_variable(reverse_.values);
  reverse_.build(*this, form_of_reverse(), mode, block);
  reverse_.assign(kept);
}

namespace {
Tensor times_rows(const Tensor& x, const Tensor& kernel) { return tensordot(x, kernel, 1); }
Tensor times_columns(const Tensor& x, const Tensor& kernel) { return tensordot(x, transpose(kernel), 1); }
}  // namespace

Tensor ReversibleEmbeddingBody::logits_of_bits(const Tensor& input) const {
  if (options_.tie_weights) return multiply_kept(input, stored_.kept(compute_dtype()), stored_.form, {times_columns, times_rows});
  KeptMatrix kept = reverse_.kept(compute_dtype());
  if (stored_.group_index) kept.group_index = stored_.group_index.value();
  return multiply_kept(input, kept, reverse_.form, {times_rows, times_columns});
}

Tensor ReversibleEmbeddingBody::logits(const Tensor& input) const {
  const ReversibleEmbeddingOptions& o = options_;
  if (is_quantized()) return logits_of_bits(input);
  DType dtype = o.reverse_dtype ? o.reverse_dtype : compute_dtype();
  Tensor kernel = cast(o.tie_weights ? weight() : reverse_.values.value(), dtype), x = cast(input, dtype);
  if (o.tie_weights) kernel = transpose(kernel);
  return input.partial_shape().rank() <= 2 ? matmul(x, kernel) : tensordot(x, kernel, 1);
}

// Keras sets the mask itself, so that there is none on the way back.
Tensor ReversibleEmbeddingBody::call(const Tensor& input, const CallArgs& args) {
  if (flag(args, "reverse")) {
    Tensor y = logits(input);
    return options_.logit_soft_cap ? tanh(y / *options_.logit_soft_cap) * *options_.logit_soft_cap : y;
  }
  Tensor y = rows_of(input);
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
