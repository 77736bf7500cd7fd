// BiasAdd, BiasAddV1, BiasAddGrad: a vector added along the channels.
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/map.h"

namespace runnel::inline v0 {

namespace {

bool channels_first(const AttrReader& c) {
  return c.op().schema().attr_index("data_format") >= 0 && c.string_attr("data_format") == "NCHW";
}
// In NCHW the channels are axis 1 from rank 3 on.
int channel_axis(bool first, int rank) { return first && rank > 2 ? 1 : rank - 1; }

PartialShape at_least_2d(ShapeContext& c) {
  PartialShape s = c.input(0);
  if (s.has_rank() && s.rank() < 2) c.invalid(cat("Input tensor must be at least 2D: ", bracketed(s)));
  return s;
}

void bias_add_shape(ShapeContext& c) {
  PartialShape value = at_least_2d(c), bias = c.input(1);
  if (bias.has_rank() && bias.rank() != 1) c.invalid(cat("Biases must be 1D: ", bracketed(bias)));
  if (value.has_rank() && bias.has_rank()) {
    int axis = channel_axis(channels_first(c), value.rank());
    if (value[axis] >= 0 && bias[0] >= 0 && value[axis] != bias[0])
      c.invalid(cat("Must provide as many biases as the last dimension of the input tensor: ", bracketed(bias), " vs. ", bracketed(value)));
    if (value[axis] < 0) value.set_dim(axis, bias[0]);
  }
  c.set_output(0, value);
}

void bias_add_grad_shape(ShapeContext& c) {
  PartialShape s = at_least_2d(c);
  c.set_output(0, {s.has_rank() ? s[channel_axis(channels_first(c), s.rank())] : PartialShape::kUnknown});
}

// The tensor seen as (outer, channels, inner).
struct Split {
  int64_t outer = 1, channels = 1, inner = 1;
};
Split split_channels(const Shape& shape, bool first) {
  int axis = channel_axis(first, shape.rank());
  Split s{1, shape[axis], 1};
  for (int i = 0; i < shape.rank(); ++i) (i < axis ? s.outer : i > axis ? s.inner : s.channels) *= i == axis ? 1 : shape[i];
  return s;
}

template <class T>
void add_bias(const T* x, const T* bias, T* y, const Split& s) {
  int64_t grain = std::max<int64_t>(1, kMapGrain / std::max<int64_t>(1, s.channels * s.inner));
  parallel_for(s.outer, grain, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin * s.channels; row < end * s.channels; row += s.inner == 1 ? s.channels : 1) {
      if (s.inner == 1) {
        for (int64_t i = 0; i < s.channels; ++i) y[row + i] = T(x[row + i] + bias[i]);
      } else {
        const T b = bias[row % s.channels];
        for (int64_t i = row * s.inner; i < (row + 1) * s.inner; ++i) y[i] = T(x[i] + b);
      }
    }
  });
}

void bias_add_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& out = c.output();
  Split s = split_channels(x.shape(), channels_first(c));
  dispatch<Numeric>(x.dtype(), c.op().name(),
                    [&]<class T>() { add_bias(x.data<T>(), c.input(1).data<T>(), out.mutable_data<T>(), s); });
}

// Sums rows [begin, end) of (outer, channels, inner) into sum (channels).
template <class T, class Sum>
void sum_channels(const T* x, const Split& s, int64_t begin, int64_t end, Sum* sum) {
  for (int64_t o = begin; o < end; ++o) {
    const T* row = x + o * s.channels * s.inner;
    if (s.inner == 1) {
      for (int64_t ch = 0; ch < s.channels; ++ch) sum[ch] += Sum(row[ch]);
    } else {
      for (int64_t ch = 0; ch < s.channels; ++ch) {
        Sum part = Sum();
        for (int64_t i = 0; i < s.inner; ++i) part += Sum(row[ch * s.inner + i]);
        sum[ch] += part;
      }
    }
  }
}

// Pieces of rows are summed side by side, then the pieces' sums in order: the same bits for any number of threads.
template <class T>
void bias_add_grad(const T* x, T* y, const Split& s) {
  using Sum = Accumulator<T>;
  int64_t grain = std::max<int64_t>(16, 4 * kMapGrain / std::max<int64_t>(1, s.channels * s.inner));
  int64_t pieces = (s.outer + grain - 1) / grain;
  std::vector<Sum> sums(size_t(std::max<int64_t>(1, pieces) * s.channels), Sum());
  parallel_for(s.outer, grain, [&](int64_t begin, int64_t end) {
    sum_channels(x, s, begin, end, sums.data() + begin / grain * s.channels);
  });
  for (int64_t ch = 0; ch < s.channels; ++ch) {
    Sum total = Sum();
    for (int64_t p = 0; p < pieces; ++p) total += sums[size_t(p * s.channels + ch)];
    y[ch] = T(total);
  }
}

void bias_add_grad_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& out = c.output();
  Split s = split_channels(x.shape(), channels_first(c));
  dispatch<Numeric>(x.dtype(), c.op().name(), [&]<class T>() { bias_add_grad(x.data<T>(), out.mutable_data<T>(), s); });
}

std::vector<Tensor> bias_add_gradient(const GradientContext& c) {
  static const Op& op = get_op("BiasAddGrad");
  std::string format = channels_first(c) ? "NCHW" : "NHWC";
  return {c.grad(), c.needs(1) ? run(op, {c.grad()}, {{"data_format", format}}) : Tensor()};
}

// Every element of a channel gets the channel's gradient.
std::vector<Tensor> bias_add_grad_gradient(const GradientContext& c) {
  Tensor grad = c.grad();
  PartialShape s = c.input(0).partial_shape();
  if (channels_first(c) && s.has_rank() && s.rank() > 2) {
    Dims column(s.rank() - 1, 1);
    column[0] = -1;
    grad = reshape(grad, column);
  }
  return {broadcast_to(grad, shape(c.input(0)))};
}

constexpr const char* kTypes = "T: numeric; data_format: {'NHWC', 'NCHW'} = 'NHWC'";

constexpr OpDef kOps[] = {
    {.name = "BiasAdd", .signature = "value: T, bias: T -> output: T", .attrs = kTypes, .shape = bias_add_shape,
     .gradient = bias_add_gradient, .kernel = bias_add_kernel},
    {.name = "BiasAddV1", .signature = "value: T, bias: T -> output: T", .attrs = "T: numeric", .shape = bias_add_shape,
     .gradient = bias_add_gradient, .kernel = bias_add_kernel},
    {.name = "BiasAddGrad", .signature = "out_backprop: T -> output: T", .attrs = kTypes, .shape = bias_add_grad_shape,
     .gradient = bias_add_grad_gradient, .kernel = bias_add_grad_kernel},
};

}  // namespace
RUNNEL_OPS(nn_bias, kOps)

namespace nn {

Tensor bias_add(const Operand& value, const Operand& bias, const std::string& data_format) {
  static const Op& op = get_op("BiasAdd");
  if (!data_format.empty() && data_format[0] != 'N')
    fail<ValueError>("", cat("`data_format` must be of the form `N...C` or `NC...`. Received: data_format=", data_format));
  auto [x, b] = match(value, bias);
  bool first = data_format.starts_with("NC");
  return run(op, {x, b}, {{"data_format", std::string(first ? "NCHW" : "NHWC")}});
}

}  // namespace nn

}  // namespace runnel::inline v0
