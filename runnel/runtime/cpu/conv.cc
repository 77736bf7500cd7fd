// Convolution in terms of taps (conv_taps.h): what each of the three products reads, and how its filter is packed.
#include "runnel/runtime/cpu/conv.h"

#include <algorithm>

#include "runnel/runtime/cpu/conv_filter.h"
#include "runnel/runtime/cpu/conv_taps.h"
#include "runnel/runtime/cpu/convert.h"
#include "runnel/runtime/cpu/depthwise.h"
#include "runnel/runtime/cpu/gemm_tables.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

bool any_empty(const ConvShape& s) {
  auto empty = [](const ConvAxis& x) { return x.in == 0 || x.out == 0 || x.filter == 0; };
  return s.batch == 0 || s.in_channels == 0 || s.out_channels == 0 || empty(s.depth) || empty(s.height) || empty(s.width);
}

int64_t in_size(const ConvShape& s) { return s.batch * s.depth.in * s.height.in * s.width.in * s.in_channels; }
int64_t out_size(const ConvShape& s) { return s.batch * s.depth.out * s.height.out * s.width.out * s.out_channels; }
int64_t filter_size(const ConvShape& s) {
  return s.depth.filter * s.height.filter * s.width.filter * (s.in_channels / std::max<int64_t>(1, s.groups)) * s.out_channels;
}

// One input pixel for one output pixel, in order: a plain product of matrices.
bool is_product(const ConvShape& s) {
  auto plain = [](const ConvAxis& x) { return x.filter == 1 && x.stride == 1 && x.pad == 0 && x.in == x.out; };
  return s.groups == 1 && plain(s.depth) && plain(s.height) && plain(s.width);
}

template <class T>
TapConv<T> forward_taps(const ConvShape& s, const T* input) {
  return {.batch = s.batch, .in_channels = s.in_channels, .out_channels = s.out_channels, .groups = s.groups,
          .d = forward_phase(s.depth).axis, .h = forward_phase(s.height).axis, .w = forward_phase(s.width).axis, .input = input};
}

template <class T>
void fast_conv(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {
  if (out_size(s) == 0) return;
  if (any_empty(s)) {  // sums over nothing
    return gemm(Gemm<T>{.m = out_size(s) / s.out_channels, .n = s.out_channels, .k = 0, .c = output, .epilogue = epilogue});
  }
  if (is_product(s)) {
    return gemm(Gemm<T>{.m = out_size(s) / s.out_channels, .n = s.out_channels, .k = s.in_channels, .a = input, .b = filter,
                        .c = output, .epilogue = epilogue});
  }
  if (is_depthwise(s)) return depthwise(s, input, filter, output, epilogue);
  TapConv<T> conv = forward_taps(s, input);
  conv.output = output;
  conv.epilogue = epilogue;
  const int64_t width = panel_width(output), panels = ceil_div(conv.out_group(), width), k = conv.depth();
  Scratch<T> packed(s.groups * panels * k * width);
  parallel_for(s.groups * panels, std::max<int64_t>(1, 65536 / (k * width)), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const int64_t within = p % panels * width, column = p / panels * conv.out_group() + within;
      packs_of(filter).copy(filter + column, s.out_channels, k, std::min(width, conv.out_group() - within), width,
                            packed.data() + p * k * width);
    }
  });
  conv.filter = packed.data();
  run(std::vector{conv});
}

// The transposed matrices (output channels, input channels) of a phase's taps.
template <class T>
void pack_phase(const ConvShape& s, const Phase& d, const Phase& h, const Phase& w, const T* filter, T* packed) {
  const int64_t in_group = s.in_channels / s.groups, out_group = s.out_channels / s.groups;
  const int64_t width = panel_width(filter), panels = ceil_div(in_group, width);
  parallel_for(s.groups * panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const int64_t first = p % panels * width, columns = std::min(width, in_group - first);
      T* to = packed + p * int64_t(d.taps.size() * h.taps.size() * w.taps.size()) * out_group * width;
      for (int64_t td : d.taps) {
        for (int64_t th : h.taps) {
          for (int64_t tw : w.taps) {
            const int64_t tap = (td * s.height.filter + th) * s.width.filter + tw;
            const T* from = filter + (tap * in_group + first) * s.out_channels + p / panels * out_group;
            packs_of(filter).transpose(from, s.out_channels, out_group, columns, width, to);
            to += out_group * width;
          }
        }
      }
    }
  });
}

template <class T>
void fast_input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {
  if (in_size(s) == 0) return;
  if (any_empty(s)) return void(std::fill_n(in_gradient, in_size(s), T(0)));
  if (is_product(s)) {
    return gemm(Gemm<T>{.m = in_size(s) / s.in_channels, .n = s.in_channels, .k = s.out_channels, .a = out_gradient,
                        .b = filter, .c = in_gradient, .transpose_b = true});
  }
  if (is_depthwise(s)) return depthwise_input_gradient(s, filter, out_gradient, in_gradient);
  const std::vector<Phase> ds = phases_of(s.depth), hs = phases_of(s.height), ws = phases_of(s.width);
  auto lacks = [](const std::vector<Phase>& phases) {
    return std::any_of(phases.begin(), phases.end(), [](const Phase& p) { return p.taps.empty(); });
  };
  if (lacks(ds) || lacks(hs) || lacks(ws)) std::fill_n(in_gradient, in_size(s), T(0));  // inputs that nothing reads
  const int64_t width = panel_width(filter);
  Scratch<T> packed(s.groups * ceil_div(s.in_channels / s.groups, width) * width * filter_size(s) / (s.in_channels / s.groups));
  T* room = packed.data();
  std::vector<TapConv<T>> phases;
  for (const Phase& d : ds) {
    for (const Phase& h : hs) {
      for (const Phase& w : ws) {
        if (d.taps.empty() || h.taps.empty() || w.taps.empty()) continue;
        pack_phase(s, d, h, w, filter, room);
        phases.push_back({.batch = s.batch, .in_channels = s.out_channels, .out_channels = s.in_channels, .groups = s.groups,
                          .d = d.axis, .h = h.axis, .w = w.axis, .input = out_gradient, .output = in_gradient, .filter = room});
        room += s.groups * ceil_div(s.in_channels / s.groups, width) * width * phases.back().depth();
      }
    }
  }
  if (!phases.empty()) run(phases);
}

template <class T>
void fast_filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* result) {
  if (filter_size(s) == 0) return;
  if (any_empty(s)) return void(std::fill_n(result, filter_size(s), T(0)));
  if (is_depthwise(s)) return depthwise_filter_gradient(s, input, out_gradient, result);
  filter_gradient(forward_taps(s, input), out_gradient, result);
}

// Halves are summed in float and rounded once.
template <class T>
struct Widened : Scratch<float> {
  Widened(const T* from, int64_t count) : Scratch<float>(count) { convert(from, data(), count); }
};

template <class T>
void fast_half_conv(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {
  Widened<T> x(input, in_size(s)), f(filter, filter_size(s)), bias(epilogue.bias, epilogue.bias ? s.out_channels : 0);
  Scratch<float> y(out_size(s));
  fast_conv<float>(s, x.data(), f.data(), y.data(), {epilogue.bias ? bias.data() : nullptr, epilogue.activation});
  convert(y.data(), output, out_size(s));
}

}  // namespace

#define RUNNEL_CONV(T)                                                                                            \
  void conv(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {        \
    fast_conv(s, input, filter, output, epilogue);                                                                \
  }                                                                                                               \
  void conv_input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {          \
    fast_input_gradient(s, filter, out_gradient, in_gradient);                                                    \
  }                                                                                                               \
  void conv_filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* filter_gradient) {      \
    fast_filter_gradient(s, input, out_gradient, filter_gradient);                                                \
  }
RUNNEL_CONV(float)
RUNNEL_CONV(double)
#undef RUNNEL_CONV

#define RUNNEL_CONV(T)                                                                                            \
  void conv(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {        \
    fast_half_conv(s, input, filter, output, epilogue);                                                           \
  }                                                                                                               \
  void conv_input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {          \
    Widened<T> f(filter, filter_size(s)), g(out_gradient, out_size(s));                                           \
    Scratch<float> result(in_size(s));                                                                            \
    fast_input_gradient<float>(s, f.data(), g.data(), result.data());                                             \
    convert(result.data(), in_gradient, in_size(s));                                                              \
  }                                                                                                               \
  void conv_filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* filter_gradient) {      \
    Widened<T> x(input, in_size(s)), g(out_gradient, out_size(s));                                                \
    Scratch<float> result(filter_size(s));                                                                        \
    fast_filter_gradient<float>(s, x.data(), g.data(), result.data());                                            \
    convert(result.data(), filter_gradient, filter_size(s));                                                      \
  }
RUNNEL_CONV(half_t)
RUNNEL_CONV(bfloat16_t)
#undef RUNNEL_CONV

}  // namespace runnel::inline v0::cpu
