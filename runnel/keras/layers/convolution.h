// Conv1D, Conv2D, Conv3D.
#pragma once

#include "runnel/keras/layers/spatial.h"

namespace runnel::inline v0::keras {

struct ConvOptions {
  Int filters{};
  Tuple kernel_size{};
  Tuple strides = 1;
  std::string padding = "valid";  ///< "valid", "same"; for Conv1D also "causal".
  std::string data_format{};
  Tuple dilation_rate = 1;
  Int groups = 1;
  Activation activation{};
  bool use_bias = true;
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
    v("filters", s.filters);
    v("kernel_size", s.kernel_size);
    v("strides", s.strides);
    v("padding", s.padding);
    v("data_format", s.data_format);
    v("dilation_rate", s.dilation_rate);
    v("groups", s.groups);
    v("activation", s.activation);
    v("use_bias", s.use_bias);
    v("kernel_initializer", s.kernel_initializer);
    v("bias_initializer", s.bias_initializer);
    v("kernel_regularizer", s.kernel_regularizer);
    v("bias_regularizer", s.bias_regularizer);
    v("activity_regularizer", s.activity_regularizer);
    v("kernel_constraint", s.kernel_constraint);
    v("bias_constraint", s.bias_constraint);
    base_fields(s, v);
  }
};

/// activation(convolution(x, kernel) + bias); kernel (*kernel_size, channels / groups, filters).
template <int Rank>
class ConvBody : public LayerWith<ConvOptions> {
 public:
  static constexpr const char* kName = Rank == 1 ? "Conv1D" : Rank == 2 ? "Conv2D" : "Conv3D";
  explicit ConvBody(const ConvOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  const Variable& kernel() const { return kernel_; }
  const Variable& bias() const { return bias_; }

 private:
  void check_options() const;

  Variable kernel_, bias_;
  int64_t input_channels_ = 0;
};
using Conv1DBody = ConvBody<1>;
using Conv2DBody = ConvBody<2>;
using Conv3DBody = ConvBody<3>;

namespace layers {
using Conv1D = LayerOf<Conv1DBody>;
using Conv2D = LayerOf<Conv2DBody>;
using Conv3D = LayerOf<Conv3DBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
