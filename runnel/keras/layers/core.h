// Dense and Activation.
#pragma once

#include "runnel/keras/layers/adaptable.h"

namespace runnel::inline v0::keras {

struct DenseOptions {
  Int units{};
  Activation activation{};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer{};
  Regularizer bias_regularizer{};
  Regularizer activity_regularizer{};
  Constraint kernel_constraint{};
  Constraint bias_constraint{};
  std::optional<Int> lora_rank{};   ///< Of a product that adapts the kernel: enable_lora().
  std::optional<Int> lora_alpha{};
  QuantizationConfig quantization_config{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("activation", s.activation);
    v("use_bias", s.use_bias);
    v("kernel_initializer", s.kernel_initializer);
    v("bias_initializer", s.bias_initializer);
    v("kernel_regularizer", s.kernel_regularizer);
    v("bias_regularizer", s.bias_regularizer);
    v("activity_regularizer", s.activity_regularizer);
    v("kernel_constraint", s.kernel_constraint);
    v("bias_constraint", s.bias_constraint);
    adaptable_fields(s, v);
    base_fields(s, v);
  }
};

/// activation(x @ kernel + bias) over the last axis.
class DenseBody : public AdaptableWith<DenseOptions> {
 public:
  static constexpr const char* kName = "Dense";
  explicit DenseBody(const DenseOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  const Variable& kernel() const { return stored_.values; }
  const Variable& bias() const { return bias_; }

 private:
  MatrixForm form_in(const std::string& mode) const override;
  std::vector<Variable> saved_after_weight() const override { return {bias_}; }
  bool has_float8() const override { return true; }

  int64_t inputs_ = 0;
  Variable bias_;
};

struct ActivationOptions {
  Activation activation{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("activation", s.activation);
    base_fields(s, v);
  }
};

/// The activation function alone.
class ActivationBody : public LayerWith<ActivationOptions> {
 public:
  static constexpr const char* kName = "Activation";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override { return options_.activation(input); }
};

namespace layers {
using Dense = LayerOf<DenseBody>;
using Activation = LayerOf<ActivationBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
