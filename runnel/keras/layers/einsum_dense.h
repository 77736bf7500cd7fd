// EinsumDense.
#pragma once

#include "runnel/keras/layers/base_fields.h"

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
    unsupported_fields(s, v, "lora_rank", "lora_alpha", "gptq_unpacked_column_size", "quantization_config");
    base_fields(s, v);
  }
};

/// The shapes that an equation asks for, from an input's shape and a wanted output shape (without the batch axis).
struct EinsumShapes {
  Dims kernel, bias;     ///< bias: of size 1 along the axes after the first that it lacks; empty for no bias.
  PartialShape output;
};
EinsumShapes einsum_shapes(const std::string& equation, const std::string& bias_axes, const PartialShape& input, const PartialShape& output);

/// activation(einsum(equation, x, kernel) + bias)
class EinsumDenseBody : public LayerWith<EinsumDenseOptions> {
 public:
  static constexpr const char* kName = "EinsumDense";
  explicit EinsumDenseBody(const EinsumDenseOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;

 private:
  Variable kernel_, bias_;
};

namespace layers {
using EinsumDense = LayerOf<EinsumDenseBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
