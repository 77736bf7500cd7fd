// The gradient of a convolution to its filter.
#pragma once

#include "runnel/runtime/cpu/conv_taps.h"

namespace runnel::inline v0::cpu {

/// `forward` says how outputs read inputs (its output, filter and epilogue are not used).
void filter_gradient(const TapConv<float>& forward, const float* out_gradient, float* result);
void filter_gradient(const TapConv<double>& forward, const double* out_gradient, double* result);

}  // namespace runnel::inline v0::cpu
