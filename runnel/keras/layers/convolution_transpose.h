// Conv1DTranspose, Conv2DTranspose, Conv3DTranspose.
#pragma once

#include "runnel/keras/layers/spatial.h"

namespace runnel::inline v0::keras {

struct ConvTransposeOptions {
  Int filters{};
  Tuple kernel_size{};
  Tuple strides = 1;
  std::string padding = "valid";
  Tuple output_padding{};  ///< Default: what makes a convolution with these arguments fit back.
  std::string data_format{};
  Tuple dilation_rate = 1;
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
    v("output_padding", s.output_padding);
    v("data_format", s.data_format);
    v("dilation_rate", s.dilation_rate);
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

/// The gradient of a convolution with respect to its input, as a layer; kernel (*kernel_size, filters, channels).
template <int Rank>
class ConvTransposeBody : public LayerWith<ConvTransposeOptions> {
 public:
  static constexpr const char* kName = Rank == 1 ? "Conv1DTranspose" : Rank == 2 ? "Conv2DTranspose" : "Conv3DTranspose";
  explicit ConvTransposeBody(const ConvTransposeOptions& options);
  /// Keras's order differs for three axes.
  static Config arguments()
    requires(Rank == 3)
  {
    Config usual = default_fields<ConvTransposeBody>(), out = Config::dict();
    for (const auto& [name, value] : usual.as_dict()) {
      if (name == "output_padding") out.set("data_format", usual.at("data_format"));
      out.set(name, value);
    }
    return out;
  }
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override;

 private:
  int64_t output_size(int axis, int64_t size) const;
  Ints output_sizes(const Tensor& input) const;

  Variable kernel_, bias_;
  int64_t input_channels_ = 0;
};
using Conv1DTransposeBody = ConvTransposeBody<1>;
using Conv2DTransposeBody = ConvTransposeBody<2>;
using Conv3DTransposeBody = ConvTransposeBody<3>;

namespace layers {
using Conv1DTranspose = LayerOf<Conv1DTransposeBody>;
using Conv2DTranspose = LayerOf<Conv2DTransposeBody>;
using Conv3DTranspose = LayerOf<Conv3DTransposeBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
