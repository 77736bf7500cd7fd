// DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D.
#pragma once

#include "runnel/keras/layers/spatial.h"

namespace runnel::inline v0::keras {

struct DepthwiseConvOptions {
  Tuple kernel_size{};
  Tuple strides = 1;
  std::string padding = "valid";
  Int depth_multiplier = 1;
  std::string data_format{};
  Tuple dilation_rate = 1;
  Activation activation{};
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer{};
  Regularizer bias_regularizer{};
  Regularizer activity_regularizer{};
  Constraint depthwise_constraint{};
  Constraint bias_constraint{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("kernel_size", s.kernel_size);
    v("strides", s.strides);
    v("padding", s.padding);
    v("depth_multiplier", s.depth_multiplier);
    v("data_format", s.data_format);
    v("dilation_rate", s.dilation_rate);
    v("activation", s.activation);
    v("use_bias", s.use_bias);
    v("depthwise_initializer", s.depthwise_initializer);
    v("bias_initializer", s.bias_initializer);
    v("depthwise_regularizer", s.depthwise_regularizer);
    v("bias_regularizer", s.bias_regularizer);
    v("activity_regularizer", s.activity_regularizer);
    v("depthwise_constraint", s.depthwise_constraint);
    v("bias_constraint", s.bias_constraint);
    base_fields(s, v);
  }
};

/// Each channel convolved with kernels of its own; kernel (*kernel_size, channels, depth_multiplier).
template <int Rank>
class DepthwiseConvBody : public LayerWith<DepthwiseConvOptions> {
 public:
  static constexpr const char* kName = Rank == 1 ? "DepthwiseConv1D" : "DepthwiseConv2D";
  explicit DepthwiseConvBody(const DepthwiseConvOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;

 private:
  Variable kernel_, bias_;
  int64_t input_channels_ = 0;
};
using DepthwiseConv1DBody = DepthwiseConvBody<1>;
using DepthwiseConv2DBody = DepthwiseConvBody<2>;

struct SeparableConvOptions {
  Int filters{};
  Tuple kernel_size{};
  Tuple strides = 1;
  std::string padding = "valid";
  std::string data_format{};
  Tuple dilation_rate = 1;
  Int depth_multiplier = 1;
  Activation activation{};
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer{};
  Regularizer pointwise_regularizer{};
  Regularizer bias_regularizer{};
  Regularizer activity_regularizer{};
  Constraint depthwise_constraint{};
  Constraint pointwise_constraint{};
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
    v("depth_multiplier", s.depth_multiplier);
    v("activation", s.activation);
    v("use_bias", s.use_bias);
    v("depthwise_initializer", s.depthwise_initializer);
    v("pointwise_initializer", s.pointwise_initializer);
    v("bias_initializer", s.bias_initializer);
    v("depthwise_regularizer", s.depthwise_regularizer);
    v("pointwise_regularizer", s.pointwise_regularizer);
    v("bias_regularizer", s.bias_regularizer);
    v("activity_regularizer", s.activity_regularizer);
    v("depthwise_constraint", s.depthwise_constraint);
    v("pointwise_constraint", s.pointwise_constraint);
    v("bias_constraint", s.bias_constraint);
    base_fields(s, v);
  }
};

/// A depthwise convolution followed by one of kernel size 1 that mixes the channels.
template <int Rank>
class SeparableConvBody : public LayerWith<SeparableConvOptions> {
 public:
  static constexpr const char* kName = Rank == 1 ? "SeparableConv1D" : "SeparableConv2D";
  explicit SeparableConvBody(const SeparableConvOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;

 private:
  Variable depthwise_kernel_, pointwise_kernel_, bias_;
  int64_t input_channels_ = 0;
};
using SeparableConv1DBody = SeparableConvBody<1>;
using SeparableConv2DBody = SeparableConvBody<2>;

namespace layers {
using DepthwiseConv1D = LayerOf<DepthwiseConv1DBody>;
using DepthwiseConv2D = LayerOf<DepthwiseConv2DBody>;
using SeparableConv1D = LayerOf<SeparableConv1DBody>;
using SeparableConv2D = LayerOf<SeparableConv2DBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
