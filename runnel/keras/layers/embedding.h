// Embedding, ReversibleEmbedding, and the layers that make masks: Embedding with mask_zero, Masking.
#pragma once

#include "runnel/keras/layers/adaptable.h"

namespace runnel::inline v0::keras {

struct EmbeddingOptions {
  Int input_dim{};   ///< Number of different integers.
  Int output_dim{};  ///< Size of a vector.
  Initializer embeddings_initializer = "uniform";
  Regularizer embeddings_regularizer{};
  Constraint embeddings_constraint{};
  bool mask_zero = false;  ///< 0 means "nothing here": the mask of the outputs is false there.
  Unsupported weights{};   ///< Of Python's signature, where every layer takes it by name.
  std::optional<Int> lora_rank{};   ///< Of a product that adapts the table: enable_lora().
  std::optional<Int> lora_alpha{};
  QuantizationConfig quantization_config{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("input_dim", s.input_dim);
    v("output_dim", s.output_dim);
    v("embeddings_initializer", s.embeddings_initializer);
    v("embeddings_regularizer", s.embeddings_regularizer);
    v("embeddings_constraint", s.embeddings_constraint);
    v("mask_zero", s.mask_zero);
    v("weights", s.weights);
    adaptable_fields(s, v);
    unsupported_fields(s, v, "activity_regularizer", "input_length");
    base_fields(s, v);
  }
};

/// A table (input_dim, output_dim) of which calls take rows.
class TableBody : public AdaptableBody {
 public:
  const Variable& embeddings() const { return stored_.values; }

 protected:
  MatrixForm form_in(const std::string& mode) const override;
  void build_table(const WeightSpec& spec);
  /// The rows of the numbers, (...) -> (..., output_dim).
  Tensor rows_of(const Tensor& input) const;

 private:
  Tensor stored_rows(const Tensor& index) const;

  Shape shape_;
};

/// Each integer becomes a row of a table that is learned: (batch, ...) -> (batch, ..., output_dim).
class EmbeddingBody : public AdaptableWith<EmbeddingOptions, TableBody> {
 public:
  static constexpr const char* kName = "Embedding";
  explicit EmbeddingBody(const EmbeddingOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override;
};

struct ReversibleEmbeddingOptions {
  Int input_dim{};
  Int output_dim{};
  bool tie_weights = true;  ///< The way back uses the same table, transposed.
  Initializer embeddings_initializer = "uniform";
  Regularizer embeddings_regularizer{};
  Constraint embeddings_constraint{};
  bool mask_zero = false;
  DType reverse_dtype{};                   ///< In which the way back is computed.
  std::optional<double> logit_soft_cap{};  ///< Logits become cap * tanh(logits / cap).
  std::optional<Int> lora_rank{};
  std::optional<Int> lora_alpha{};
  QuantizationConfig quantization_config{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("input_dim", s.input_dim);
    v("output_dim", s.output_dim);
    v("tie_weights", s.tie_weights);
    v("embeddings_initializer", s.embeddings_initializer);
    v("embeddings_regularizer", s.embeddings_regularizer);
    v("embeddings_constraint", s.embeddings_constraint);
    v("mask_zero", s.mask_zero);
    v("reverse_dtype", s.reverse_dtype);
    v("logit_soft_cap", s.logit_soft_cap);
    unsupported_fields(s, v, "activity_regularizer");
    adaptable_fields(s, v);
    base_fields(s, v);
  }
};

/// An Embedding that also goes back: called with `reverse`, vectors (..., output_dim) become logits (..., input_dim).
class ReversibleEmbeddingBody : public AdaptableWith<ReversibleEmbeddingOptions, TableBody> {
 public:
  static constexpr const char* kName = "ReversibleEmbedding";
  explicit ReversibleEmbeddingBody(const ReversibleEmbeddingOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override { return {"reverse"}; }
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override { return {}; }

 private:
  Tensor logits(const Tensor& input) const;
  Tensor logits_of_bits(const Tensor& input) const;
  MatrixForm form_of_reverse() const;
  std::vector<Variable> saved_last() const override { return {reverse_.values, reverse_.scale, reverse_.zero}; }
  bool usually_quantizes_inputs(const std::string& mode) const override { return true; }
  void quantize_others(const std::string& mode, int64_t block) override;

  StoredMatrix reverse_;  // where the way back has a table of its own
};

struct MaskingOptions {
  double mask_value = 0;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("mask_value", s.mask_value);
    base_fields(s, v);
  }
};

/// Masks the steps whose features all equal mask_value, and sets them to 0.
class MaskingBody : public LayerWith<MaskingOptions> {
 public:
  static constexpr const char* kName = "Masking";
  explicit MaskingBody(const MaskingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }
};

struct IdentityLayerOptions {
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    base_fields(s, v);
  }
};

/// Its input.
class IdentityLayerBody : public LayerWith<IdentityLayerOptions> {
 public:
  static constexpr const char* kName = "Identity";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  Nest call(const Nest& inputs, const CallArgs& args) override { return inputs; }
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }
};

namespace layers {
using Embedding = LayerOf<EmbeddingBody>;
using ReversibleEmbedding = LayerOf<ReversibleEmbeddingBody>;
using Masking = LayerOf<MaskingBody>;
using Identity = LayerOf<IdentityLayerBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
