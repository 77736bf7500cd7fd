// Convolution of each channel by itself, with one output channel for each: a tile of GEMM would be nearly empty.
#pragma once

#include "runnel/runtime/cpu/conv.h"

namespace runnel::inline v0::cpu {

inline bool is_depthwise(const ConvShape& s) { return s.groups > 1 && s.groups == s.in_channels && s.groups == s.out_channels; }

/// The three products of conv.h for such shapes, none of whose sizes is 0.
void depthwise(const ConvShape& shape, const float* input, const float* filter, float* output, const Epilogue<float>& epilogue);
void depthwise(const ConvShape& shape, const double* input, const double* filter, double* output, const Epilogue<double>& epilogue);
void depthwise_input_gradient(const ConvShape& shape, const float* filter, const float* out_gradient, float* in_gradient);
void depthwise_input_gradient(const ConvShape& shape, const double* filter, const double* out_gradient, double* in_gradient);
void depthwise_filter_gradient(const ConvShape& shape, const float* input, const float* out_gradient, float* result);
void depthwise_filter_gradient(const ConvShape& shape, const double* input, const double* out_gradient, double* result);

}  // namespace runnel::inline v0::cpu
