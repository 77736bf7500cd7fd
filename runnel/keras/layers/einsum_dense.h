// EinsumDense.
#pragma once

#include "runnel/keras/layers/adaptable.h"

namespace runnel::inline v0::keras {

struct EinsumDenseOptions {
  std::string equation{};      ///< "ab,bc->ac"; "..." stands for any axes before the others.
  ShapeOption output_shape{};  ///< Without the batch axis; -1 where the inputs tell.
  Activation activation{};
  std::optional<std::string> bias_axes{};  ///< Axes of the output that the bias has.
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer{};
  Regularizer bias_regularizer{};
  Regularizer activity_regularizer{};
  Constraint kernel_constraint{};
  Constraint bias_constraint{};
  std::optional<Int> lora_rank{};   ///< Of a product that adapts the kernel: enable_lora().
  std::optional<Int> lora_alpha{};
  std::optional<Int> gptq_unpacked_column_size{};  ///< Of Keras's files; null.
  QuantizationConfig quantization_config{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("equation", s.equation);
    v("output_shape", s.output_shape);
    v("activation", s.activation);
    v("bias_axes", s.bias_axes);
    v("kernel_initializer", s.kernel_initializer);
    v("bias_initializer", s.bias_initializer);
    v("kernel_regularizer", s.kernel_regularizer);
    v("bias_regularizer", s.bias_regularizer);
    v("activity_regularizer", s.activity_regularizer);
    v("kernel_constraint", s.kernel_constraint);
    v("bias_constraint", s.bias_constraint);
    v("lora_rank", s.lora_rank);
    v("lora_alpha", s.lora_alpha);
    v("gptq_unpacked_column_size", s.gptq_unpacked_column_size);
    v("quantization_config", s.quantization_config);
    base_fields(s, v);
  }
};

/// The shapes that an equation asks for, from an input's shape and a wanted output shape (without the batch axis).
struct EinsumShapes {
  Dims kernel, bias;     ///< bias: of size 1 along the axes after the first that it lacks; empty for no bias.
  PartialShape output;
};
EinsumShapes einsum_shapes(const std::string& equation, const std::string& bias_axes, const PartialShape& input, const PartialShape& output);

/// An equation's letters for inputs of a rank: those of "..." are capitals that it does not use.
struct EinsumLetters {
  std::string input, kernel, output;
  /// The axes of `operand` that are summed over: they are none of the outputs'.
  Dims summed(const std::string& operand) const;
  /// The order in which the outputs have the other letters of `operand`.
  Dims order(const std::string& operand) const;
};

/// activation(einsum(equation, x, kernel) + bias)
class EinsumDenseBody : public AdaptableWith<EinsumDenseOptions> {
 public:
  static constexpr const char* kName = "EinsumDense";
  explicit EinsumDenseBody(const EinsumDenseOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;

 private:
  MatrixForm form_in(const std::string& mode) const override;
  std::vector<Variable> saved_after_weight() const override { return {bias_}; }
  bool has_float8() const override { return true; }

  EinsumLetters letters_;
  Shape kernel_shape_;
  Variable bias_;
};

namespace layers {
using EinsumDense = LayerOf<EinsumDenseBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
