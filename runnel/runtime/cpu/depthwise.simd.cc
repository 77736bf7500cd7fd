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

constexpr int kAhead = 8;  // pixels whose channels are fetched before they are needed

/// Calls body(io, first channel) for each vector of channels from `i` on.
template <class T, class Body>
RUNNEL_INLINE void for_each_vector(int64_t i, int64_t channels, Body body) {
  for (; i + kLanes<T> <= channels; i += kLanes<T>) body(Whole<T>{}, i);
  if (i < channels) body(Part<T>{int(channels - i)}, i);
}

/// The sums of Vectors vectors of channels for each of Pixels neighbours.
template <int Pixels, int Vectors, class T, class Io>
RUNNEL_INLINE void sum_vectors(const DepthwiseBlock<T>& b, Io io, const T* x, const T* f, const T* bias, bool relu, T* y) {
  typedef typename Vec<T>::type V;
  V sum[Vectors][Pixels] = {};
  for (int64_t k = 0; k < b.taps; ++k) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      const V tap = io.get(f + b.f_at[k] + v * kLanes<T>);
      const T* at = x + b.x_at[k] + v * kLanes<T>;
#pragma GCC unroll 8
      for (int j = 0; j < Pixels; ++j) sum[v][j] = fma(io.get(at + j * b.x_step), tap, sum[v][j]);
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
#pragma GCC unroll 8
    for (int j = 0; j < Pixels; ++j) {
      if (bias) sum[v][j] += io.get(bias + v * kLanes<T>);
      if (relu) sum[v][j] = sum[v][j] < V{} ? V{} : sum[v][j];
      io.put(y + j * b.y_step + v * kLanes<T>, sum[v][j]);
    }
  }
}

template <int Pixels, int Vectors, class T>
RUNNEL_INLINE void sum_pixels(const DepthwiseBlock<T>& b, const T* x, const T* f, const T* bias, bool relu, T* y) {
  int64_t i = 0;
  for (; Vectors > 1 && i + Vectors * kLanes<T> <= b.channels; i += Vectors * kLanes<T>)
    sum_vectors<Pixels, Vectors>(b, Whole<T>{}, x + i, f + i, bias ? bias + i : bias, relu, y + i);
  for_each_vector<T>(i, b.channels, [=, &b](auto io, int64_t c) __attribute__((always_inline)) {
    sum_vectors<Pixels, 1>(b, io, x + c, f + c, bias ? bias + c : bias, relu, y + c);
  });
}

/// The sums of a vector of channels for seven neighbours of a row: each pixel of x is loaded once for all the taps of a row that it meets.
template <int Taps, bool Inside, class T, class Io>
RUNNEL_INLINE void slide_vector(const DepthwiseBlock<T>& b, Io io, int64_t low, int64_t high, const T* x, const T* f, const T* bias, bool relu, T* y) {
  typedef typename Vec<T>::type V;
  V sum[kSlidePixels] = {}, tap[Taps];
  for (int64_t k = 0; k < b.taps; k += Taps) {
    const T* row = x + b.x_at[k];
#pragma GCC unroll 5
    for (int w = 0; w < Taps; ++w) tap[w] = io.get(f + b.f_at[k + w]);
#pragma GCC unroll 11
    for (int q = 0; q < kSlidePixels + Taps - 1; ++q) {
      if (!Inside && (q < low || q >= high)) continue;
      const V pixel = io.get(row + q * b.x_step);
#pragma GCC unroll 5
      for (int w = 0; w < Taps; ++w) {
        if (q >= w && q - w < kSlidePixels) sum[q - w] = fma(pixel, tap[w], sum[q - w]);
      }
    }
  }
#pragma GCC unroll 7
  for (int j = 0; j < kSlidePixels; ++j) {
    if (bias) sum[j] += io.get(bias);
    if (relu) sum[j] = sum[j] < V{} ? V{} : sum[j];
    io.put(y + j * b.y_step, sum[j]);
  }
}

/// Whole rows; the last seven pixels may overlap those before, and come to the same.
template <int Taps, class T>
RUNNEL_INLINE void slide(const DepthwiseBlock<T>& b, const T* f, const T* bias, bool relu, T* y) {
  for (int64_t r = 0; r < b.rows; ++r) {
    for (int64_t at = 0; at < b.pixels; at += kSlidePixels) {
      const int64_t p = at + kSlidePixels < b.pixels ? at : b.pixels - kSlidePixels;
      const int64_t low = b.before - p, high = b.x_pixels + low;
      const bool inside = low <= 0 && high >= kSlidePixels + Taps - 1;
      const T* x = b.x + r * b.x_row + p * b.x_step;
      T* to = y + r * b.y_row + p * b.y_step;
      for_each_vector<T>(0, b.channels, [=, &b](auto io, int64_t c) __attribute__((always_inline)) {
        const T* bias_at = bias ? bias + c : bias;
        if constexpr (__is_same(decltype(io), Whole<T>)) {
          if (inside) return slide_vector<Taps, true>(b, io, low, high, x + c, f + c, bias_at, relu, to + c);
        }
        slide_vector<Taps, false>(b, io, low, high, x + c, f + c, bias_at, relu, to + c);
      });
    }
  }
}

template <class T>
void sum(const DepthwiseBlock<T>& b, const T* f, const T* bias, bool relu, T* y) {
  if constexpr (can_slide<T>()) {
    if (b.row_taps == 3) return slide<3>(b, f, bias, relu, y);
    if (b.row_taps == 5) return slide<5>(b, f, bias, relu, y);
  }
  for (int64_t r = 0; r < b.rows; ++r) {
    const T* x = b.x + r * b.x_row;
    T* to = y + r * b.y_row;
    int64_t p = 0;
    for (; p + 8 <= b.pixels; p += 8) sum_pixels<8, 1>(b, x + p * b.x_step, f, bias, relu, to + p * b.y_step);
    for (; p + 3 <= b.pixels; p += 3) sum_pixels<3, 2>(b, x + p * b.x_step, f, bias, relu, to + p * b.y_step);
    for (; p < b.pixels; ++p) sum_pixels<1, 4>(b, x + p * b.x_step, f, bias, relu, to + p * b.y_step);
  }
}

template <int Taps, class T>
RUNNEL_INLINE void add_taps(const DepthwiseBlock<T>& b, int64_t first, T* f, const T* y) {
  typedef typename Vec<T>::type V;
  for_each_vector<T>(0, b.channels, [=, &b](auto io, int64_t i) __attribute__((always_inline)) {
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
        __builtin_prefetch(y + r * b.y_row + (p + kAhead) * b.y_step + i);
        __builtin_prefetch(x[Taps - 1] + at + kAhead * b.x_step);
#pragma GCC unroll 9
        for (int k = 0; k < Taps; ++k) sum[k] = fma(io.get(x[k] + at), gradient, sum[k]);
      }
    }
#pragma GCC unroll 9
    for (int k = 0; k < Taps; ++k) io.put(f + b.f_at[first + k] + i, sum[k]);
  });
}

// Three by three neighbours: each pixel that is loaded meets three taps, those of the pixels beside it.
template <class T>
RUNNEL_INLINE bool are_neighbours(const DepthwiseBlock<T>& b) {
  if (b.taps != 9) return false;
  for (int k = 0; k < 9; k += 3) {
    if (b.x_at[k + 1] - b.x_at[k] != b.x_step || b.x_at[k + 2] - b.x_at[k + 1] != b.x_step) return false;
  }
  return true;
}

template <class T>
RUNNEL_INLINE void add_neighbours(const DepthwiseBlock<T>& b, T* f, const T* y) {
  typedef typename Vec<T>::type V;
  for_each_vector<T>(0, b.channels, [=, &b](auto io, int64_t i) __attribute__((always_inline)) {
    V sum[9];
#pragma GCC unroll 9
    for (int k = 0; k < 9; ++k) sum[k] = io.get(f + b.f_at[k] + i);
    for (int64_t r = 0; r < b.rows; ++r) {
      const T *x[3], *gradient = y + r * b.y_row + i;
      V left[3], middle[3];
#pragma GCC unroll 3
      for (int h = 0; h < 3; ++h) {
        x[h] = b.x + b.x_at[3 * h] + r * b.x_row + i;
        left[h] = io.get(x[h]);
        middle[h] = io.get(x[h] + b.x_step);
      }
      for (int64_t p = 0; p < b.pixels; ++p) {
        const V g = io.get(gradient + p * b.y_step);
        __builtin_prefetch(gradient + (p + kAhead) * b.y_step);
        __builtin_prefetch(x[2] + (p + kAhead) * b.x_step);
#pragma GCC unroll 3
        for (int h = 0; h < 3; ++h) {
          const V right = io.get(x[h] + (p + 2) * b.x_step);
          sum[3 * h] = fma(left[h], g, sum[3 * h]);
          sum[3 * h + 1] = fma(middle[h], g, sum[3 * h + 1]);
          sum[3 * h + 2] = fma(right, g, sum[3 * h + 2]);
          left[h] = middle[h];
          middle[h] = right;
        }
      }
    }
#pragma GCC unroll 9
    for (int k = 0; k < 9; ++k) io.put(f + b.f_at[k] + i, sum[k]);
  });
}

template <class T>
void filter(const DepthwiseBlock<T>& b, T* f, const T* y) {
  if (are_neighbours(b)) return add_neighbours(b, f, y);
  int64_t k = 0;
  for (; k + 9 <= b.taps; k += 9) add_taps<9>(b, k, f, y);
  for (; k + 3 <= b.taps; k += 3) add_taps<3>(b, k, f, y);
  for (; k < b.taps; ++k) add_taps<1>(b, k, f, y);
}

extern const DepthwiseTable depthwise_table;
constexpr DepthwiseTable depthwise_table = {{sum<float>, filter<float>}, {sum<double>, filter<double>}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
