// The kernels of pooling windows, as data. C headers only.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

/// A window is `count` pixels (at least one) of n channels each; x[k] points to the channels of pixel k.
template <class T>
struct WindowKernels {
  /// y = the largest of each channel; NaN wins.
  void (*largest)(const T* const* x, int count, int64_t n, T* y);
  /// dx[k] += dy in the channels whose first largest value is in pixel k.
  void (*largest_grad)(const T* const* x, T* const* dx, int count, int64_t n, const T* dy);
  /// y = the mean of each channel, summed in the order of the pixels.
  void (*mean)(const T* const* x, int count, int64_t n, T* y);
  /// dx[k] += dy / count
  void (*mean_grad)(T* const* dx, int count, int64_t n, const T* dy);
};

struct WindowTable {
  WindowKernels<float> f32;
  WindowKernels<double> f64;
};

RUNNEL_ISA_TABLE(WindowTable, window_table)

}  // namespace runnel::inline v0::cpu
