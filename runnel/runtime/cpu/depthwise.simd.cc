// Depthwise convolution: each channel by itself, so the channels of a pixel are the vectors. A few pixels are summed side
// by side, which hides the time that an addition takes and loads the filter once for all of them.
#include "runnel/runtime/cpu/depthwise_table.h"
#include "runnel/runtime/cpu/simd.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

/// How a vector of channels is read and written: whole, or the first few where the channels end.
template <class T>
struct Whole {
  RUNNEL_INLINE typename Vec<T>::type get(const T* p) const { return load(p); }
  RUNNEL_INLINE void put(T* p, typename Vec<T>::type v) const { store(p, v); }
};
template <class T>
struct Part {
  int count;
  RUNNEL_INLINE typename Vec<T>::type get(const T* p) const { return load_part(p, count); }
  RUNNEL_INLINE void put(T* p, typename Vec<T>::type v) const { store_part(p, v, count); }
};

/// Calls body(io, first channel) for each vector of channels.
template <class T, class Body>
RUNNEL_INLINE void for_each_vector(int64_t channels, Body body) {
  int64_t i = 0;
  for (; i + kLanes<T> <= channels; i += kLanes<T>) body(Whole<T>{}, i);
  if (i < channels) body(Part<T>{int(channels - i)}, i);
}

template <int Pixels, class T>
RUNNEL_INLINE void sum_pixels(const DepthwiseBlock<T>& b, const T* x, const T* f, const T* bias, bool relu, T* y) {
  typedef typename Vec<T>::type V;
  for_each_vector<T>(b.channels, [=, &b](auto io, int64_t i) __attribute__((always_inline)) {
    V sum[Pixels] = {};
    for (int64_t k = 0; k < b.taps; ++k) {
      const V tap = io.get(f + b.f_at[k] + i);
      const T* at = x + b.x_at[k] + i;
#pragma GCC unroll 8
      for (int j = 0; j < Pixels; ++j) sum[j] = fma(io.get(at + j * b.x_step), tap, sum[j]);
    }
#pragma GCC unroll 8
    for (int j = 0; j < Pixels; ++j) {
      if (bias) sum[j] += io.get(bias + i);
      if (relu) sum[j] = sum[j] < V{} ? V{} : sum[j];
      io.put(y + j * b.y_step + i, sum[j]);
    }
  });
}

template <class T>
void sum(const DepthwiseBlock<T>& b, const T* f, const T* bias, bool relu, T* y) {
  for (int64_t r = 0; r < b.rows; ++r) {
    const T* x = b.x + r * b.x_row;
    T* to = y + r * b.y_row;
    int64_t p = 0;
    for (; p + 8 <= b.pixels; p += 8) sum_pixels<8>(b, x + p * b.x_step, f, bias, relu, to + p * b.y_step);
    for (; p + 3 <= b.pixels; p += 3) sum_pixels<3>(b, x + p * b.x_step, f, bias, relu, to + p * b.y_step);
    for (; p < b.pixels; ++p) sum_pixels<1>(b, x + p * b.x_step, f, bias, relu, to + p * b.y_step);
  }
}

template <int Taps, class T>
RUNNEL_INLINE void add_taps(const DepthwiseBlock<T>& b, int64_t first, T* f, const T* y) {
  typedef typename Vec<T>::type V;
  for_each_vector<T>(b.channels, [=, &b](auto io, int64_t i) __attribute__((always_inline)) {
    V sum[Taps];
    const T* x[Taps];
#pragma GCC unroll 9
    for (int k = 0; k < Taps; ++k) {
      sum[k] = io.get(f + b.f_at[first + k] + i);
      x[k] = b.x + b.x_at[first + k] + i;
    }
    for (int64_t r = 0; r < b.rows; ++r) {
      for (int64_t p = 0; p < b.pixels; ++p) {
        const V gradient = io.get(y + r * b.y_row + p * b.y_step + i);
        const int64_t at = r * b.x_row + p * b.x_step;
#pragma GCC unroll 9
        for (int k = 0; k < Taps; ++k) sum[k] = fma(io.get(x[k] + at), gradient, sum[k]);
      }
    }
#pragma GCC unroll 9
    for (int k = 0; k < Taps; ++k) io.put(f + b.f_at[first + k] + i, sum[k]);
  });
}

template <class T>
void filter(const DepthwiseBlock<T>& b, T* f, const T* y) {
  int64_t k = 0;
  for (; k + 9 <= b.taps; k += 9) add_taps<9>(b, k, f, y);
  for (; k + 3 <= b.taps; k += 3) add_taps<3>(b, k, f, y);
  for (; k < b.taps; ++k) add_taps<1>(b, k, f, y);
}

extern const DepthwiseTable depthwise_table;
constexpr DepthwiseTable depthwise_table = {{sum<float>, filter<float>}, {sum<double>, filter<double>}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
