// Convolution by plain loops: the oracle of the fast ones.
#pragma once

#include <algorithm>
#include <type_traits>
#include <vector>

#include "runnel/runtime/cpu/conv.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

// Where halves are summed.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

// Calls visit(input pixel, output pixel, tap) for each output and tap of one image whose input lies inside.
template <class Visit>
void for_each_tap(const ConvShape& s, int64_t od, int64_t oh, int64_t ow, Visit visit) {
  auto at = [](const ConvAxis& x, int64_t out, int64_t tap) { return out * x.stride - x.pad + tap * x.dilation; };
  for (int64_t d = 0; d < s.depth.filter; ++d) {
    for (int64_t h = 0; h < s.height.filter; ++h) {
      for (int64_t w = 0; w < s.width.filter; ++w) {
        int64_t id = at(s.depth, od, d), ih = at(s.height, oh, h), iw = at(s.width, ow, w);
        if (id < 0 || id >= s.depth.in || ih < 0 || ih >= s.height.in || iw < 0 || iw >= s.width.in) continue;
        visit((id * s.height.in + ih) * s.width.in + iw, (d * s.height.filter + h) * s.width.filter + w);
      }
    }
  }
}

inline int64_t in_pixels(const ConvShape& s) { return s.depth.in * s.height.in * s.width.in; }
inline int64_t out_pixels(const ConvShape& s) { return s.depth.out * s.height.out * s.width.out; }
inline int64_t taps(const ConvShape& s) { return s.depth.filter * s.height.filter * s.width.filter; }

// Calls visit(offset of input, of filter, of output) for every multiplication of output pixel `pixel` of one image.
template <class Visit>
void for_each_product(const ConvShape& s, int64_t pixel, Visit visit) {
  int64_t ow = pixel % s.width.out, oh = pixel / s.width.out % s.height.out, od = pixel / s.width.out / s.height.out;
  int64_t in_group = s.in_channels / s.groups, out_group = s.out_channels / s.groups;
  for_each_tap(s, od, oh, ow, [&](int64_t in_pixel, int64_t tap) {
    for (int64_t o = 0; o < s.out_channels; ++o) {
      int64_t first = o / out_group * in_group;
      for (int64_t i = 0; i < in_group; ++i) {
        visit(in_pixel * s.in_channels + first + i, (tap * in_group + i) * s.out_channels + o,
              pixel * s.out_channels + o);
      }
    }
  });
}

template <class T>
void plain_conv(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {
  const int64_t channels = s.out_channels;
  parallel_for(s.batch * out_pixels(s), 16, [&](int64_t begin, int64_t end) {
    std::vector<Wide<T>> sums(static_cast<size_t>(channels));
    for (int64_t p = begin; p < end; ++p) {
      int64_t image = p / out_pixels(s), pixel = p % out_pixels(s);
      const T* in = input + image * in_pixels(s) * s.in_channels;
      for (int64_t o = 0; o < channels; ++o) sums[size_t(o)] = epilogue.bias ? Wide<T>(epilogue.bias[o]) : 0;
      for_each_product(s, pixel, [&](int64_t i, int64_t f, int64_t o) {
        sums[size_t(o % channels)] += Wide<T>(in[i]) * Wide<T>(filter[f]);
      });
      for (int64_t o = 0; o < channels; ++o) {
        Wide<T> x = sums[size_t(o)];
        output[p * channels + o] = T(epilogue.activation == Activation::relu && x < 0 ? 0 : x);
      }
    }
  });
}

template <class T>
void plain_input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {
  const int64_t size = in_pixels(s) * s.in_channels;
  parallel_for(s.batch, 1, [&](int64_t begin, int64_t end) {
    std::vector<Wide<T>> sums(static_cast<size_t>(size));
    for (int64_t image = begin; image < end; ++image) {
      std::fill(sums.begin(), sums.end(), 0);
      const T* out = out_gradient + image * out_pixels(s) * s.out_channels;
      for (int64_t pixel = 0; pixel < out_pixels(s); ++pixel) {
        for_each_product(s, pixel, [&](int64_t i, int64_t f, int64_t o) {
          sums[size_t(i)] += Wide<T>(out[o]) * Wide<T>(filter[f]);
        });
      }
      for (int64_t i = 0; i < size; ++i) in_gradient[image * size + i] = T(sums[size_t(i)]);
    }
  });
}

template <class T>
void plain_filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* filter_gradient) {
  const int64_t size = taps(s) * (s.in_channels / s.groups) * s.out_channels;
  std::vector<Wide<T>> sums(static_cast<size_t>(size));
  for (int64_t image = 0; image < s.batch; ++image) {
    const T* in = input + image * in_pixels(s) * s.in_channels;
    const T* out = out_gradient + image * out_pixels(s) * s.out_channels;
    for (int64_t pixel = 0; pixel < out_pixels(s); ++pixel) {
      for_each_product(s, pixel, [&](int64_t i, int64_t f, int64_t o) {
        sums[size_t(f)] += Wide<T>(in[i]) * Wide<T>(out[o]);
      });
    }
  }
  for (int64_t i = 0; i < size; ++i) filter_gradient[i] = T(sums[size_t(i)]);
}

}  // namespace runnel::inline v0::cpu
