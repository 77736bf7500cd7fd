// The kernels of depthwise convolution, as data. C headers only.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

/// `count` taps of n channels each: x[k] and f[k] point to the channels of a pixel and of the filter.
template <class T>
struct DepthwiseKernels {
  /// y = sum over k of x[k] * f[k], in the order of the taps, and bias (may be null).
  void (*sum)(const T* const* x, const T* const* f, int count, int64_t n, const T* bias, bool relu, T* y);
  /// df[k] += x[k] * dy
  void (*filter)(const T* const* x, T* const* df, int count, int64_t n, const T* dy);
};

struct DepthwiseTable {
  DepthwiseKernels<float> f32;
  DepthwiseKernels<double> f64;
};

RUNNEL_ISA_TABLE(DepthwiseTable, depthwise_table)

}  // namespace runnel::inline v0::cpu
