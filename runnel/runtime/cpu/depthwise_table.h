// The kernels of depthwise convolution, as data. C headers only.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

/// A rectangle of pixels y that all read the same taps. Tap k of pixel p in row r is the channels at
/// x + x_at[k] + r * x_row + p * x_step, and those of the filter at f_at[k]; y lies at r * y_row + p * y_step.
template <class T>
struct DepthwiseBlock {
  const T* x;
  const int64_t *x_at, *f_at;
  int64_t taps, channels;
  int64_t rows, pixels;
  int64_t x_row, x_step, y_row, y_step;
  /// Where not 0, so many taps follow each other along a row, and the pixels are whole rows: tap 0 of the first lies `before` pixels
  /// before the row of x, which has x_pixels; those outside of it are skipped.
  int64_t row_taps = 0, before = 0, x_pixels = 0;
};

constexpr int kSlidePixels = 7;  // that are summed side by side along a row
template <class T>
constexpr bool can_slide(int64_t row_taps = 3, int64_t pixels = kSlidePixels) {  // doubles are too rare for the code that it takes
  return sizeof(T) == sizeof(float) && (row_taps == 3 || row_taps == 5) && pixels >= kSlidePixels;
}

template <class T>
struct DepthwiseKernels {
  /// y = sum over the taps of x * f, in their order, and bias (may be null), then relu.
  void (*sum)(const DepthwiseBlock<T>& block, const T* f, const T* bias, bool relu, T* y);
  /// f[k] += sum over the pixels, in their order, of x * y
  void (*filter)(const DepthwiseBlock<T>& block, T* f, const T* y);
};

struct DepthwiseTable {
  DepthwiseKernels<float> f32;
  DepthwiseKernels<double> f64;
};

RUNNEL_ISA_TABLE(DepthwiseTable, depthwise_table)

}  // namespace runnel::inline v0::cpu
