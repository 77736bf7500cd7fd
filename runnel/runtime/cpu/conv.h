// Convolution on plain pointers, channels last, without an im2col buffer. Knows no tensor.
#pragma once

#include <cstdint>

#include "runnel/runtime/cpu/gemm.h"

namespace runnel::inline v0::cpu {

/// One spatial dimension of a convolution. `pad` counts the zeros before the first element; those after the last follow
/// from `out`, the number of outputs.
struct ConvAxis {
  int64_t in = 1;
  int64_t filter = 1;
  int64_t out = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad = 0;
};

/// The sizes of a convolution in three dimensions; leave `depth` out for two and `height` as well for one.
///   input  (batch, depth.in, height.in, width.in, in_channels)
///   filter (depth.filter, height.filter, width.filter, in_channels / groups, out_channels)
///   output (batch, depth.out, height.out, width.out, out_channels)
/// groups == in_channels is a depthwise convolution: TensorFlow's filter (h, w, in_channels, multiplier) has that layout.
struct ConvShape {
  int64_t batch = 1;
  int64_t in_channels = 1;
  int64_t out_channels = 1;
  int64_t groups = 1;
  ConvAxis depth{};
  ConvAxis height{};
  ConvAxis width{};
};

/// output = input * filter, then the epilogue (bias over out_channels).
void conv(const ConvShape& shape, const float* input, const float* filter, float* output, const Epilogue<float>& = {});
void conv(const ConvShape& shape, const double* input, const double* filter, double* output, const Epilogue<double>& = {});
void conv(const ConvShape& shape, const half_t* input, const half_t* filter, half_t* output, const Epilogue<half_t>& = {});
void conv(const ConvShape& shape, const bfloat16_t* input, const bfloat16_t* filter, bfloat16_t* output,
          const Epilogue<bfloat16_t>& = {});

/// The gradient of conv() to its input; also the transposed convolution.
void conv_input_gradient(const ConvShape& shape, const float* filter, const float* out_gradient, float* in_gradient);
void conv_input_gradient(const ConvShape& shape, const double* filter, const double* out_gradient, double* in_gradient);
void conv_input_gradient(const ConvShape& shape, const half_t* filter, const half_t* out_gradient, half_t* in_gradient);
void conv_input_gradient(const ConvShape& shape, const bfloat16_t* filter, const bfloat16_t* out_gradient,
                         bfloat16_t* in_gradient);

/// The gradient of conv() to its filter.
void conv_filter_gradient(const ConvShape& shape, const float* input, const float* out_gradient, float* filter_gradient);
void conv_filter_gradient(const ConvShape& shape, const double* input, const double* out_gradient, double* filter_gradient);
void conv_filter_gradient(const ConvShape& shape, const half_t* input, const half_t* out_gradient, half_t* filter_gradient);
void conv_filter_gradient(const ConvShape& shape, const bfloat16_t* input, const bfloat16_t* out_gradient,
                          bfloat16_t* filter_gradient);

}  // namespace runnel::inline v0::cpu
