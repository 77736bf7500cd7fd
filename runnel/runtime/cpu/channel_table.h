// The kernels of batch normalisation, as data. C headers only.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

/// n elements whose parameters (mean and the like) repeat with a period: element i takes number i % period of each.
struct ChannelKernels {
  /// sums[i % period] += x[i]
  void (*sum)(const float* x, int64_t n, int64_t period, float* sums);
  /// sums[i % period] += (x[i] - mean)^2
  void (*square_sum)(const float* x, const float* mean, int64_t n, int64_t period, float* sums);
  /// sums[i % period] += dy[i];  products[i % period] += dy[i] * (x[i] - mean)
  void (*product_sum)(const float* dy, const float* x, const float* mean, int64_t n, int64_t period, float* sums, float* products);
  /// y = (x - mean) * factor + offset
  void (*normalize)(const float* x, const float* mean, const float* factor, const float* offset, int64_t n, int64_t period, float* y);
  /// dx = factor * (dy - mean_dy - (x - mean) * slope)
  void (*gradient)(const float* dy, const float* x, const float* mean, const float* mean_dy, const float* slope, const float* factor,
                   int64_t n, int64_t period, float* dx);
};

RUNNEL_ISA_TABLE(ChannelKernels, channel_kernels)

}  // namespace runnel::inline v0::cpu
