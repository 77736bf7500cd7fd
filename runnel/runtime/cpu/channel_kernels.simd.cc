// The inner loops of batch normalisation. Sums stay apart for each place in the period, so each loop over a period is one of
// independent elements.
#include "runnel/runtime/cpu/channel_table.h"
#include "runnel/runtime/cpu/simd.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

/// body(first, count) for each period of the n elements, the last one perhaps in part.
template <class Body>
static RUNNEL_INLINE void each_period(int64_t n, int64_t period, Body body) {
  for (int64_t first = 0; first < n; first += period) body(first, n - first < period ? n - first : period);
}

void channel_sum(const float* __restrict__ x, int64_t n, int64_t period, float* __restrict__ sums) {
  each_period(n, period, [&](int64_t first, int64_t count) {
    for (int64_t k = 0; k < count; ++k) sums[k] += x[first + k];
  });
}

void channel_square_sum(const float* __restrict__ x, const float* __restrict__ mean, int64_t n, int64_t period, float* __restrict__ sums) {
  each_period(n, period, [&](int64_t first, int64_t count) {
    for (int64_t k = 0; k < count; ++k) {
      float d = x[first + k] - mean[k];
      sums[k] += d * d;
    }
  });
}

void channel_product_sum(const float* __restrict__ dy, const float* __restrict__ x, const float* __restrict__ mean, int64_t n, int64_t period,
                         float* __restrict__ sums, float* __restrict__ products) {
  each_period(n, period, [&](int64_t first, int64_t count) {
    for (int64_t k = 0; k < count; ++k) {
      sums[k] += dy[first + k];
      products[k] += dy[first + k] * (x[first + k] - mean[k]);
    }
  });
}

void channel_normalize(const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ factor,
                       const float* __restrict__ offset, int64_t n, int64_t period, float* __restrict__ y) {
  each_period(n, period, [&](int64_t first, int64_t count) {
    for (int64_t k = 0; k < count; ++k) y[first + k] = (x[first + k] - mean[k]) * factor[k] + offset[k];
  });
}

void channel_gradient(const float* __restrict__ dy, const float* __restrict__ x, const float* __restrict__ mean,
                      const float* __restrict__ mean_dy, const float* __restrict__ slope, const float* __restrict__ factor, int64_t n,
                      int64_t period, float* __restrict__ dx) {
  each_period(n, period, [&](int64_t first, int64_t count) {
    for (int64_t k = 0; k < count; ++k)
      dx[first + k] = factor[k] * (dy[first + k] - mean_dy[k] - (x[first + k] - mean[k]) * slope[k]);
  });
}

extern const ChannelKernels channel_kernels;
constinit const ChannelKernels channel_kernels = {channel_sum, channel_square_sum, channel_product_sum, channel_normalize, channel_gradient};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
