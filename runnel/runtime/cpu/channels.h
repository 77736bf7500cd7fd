// Sums over all elements of a channel, and maps with parameters of a channel: what batch normalisation is made of. Tensors are
// seen as (outer, channels, inner), inner being 1 where the channels come last; float16 and bfloat16 go through float.
// Work is cut by size, never by the number of threads, so the bits do not depend on it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runnel/core/dtype.h"

namespace runnel::inline v0::cpu {

struct ChannelLayout {
  int64_t outer = 1, channels = 1, inner = 1;
  int64_t elements() const { return outer * channels * inner; }
};
using PerChannel = std::span<const float>;  // one number a channel

/// Of each channel: sum(x).
std::vector<double> channel_sums(DType type, const ChannelLayout& layout, const void* x);
/// sum((x - mean)^2).
std::vector<double> channel_square_sums(DType type, const ChannelLayout& layout, const void* x, PerChannel mean);
/// sum(dy), and sum(dy * (x - mean)).
struct GradientSums {
  std::vector<double> dy, products;
};
GradientSums channel_gradient_sums(DType type, const ChannelLayout& layout, const void* dy, const void* x, PerChannel mean);

/// y = (x - mean) * factor + offset
void channel_normalize(DType type, const ChannelLayout& layout, const void* x, PerChannel mean, PerChannel factor, PerChannel offset, void* y);
/// dx = factor * (dy - mean_dy - (x - mean) * slope)
struct GradientTerms {
  PerChannel mean, mean_dy, slope, factor;
};
void channel_gradient(DType type, const ChannelLayout& layout, const void* dy, const void* x, const GradientTerms& terms, void* dx);

}  // namespace runnel::inline v0::cpu
