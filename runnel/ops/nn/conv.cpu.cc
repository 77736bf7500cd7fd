// Convolution kernels on the CPU: channels-first data is transposed around the channels-last blocks of runtime/cpu.
#include <algorithm>

#include "runnel/op/types.h"
#include "runnel/ops/linalg/epilogue.cpu.h"
#include "runnel/ops/nn/conv_geometry.h"
#include "runnel/runtime/cpu/conv.h"

namespace runnel::inline v0 {

namespace {

cpu::ConvAxis block_axis(const WindowAxis& a) { return {a.in, a.window, a.out, a.stride, a.dilation, a.pad_before}; }

cpu::ConvShape block_shape(const ConvGeometry& g) {
  cpu::ConvShape s;
  s.batch = g.batch;
  s.in_channels = g.in_channels;
  s.out_channels = g.out_channels;
  s.groups = g.groups;
  s.depth = block_axis(g.axes[0]);
  s.height = block_axis(g.axes[1]);
  s.width = block_axis(g.axes[2]);
  return s;
}

// int32 has no block of its own: doubles hold its products and their sums exactly up to 2^53.
Tensor widened(const Tensor& x) {
  if (x.dtype() != int32) return x;
  Tensor out(float64, x.shape());
  std::copy_n(x.data<int32_t>(), x.num_elements(), out.mutable_data<double>());
  return out;
}
void narrow_to(const Tensor& wide, Tensor& out) {
  const double* x = wide.data<double>();
  for (int64_t i = 0; i < out.num_elements(); ++i) out.mutable_data<int32_t>()[i] = int32_t(int64_t(x[i]));
}

Tensor channels_last(const Tensor& x, const ConvGeometry& g) { return g.attrs.channels_first ? to_channels_last(widened(x)) : widened(x); }

void zero(Tensor& t) { std::fill_n(static_cast<char*>(t.mutable_raw()), t.nbytes(), char(0)); }

// Runs body(result) with `out`, or with a channels-last or wider tensor that is then brought into out's form.
template <class Body>
void fill_output(Tensor& out, bool channels_first, Body body) {
  if (!channels_first && out.dtype() != int32) return body(out);
  Tensor result(out.dtype() == int32 ? float64 : out.dtype(), channels_first ? channels_last_shape(out.shape()) : out.shape());
  body(result);
  if (out.dtype() == int32 && channels_first) {
    Tensor moved(float64, out.shape());
    to_channels_first(result, moved);
    return narrow_to(moved, out);
  }
  if (out.dtype() == int32) return narrow_to(result, out);
  to_channels_first(result, out);
}

bool is_empty(const Tensor& a, const Tensor& b) { return a.num_elements() == 0 || b.num_elements() == 0; }

}  // namespace

template <int kSpatial, bool kDepthwise>
void conv_kernel(OpContext& c) {
  ConvGeometry g = conv_geometry(c, kSpatial, kDepthwise, c.input(0).shape(), c.input(1).shape());
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  if (is_empty(c.input(0), c.input(1)) && c.num_inputs() == 2) return zero(out);
  Tensor x = channels_last(c.input(0), g), f = widened(c.input(1));
  fill_output(out, g.attrs.channels_first, [&](Tensor& y) {
    dispatch<Floating>(x.dtype(), c.op().name(),
                       [&]<class T>() { cpu::conv(block_shape(g), x.data<T>(), f.data<T>(), y.mutable_data<T>(), epilogue_of<T>(c)); });
  });
}

template <int kSpatial, bool kDepthwise>
void conv_input_kernel(OpContext& c) {
  Tensor& out = c.output();
  ConvGeometry g = conv_geometry(c, kSpatial, kDepthwise, out.shape(), c.input(1).shape());
  if (out.num_elements() == 0) return;
  if (is_empty(c.input(1), c.input(2))) return zero(out);
  Tensor f = widened(c.input(1)), dy = channels_last(c.input(2), g);
  fill_output(out, g.attrs.channels_first, [&](Tensor& dx) {
    dispatch<Floating>(f.dtype(), c.op().name(), [&]<class T>() {
      cpu::conv_input_gradient(block_shape(g), f.data<T>(), dy.data<T>(), dx.mutable_data<T>());
    });
  });
}

template <int kSpatial, bool kDepthwise>
void conv_filter_kernel(OpContext& c) {
  Tensor& out = c.output();
  ConvGeometry g = conv_geometry(c, kSpatial, kDepthwise, c.input(0).shape(), out.shape());
  if (out.num_elements() == 0) return;
  if (is_empty(c.input(0), c.input(2))) return zero(out);
  Tensor x = channels_last(c.input(0), g), dy = channels_last(c.input(2), g);
  dispatch<Floating>(x.dtype(), c.op().name(), [&]<class T>() {
    cpu::conv_filter_gradient(block_shape(g), x.data<T>(), dy.data<T>(), out.mutable_data<T>());
  });
}

#define RUNNEL_CONV_KERNELS(SPATIAL, DEPTHWISE)                     \
  template void conv_kernel<SPATIAL, DEPTHWISE>(OpContext&);        \
  template void conv_input_kernel<SPATIAL, DEPTHWISE>(OpContext&);  \
  template void conv_filter_kernel<SPATIAL, DEPTHWISE>(OpContext&);
RUNNEL_CONV_KERNELS(2, false)
RUNNEL_CONV_KERNELS(2, true)
RUNNEL_CONV_KERNELS(3, false)
#undef RUNNEL_CONV_KERNELS

}  // namespace runnel::inline v0
