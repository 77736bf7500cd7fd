// Each pixel of the result gathers the taps that lie inside, and one kernel runs over all its channels.
#include "runnel/runtime/cpu/depthwise.h"

#include <algorithm>
#include <vector>

#include "runnel/runtime/cpu/conv_plain.h"
#include "runnel/runtime/cpu/depthwise_table.h"
#include "runnel/runtime/cpu/scratch.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kTaskWork = int64_t(1) << 17;   // multiply-adds of a task
constexpr int64_t kSliceWork = int64_t(1) << 20;  // of a slice of the gradient to the filter
constexpr int64_t kMostSlices = 16;

const DepthwiseKernels<float>& kernels_of(const float*) { return depthwise_table().f32; }
const DepthwiseKernels<double>& kernels_of(const double*) { return depthwise_table().f64; }

// Calls visit(output pixel, tap) for each output of one image that reads the input pixel.
template <class Visit>
void for_each_reader(const ConvShape& s, int64_t pixel, Visit visit) {
  const int64_t iw = pixel % s.width.in, ih = pixel / s.width.in % s.height.in, id = pixel / s.width.in / s.height.in;
  // The output whose tap `tap` is the input `in`, or -1.
  auto reader = [](const ConvAxis& x, int64_t in, int64_t tap) {
    const int64_t at = in + x.pad - tap * x.dilation;
    return at >= 0 && at % x.stride == 0 && at / x.stride < x.out ? at / x.stride : -1;
  };
  for (int64_t d = 0; d < s.depth.filter; ++d) {
    const int64_t od = reader(s.depth, id, d);
    for (int64_t h = 0; od >= 0 && h < s.height.filter; ++h) {
      const int64_t oh = reader(s.height, ih, h);
      for (int64_t w = 0; oh >= 0 && w < s.width.filter; ++w) {
        const int64_t ow = reader(s.width, iw, w);
        if (ow >= 0) visit((od * s.height.out + oh) * s.width.out + ow, (d * s.height.filter + h) * s.width.filter + w);
      }
    }
  }
}

template <class Visit>
void for_each_read(const ConvShape& s, int64_t pixel, Visit visit) {
  for_each_tap(s, pixel / s.width.out / s.height.out, pixel / s.width.out % s.height.out, pixel % s.width.out, visit);
}

/// The taps of one pixel, as pointers to their channels.
template <class X, class F>
class Taps {
 public:
  explicit Taps(const ConvShape& s) : x_(size_t(taps(s))), f_(size_t(taps(s))) {}
  void clear() { count_ = 0; }
  void add(X* x, F* f) {
    x_[size_t(count_)] = x;
    f_[size_t(count_++)] = f;
  }
  X* const* x() const { return x_.data(); }
  F* const* f() const { return f_.data(); }
  int count() const { return count_; }

 private:
  std::vector<X*> x_;
  std::vector<F*> f_;
  int count_ = 0;
};

int64_t pixel_grain(const ConvShape& s) { return std::max<int64_t>(1, kTaskWork / (taps(s) * s.in_channels)); }

template <class T>
void forward(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {
  const int64_t n = s.in_channels;
  parallel_for(s.batch * out_pixels(s), pixel_grain(s), [&](int64_t begin, int64_t end) {
    Taps<const T, const T> found(s);
    for (int64_t p = begin; p < end; ++p) {
      const T* image = input + p / out_pixels(s) * in_pixels(s) * n;
      found.clear();
      for_each_read(s, p % out_pixels(s), [&](int64_t pixel, int64_t tap) { found.add(image + pixel * n, filter + tap * n); });
      kernels_of(input).sum(found.x(), found.f(), found.count(), n, epilogue.bias, epilogue.activation == Activation::relu, output + p * n);
    }
  });
}

template <class T>
void input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {
  const int64_t n = s.in_channels;
  parallel_for(s.batch * in_pixels(s), pixel_grain(s), [&](int64_t begin, int64_t end) {
    Taps<const T, const T> found(s);
    for (int64_t p = begin; p < end; ++p) {
      const T* image = out_gradient + p / in_pixels(s) * out_pixels(s) * n;
      found.clear();
      for_each_reader(s, p % in_pixels(s), [&](int64_t pixel, int64_t tap) { found.add(image + pixel * n, filter + tap * n); });
      kernels_of(filter).sum(found.x(), found.f(), found.count(), n, nullptr, false, in_gradient + p * n);
    }
  });
}

// A number of slices that follows from the sizes alone sum side by side; their sums are added in order.
template <class T>
void filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* result) {
  const int64_t n = s.in_channels, size = taps(s) * n, pixels = s.batch * out_pixels(s);
  const int64_t slices = std::clamp<int64_t>(pixels * size / kSliceWork, 1, std::min(kMostSlices, pixels));
  Scratch<T> sums(slices * size);
  std::fill_n(sums.data(), slices * size, T(0));
  parallel_for(slices, 1, [&](int64_t begin, int64_t end) {
    Taps<const T, T> found(s);
    for (int64_t p = pixels * begin / slices; p < pixels * end / slices; ++p) {
      const T* image = input + p / out_pixels(s) * in_pixels(s) * n;
      T* mine = sums.data() + begin * size;
      found.clear();
      for_each_read(s, p % out_pixels(s), [&](int64_t pixel, int64_t tap) { found.add(image + pixel * n, mine + tap * n); });
      kernels_of(input).filter(found.x(), found.f(), found.count(), n, out_gradient + p * n);
    }
  });
  std::copy_n(sums.data(), size, result);
  for (int64_t i = size; i < slices * size; ++i) result[i % size] += sums[i];
}

}  // namespace

#define RUNNEL_DEPTHWISE(T)                                                                                              \
  void depthwise(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {          \
    forward(s, input, filter, output, epilogue);                                                                         \
  }                                                                                                                      \
  void depthwise_input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {            \
    input_gradient(s, filter, out_gradient, in_gradient);                                                                \
  }                                                                                                                      \
  void depthwise_filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* result) {                 \
    filter_gradient(s, input, out_gradient, result);                                                                     \
  }
RUNNEL_DEPTHWISE(float)
RUNNEL_DEPTHWISE(double)
#undef RUNNEL_DEPTHWISE

}  // namespace runnel::inline v0::cpu
