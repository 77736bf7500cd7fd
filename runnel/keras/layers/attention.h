// Attention, AdditiveAttention, MultiHeadAttention, GroupQueryAttention.
#pragma once

#include "runnel/keras/layers/attention_parts.h"

namespace runnel::inline v0::keras {

struct AttentionOptions {
  bool use_scale = false;
  std::string score_mode = "dot";  ///< "dot": q k^T; "concat": sums of tanh(q + k).
  double dropout = 0;
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("use_scale", s.use_scale);
    v("score_mode", s.score_mode);
    v("dropout", s.dropout);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

struct AdditiveAttentionOptions {
  bool use_scale = true;
  double dropout = 0;
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("use_scale", s.use_scale);
    v("dropout", s.dropout);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// What both kinds share. Inputs: [query (batch, steps, dim), value (batch, others, dim), key like value, by default value].
/// Call options: use_causal_mask, return_attention_scores. Masks (batch, steps) come with the inputs, or as "mask": [query's, value's].
template <class Options>
class AttentionBase : public LayerWith<Options> {
 public:
  explicit AttentionBase(const Options& options);
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override { return {"mask", "training", "return_attention_scores", "use_causal_mask"}; }

 protected:
  /// (batch, steps, others)
  virtual Tensor scores(const Tensor& query, const Tensor& key) const = 0;

 private:
  std::optional<SeedGenerator> seed_generator_;
};

/// Luong et al., "Effective approaches to attention-based neural machine translation", 2015.
class AttentionBody : public AttentionBase<AttentionOptions> {
 public:
  static constexpr const char* kName = "Attention";
  explicit AttentionBody(const AttentionOptions& options);
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;

 protected:
  Tensor scores(const Tensor& query, const Tensor& key) const override;

 private:
  Variable scale_, concat_score_weight_;
};

/// Bahdanau et al., "Neural machine translation by jointly learning to align and translate", 2014.
class AdditiveAttentionBody : public AttentionBase<AdditiveAttentionOptions> {
 public:
  static constexpr const char* kName = "AdditiveAttention";
  using AttentionBase::AttentionBase;
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;

 protected:
  Tensor scores(const Tensor& query, const Tensor& key) const override;

 private:
  Variable scale_;
};

struct MultiHeadAttentionOptions {
  Int num_heads{};
  Int key_dim{};
  std::optional<Int> value_dim{};
  double dropout = 0;
  bool use_bias = true;
  std::optional<int64_t> sliding_window{};  ///< Steps see others that are less than so far away.
  Ignored flash_attention{};                ///< Of GPUs.
  ShapeOption output_shape{};               ///< Default: the query's last size.
  Tuple attention_axes{};                   ///< Default: all axes but the batch and the features.
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer{};
  Regularizer bias_regularizer{};
  Regularizer activity_regularizer{};
  Constraint kernel_constraint{};
  Constraint bias_constraint{};
  bool use_gate = false;                    ///< Multiplies the outputs of the heads with a sigmoid of the query.
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("num_heads", s.num_heads);
    v("key_dim", s.key_dim);
    v("value_dim", s.value_dim);
    v("dropout", s.dropout);
    v("use_bias", s.use_bias);
    v("output_shape", s.output_shape);
    v("attention_axes", s.attention_axes);
    v("sliding_window", s.sliding_window);
    v("flash_attention", s.flash_attention);
    ignored_fields(s, v, "query_shape", "key_shape", "value_shape");
    v("kernel_initializer", s.kernel_initializer);
    v("bias_initializer", s.bias_initializer);
    v("kernel_regularizer", s.kernel_regularizer);
    v("bias_regularizer", s.bias_regularizer);
    v("activity_regularizer", s.activity_regularizer);
    v("kernel_constraint", s.kernel_constraint);
    v("bias_constraint", s.bias_constraint);
    v("use_gate", s.use_gate);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// Vaswani et al., "Attention is all you need", 2017. Input: the query (batch, steps, dim); further tensors of the call:
/// value, key (default: value), query_mask, value_mask, key_mask (batch, steps), attention_mask (batch, steps, others);
/// options: use_causal_mask, return_attention_scores.
class MultiHeadAttentionBody : public LayerWith<MultiHeadAttentionOptions> {
 public:
  static constexpr const char* kName = "MultiHeadAttention";
  explicit MultiHeadAttentionBody(const MultiHeadAttentionOptions& options);
  Config get_config() const override { return with_policies_below(without(LayerWith::get_config(), "flash_attention"), *this); }
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override {
    return {"value", "key", "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores", "training", "use_causal_mask"};
  }

 private:
  Layer projection(const char* name, int rank, int64_t dim, const Activation& activation = {}) const;

  Layer query_dense_, key_dense_, gate_dense_, value_dense_, output_dense_;
  std::string dot_equation_, combine_equation_;
  std::vector<int64_t> attention_axes_;
  std::optional<SeedGenerator> seed_generator_;
};

struct GroupedQueryAttentionOptions {
  Int head_dim{};
  Int num_query_heads{};
  Int num_key_value_heads{};
  double dropout = 0;
  bool use_bias = true;
  std::optional<int64_t> sliding_window{};  ///< Steps see others that are less than so far away.
  Ignored flash_attention{};                ///< Of GPUs.
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer{};
  Regularizer bias_regularizer{};
  Regularizer activity_regularizer{};
  Constraint kernel_constraint{};
  Constraint bias_constraint{};
  bool use_gate = false;  ///< Multiplies the outputs of the heads with a sigmoid of the query.
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("head_dim", s.head_dim);
    v("num_query_heads", s.num_query_heads);
    v("num_key_value_heads", s.num_key_value_heads);
    v("dropout", s.dropout);
    v("use_bias", s.use_bias);
    v("sliding_window", s.sliding_window);
    v("flash_attention", s.flash_attention);
    v("kernel_initializer", s.kernel_initializer);
    v("bias_initializer", s.bias_initializer);
    v("kernel_regularizer", s.kernel_regularizer);
    v("bias_regularizer", s.bias_regularizer);
    v("activity_regularizer", s.activity_regularizer);
    v("kernel_constraint", s.kernel_constraint);
    v("bias_constraint", s.bias_constraint);
    v("use_gate", s.use_gate);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// Attention in which several heads of the query share one of the key and the value. Ainslie et al., "GQA", 2023. Called as
/// MultiHeadAttention is; all inputs (batch, steps, dim).
class GroupedQueryAttentionBody : public LayerWith<GroupedQueryAttentionOptions> {
 public:
  static constexpr const char* kName = "GroupedQueryAttention";
  explicit GroupedQueryAttentionBody(const GroupedQueryAttentionOptions& options);
  Config get_config() const override { return with_policies_below(without(LayerWith::get_config(), "flash_attention"), *this); }
  Config serialized() const override;
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override {
    return {"value", "key", "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores", "training", "use_causal_mask"};
  }

 private:
  Layer projection(const char* name, const char* equation, int64_t heads, const Activation& activation = {}) const;

  Layer query_dense_, key_dense_, gate_dense_, value_dense_, output_dense_;
  std::optional<SeedGenerator> seed_generator_;
};

namespace layers {
using Attention = LayerOf<AttentionBody>;
using AdditiveAttention = LayerOf<AdditiveAttentionBody>;
using MultiHeadAttention = LayerOf<MultiHeadAttentionBody>;
using GroupedQueryAttention = LayerOf<GroupedQueryAttentionBody>;
using GroupQueryAttention = GroupedQueryAttention;  // Keras exports it so
}  // namespace layers

}  // namespace runnel::inline v0::keras
