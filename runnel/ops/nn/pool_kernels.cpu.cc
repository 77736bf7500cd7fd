// How pooling runs: windows of channels-last pixels. float32 and float64 go through the loops of runtime/cpu, over all
// channels of a window at once; the rarer types element by element.
#include <algorithm>
#include <limits>

#include "runnel/op/types.h"
#include "runnel/ops/nn/pool.h"
#include "runnel/runtime/cpu/window_table.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

// The pixels of one axis that the window of output `out` covers: [begin, end).
struct Span {
  int64_t begin, end;
};
Span span_of(const WindowAxis& a, int64_t out) {
  int64_t begin = out * a.stride - a.pad_before;
  return {std::max<int64_t>(0, begin), std::min(a.in, begin + a.window)};
}

// Calls visit(input pixel) for the window of output pixel `out` of an image.
template <class Visit>
void for_window(const PoolGeometry& g, int64_t out, Visit visit) {
  Span w = span_of(g.axes[2], out % g.axes[2].out), h = span_of(g.axes[1], out / g.axes[2].out % g.axes[1].out),
       d = span_of(g.axes[0], out / g.axes[2].out / g.axes[1].out);
  for (int64_t z = d.begin; z < d.end; ++z)
    for (int64_t y = h.begin; y < h.end; ++y)
      for (int64_t x = w.begin; x < w.end; ++x) visit((z * g.axes[1].in + y) * g.axes[2].in + x);
}
int64_t window_count(const PoolGeometry& g, int64_t out) {
  int64_t n = 0;
  for_window(g, out, [&](int64_t) { ++n; });
  return n;
}

int64_t pixel_grain(const PoolGeometry& g) { return std::max<int64_t>(1, 8192 / std::max<int64_t>(1, g.channels)); }

const cpu::WindowKernels<float>& window_kernels(const float*) { return cpu::window_table().f32; }
const cpu::WindowKernels<double>& window_kernels(const double*) { return cpu::window_table().f64; }
template <class T>
concept HasKernels = std::is_same_v<T, float> || std::is_same_v<T, double>;

/// The pixels under a window, as pointers to their channels.
template <class T>
class WindowPixels {
 public:
  explicit WindowPixels(const PoolGeometry& g) : g_(g), pixels_(most(g)) {}
  T* const* of(T* image, int64_t out) {
    count_ = 0;
    for_window(g_, out, [&](int64_t pixel) { pixels_[size_t(count_++)] = image + pixel * g_.channels; });
    return pixels_.data();
  }
  int count() const { return count_; }

 private:
  static size_t most(const PoolGeometry& g) {
    size_t n = 1;
    for (const WindowAxis& a : g.axes) n *= size_t(std::min(a.window, a.in));
    return n;
  }

  const PoolGeometry& g_;
  std::vector<T*> pixels_;
  int count_ = 0;
};

template <class T>
constexpr T lowest() {
  if constexpr (kIsHalf<T>) return T(-std::numeric_limits<float>::infinity());
  else if constexpr (std::numeric_limits<T>::has_infinity) return -std::numeric_limits<T>::infinity();
  else return std::numeric_limits<T>::lowest();
}
template <class T>
bool beats(T x, T best) {
  return x > best || x != x;  // NaN wins
}

template <class T>
void max_pool(const PoolGeometry& g, const T* x, T* y) {
  parallel_for(g.batch * g.out_pixels(), pixel_grain(g), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const T* image = x + p / g.out_pixels() * g.in_pixels() * g.channels;
      T* out = y + p * g.channels;
      std::fill_n(out, g.channels, lowest<T>());
      for_window(g, p % g.out_pixels(), [&](int64_t pixel) {
        const T* in = image + pixel * g.channels;
        for (int64_t ch = 0; ch < g.channels; ++ch) out[ch] = beats(in[ch], out[ch]) ? in[ch] : out[ch];
      });
    }
  });
}

template <HasKernels T>
void max_pool(const PoolGeometry& g, const T* x, T* y) {
  parallel_for(g.batch * g.out_pixels(), pixel_grain(g), [&](int64_t begin, int64_t end) {
    WindowPixels<const T> window(g);
    for (int64_t p = begin; p < end; ++p) {
      const T* const* pixels = window.of(x + p / g.out_pixels() * g.in_pixels() * g.channels, p % g.out_pixels());
      if (window.count() == 0) std::fill_n(y + p * g.channels, g.channels, lowest<T>());
      else window_kernels(x).largest(pixels, window.count(), g.channels, y + p * g.channels);
    }
  });
}

// Calls visit(output element, input element) for the first largest element of each window of images [begin, end).
template <class T, class Visit>
void for_each_largest(const PoolGeometry& g, const T* x, int64_t begin, int64_t end, Visit visit) {
  std::vector<int64_t> best(size_t(g.channels), 0);
  for (int64_t p = begin * g.out_pixels(); p < end * g.out_pixels(); ++p) {
    int64_t image = p / g.out_pixels() * g.in_pixels();
    std::fill(best.begin(), best.end(), -1);
    for_window(g, p % g.out_pixels(), [&](int64_t pixel) {
      for (int64_t ch = 0; ch < g.channels; ++ch) {
        int64_t at = (image + pixel) * g.channels + ch;
        if (best[size_t(ch)] < 0 || x[at] > x[best[size_t(ch)]]) best[size_t(ch)] = at;
      }
    });
    for (int64_t ch = 0; ch < g.channels; ++ch)
      if (best[size_t(ch)] >= 0) visit(p * g.channels + ch, best[size_t(ch)]);
  }
}

template <class T>
void max_pool_grad(const PoolGeometry& g, const T* x, const T* dy, T* dx) {
  int64_t image = g.in_pixels() * g.channels;
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    std::fill(dx + begin * image, dx + end * image, T(0));
    for_each_largest(g, x, begin, end, [&](int64_t out, int64_t in) { dx[in] = T(dx[in] + dy[out]); });
  });
}

template <HasKernels T>
void max_pool_grad(const PoolGeometry& g, const T* x, const T* dy, T* dx) {
  int64_t image = g.in_pixels() * g.channels;
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    WindowPixels<const T> from(g);
    WindowPixels<T> to(g);
    std::fill(dx + begin * image, dx + end * image, T(0));
    for (int64_t p = begin * g.out_pixels(); p < end * g.out_pixels(); ++p) {
      int64_t first = p / g.out_pixels() * image, out = p % g.out_pixels();
      const T* const* pixels = from.of(x + first, out);
      if (from.count() > 0) window_kernels(x).largest_grad(pixels, to.of(dx + first, out), from.count(), g.channels, dy + p * g.channels);
    }
  });
}

template <class T>
void max_pool_grad_grad(const PoolGeometry& g, const T* x, const T* ddx, T* ddy) {
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    for_each_largest(g, x, begin, end, [&](int64_t out, int64_t in) { ddy[out] = ddx[in]; });
  });
}

template <class T>
void avg_pool(const PoolGeometry& g, const T* x, T* y) {
  using Sum = Accumulator<T>;
  parallel_for(g.batch * g.out_pixels(), pixel_grain(g), [&](int64_t begin, int64_t end) {
    std::vector<Sum> sums(static_cast<size_t>(g.channels));
    for (int64_t p = begin; p < end; ++p) {
      const T* image = x + p / g.out_pixels() * g.in_pixels() * g.channels;
      std::fill(sums.begin(), sums.end(), Sum(0));
      int64_t n = 0;
      for_window(g, p % g.out_pixels(), [&](int64_t pixel) {
        for (int64_t ch = 0; ch < g.channels; ++ch) sums[size_t(ch)] += Sum(image[pixel * g.channels + ch]);
        ++n;
      });
      for (int64_t ch = 0; ch < g.channels; ++ch) y[p * g.channels + ch] = T(sums[size_t(ch)] / Sum(n));
    }
  });
}

template <HasKernels T>
void avg_pool(const PoolGeometry& g, const T* x, T* y) {
  parallel_for(g.batch * g.out_pixels(), pixel_grain(g), [&](int64_t begin, int64_t end) {
    WindowPixels<const T> window(g);
    for (int64_t p = begin; p < end; ++p) {
      const T* const* pixels = window.of(x + p / g.out_pixels() * g.in_pixels() * g.channels, p % g.out_pixels());
      window_kernels(x).mean(pixels, window.count(), g.channels, y + p * g.channels);
    }
  });
}

template <class T>
void avg_pool_grad(const PoolGeometry& g, const T* dy, T* dx) {
  using Sum = Accumulator<T>;
  int64_t image = g.in_pixels() * g.channels;
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    std::vector<Sum> sums(static_cast<size_t>(image));
    for (int64_t b = begin; b < end; ++b) {
      std::fill(sums.begin(), sums.end(), Sum(0));
      for (int64_t p = 0; p < g.out_pixels(); ++p) {
        Sum n = Sum(window_count(g, p));
        const T* row = dy + (b * g.out_pixels() + p) * g.channels;
        for_window(g, p, [&](int64_t pixel) {
          for (int64_t ch = 0; ch < g.channels; ++ch) sums[size_t(pixel * g.channels + ch)] += Sum(row[ch]) / n;
        });
      }
      for (int64_t i = 0; i < image; ++i) dx[b * image + i] = T(sums[size_t(i)]);
    }
  });
}

template <HasKernels T>
void avg_pool_grad(const PoolGeometry& g, const T* dy, T* dx) {
  int64_t image = g.in_pixels() * g.channels;
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    WindowPixels<T> window(g);
    std::fill(dx + begin * image, dx + end * image, T(0));
    for (int64_t p = begin * g.out_pixels(); p < end * g.out_pixels(); ++p) {
      T* const* pixels = window.of(dx + p / g.out_pixels() * image, p % g.out_pixels());
      window_kernels(dy).mean_grad(pixels, window.count(), g.channels, dy + p * g.channels);
    }
  });
}

Tensor last(const Tensor& x, const PoolGeometry& g) { return g.attrs.channels_first ? to_channels_last(x) : x; }

// Runs body(result) on `out`, or on a channels-last tensor that is then moved into it.
template <class Body>
void fill_output(Tensor& out, const PoolGeometry& g, Body body) {
  if (!g.attrs.channels_first) return body(out);
  Tensor result(out.dtype(), channels_last_shape(out.shape()));
  body(result);
  to_channels_first(result, out);
}

}  // namespace

template <int kSpatial>
void max_pool_kernel(OpContext& c) {
  PoolGeometry g = pool_geometry(c, kSpatial, c.input(0).shape());
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  Tensor x = last(c.input(0), g);
  fill_output(out, g, [&](Tensor& y) {
    dispatch<Real>(x.dtype(), c.op().name(), [&]<class T>() { max_pool(g, x.data<T>(), y.mutable_data<T>()); });
  });
}

template <int kSpatial>
void max_pool_grad_kernel(OpContext& c) {
  PoolGeometry g = pool_geometry(c, kSpatial, c.input(0).shape());
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  Tensor x = last(c.input(0), g), dy = last(c.input(2), g);
  fill_output(out, g, [&](Tensor& dx) {
    dispatch<Real>(x.dtype(), c.op().name(), [&]<class T>() { max_pool_grad(g, x.data<T>(), dy.data<T>(), dx.mutable_data<T>()); });
  });
}

template <int kSpatial>
void max_pool_grad_grad_kernel(OpContext& c) {
  PoolGeometry g = pool_geometry(c, kSpatial, c.input(0).shape());
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  Tensor x = last(c.input(0), g), ddx = last(c.input(2), g);
  fill_output(out, g, [&](Tensor& ddy) {
    dispatch<Real>(x.dtype(), c.op().name(),
                   [&]<class T>() { max_pool_grad_grad(g, x.data<T>(), ddx.data<T>(), ddy.mutable_data<T>()); });
  });
}

template <int kSpatial>
void avg_pool_kernel(OpContext& c) {
  PoolGeometry g = pool_geometry(c, kSpatial, c.input(0).shape());
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  Tensor x = last(c.input(0), g);
  fill_output(out, g, [&](Tensor& y) {
    dispatch<Floating>(x.dtype(), c.op().name(), [&]<class T>() { avg_pool(g, x.data<T>(), y.mutable_data<T>()); });
  });
}

template <int kSpatial>
void avg_pool_grad_kernel(OpContext& c) {
  Tensor& out = c.output();
  PoolGeometry g = pool_geometry(c, kSpatial, out.shape());
  if (out.num_elements() == 0) return;
  Tensor dy = last(c.input(1), g);
  fill_output(out, g, [&](Tensor& dx) {
    dispatch<Floating>(dy.dtype(), c.op().name(), [&]<class T>() { avg_pool_grad(g, dy.data<T>(), dx.mutable_data<T>()); });
  });
}

#define RUNNEL_POOL_KERNELS(SPATIAL)                            \
  template void max_pool_kernel<SPATIAL>(OpContext&);           \
  template void max_pool_grad_kernel<SPATIAL>(OpContext&);      \
  template void max_pool_grad_grad_kernel<SPATIAL>(OpContext&); \
  template void avg_pool_kernel<SPATIAL>(OpContext&);           \
  template void avg_pool_grad_kernel<SPATIAL>(OpContext&);
RUNNEL_POOL_KERNELS(2)
RUNNEL_POOL_KERNELS(3)
#undef RUNNEL_POOL_KERNELS

// Positions count from the image's first element, or from the batch's.
namespace {
int64_t origin(const OpContext& c, const Tensor& input, int64_t image) {
  return c.bool_attr("include_batch_in_index") ? 0 : image * (input.num_elements() / input.dim(0));
}
}  // namespace

void max_pool_argmax_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  PoolGeometry g = pool_geometry(c, 2, x.shape());
  Tensor &out = c.output(0), &argmax = c.output(1);
  if (out.num_elements() == 0) return;
  dispatch<Real>(x.dtype(), c.op().name(), [&]<class T>() {
    parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
      int64_t image = out.num_elements() / g.batch;
      for_each_largest(g, x.data<T>(), begin, end, [&](int64_t o, int64_t i) {
        out.mutable_data<T>()[o] = x.data<T>()[i];
        int64_t at = i - origin(c, x, o / image);
        if (argmax.dtype() == int64) argmax.mutable_data<int64_t>()[o] = at;
        else argmax.mutable_data<int32_t>()[o] = int32_t(at);
      });
    });
  });
}

namespace {
// Calls visit(pooled element, input element) for every position in `argmax` (input 2).
template <class Visit>
void for_each_position(OpContext& c, const Tensor& input, Visit visit) {
  const Tensor& argmax = c.input(2);
  if (argmax.num_elements() == 0) return;
  if (argmax.dim(0) > input.dim(0)) c.invalid("more images of positions than images", {.got = bracketed(argmax.shape())});
  int64_t per_image = argmax.num_elements() / argmax.dim(0), size = input.num_elements();
  dispatch<Indices>(argmax.dtype(), c.op().name(), [&]<class I>() {
    for (int64_t o = 0; o < argmax.num_elements(); ++o) {
      int64_t at = int64_t(argmax.data<I>()[o]) + origin(c, input, o / per_image);
      if (at < 0 || at >= size) c.invalid(cat("Invalid max pool index: ", at), {.expected = cat("at least 0 and less than ", size)});
      visit(o, at);
    }
  });
}
}  // namespace

void max_pool_grad_argmax_kernel(OpContext& c) {
  Tensor& out = c.output();
  dispatch<Real>(out.dtype(), c.op().name(), [&]<class T>() {
    T* dx = out.mutable_data<T>();
    std::fill_n(dx, out.num_elements(), T(0));
    const T* dy = c.input(1).data<T>();
    for_each_position(c, c.input(0), [&](int64_t o, int64_t i) { dx[i] = T(dx[i] + dy[o]); });
  });
}

void max_pool_grad_grad_argmax_kernel(OpContext& c) {
  Tensor& out = c.output();
  dispatch<Real>(out.dtype(), c.op().name(), [&]<class T>() {
    const T* ddx = c.input(1).data<T>();
    for_each_position(c, c.input(0), [&](int64_t o, int64_t i) { out.mutable_data<T>()[o] = ddx[i]; });
  });
}

}  // namespace runnel::inline v0
