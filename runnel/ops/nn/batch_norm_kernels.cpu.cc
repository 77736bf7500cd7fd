#include <cmath>
#include <limits>

#include "runnel/op/types.h"
#include "runnel/ops/nn/batch_norm.h"
#include "runnel/ops/nn/window.h"
#include "runnel/runtime/cpu/channels.h"

namespace runnel::inline v0 {

namespace {

cpu::ChannelLayout layout_of(const OpContext& c, const Shape& s) {
  cpu::ChannelLayout l;
  bool first = is_channels_first(c.string_attr("data_format"));
  int axis = first ? 1 : s.rank() - 1;
  l.channels = s[axis];
  for (int i = 0; i < s.rank(); ++i)
    if (i != axis) (i < axis ? l.outer : l.inner) *= s[i];
  return l;
}
// Elements of a channel.
int64_t count_of(const cpu::ChannelLayout& l) { return l.outer * l.inner; }

using Floats = std::vector<float>;

Floats to_floats(const Tensor& t) {
  Floats out(size_t(t.num_elements()));
  dispatch<TypeList<float, half_t, bfloat16_t>>(t.dtype(), "FusedBatchNorm", [&]<class T>() {
    for (size_t i = 0; i < out.size(); ++i) out[i] = float(t.data<T>()[i]);
  });
  return out;
}
void from_floats(const Floats& values, Tensor& t) {
  dispatch<TypeList<float, half_t, bfloat16_t>>(t.dtype(), "FusedBatchNorm", [&]<class T>() {
    for (size_t i = 0; i < values.size(); ++i) t.mutable_data<T>()[i] = T(values[i]);
  });
}

struct ChannelMoments {
  Floats mean, variance;  // of the population
};
ChannelMoments channel_moments(const cpu::ChannelLayout& l, const Tensor& x) {
  ChannelMoments m{Floats(size_t(l.channels)), Floats(size_t(l.channels))};
  double n = double(std::max<int64_t>(1, count_of(l)));
  std::vector<double> sums = cpu::channel_sums(x.dtype(), l, x.raw());
  for (size_t ch = 0; ch < sums.size(); ++ch) m.mean[ch] = float(sums[ch] / n);
  std::vector<double> squares = cpu::channel_square_sums(x.dtype(), l, x.raw(), m.mean);
  for (size_t ch = 0; ch < sums.size(); ++ch) m.variance[ch] = float(squares[ch] / n);
  return m;
}

Floats inverse_deviation(const Floats& variance, double epsilon) {
  Floats out(variance.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = 1.0f / std::sqrt(variance[i] + float(epsilon));
  return out;
}

// The running value of a moment: the batch's, mixed into the old one by `factor`.
Floats mixed(const Floats& batch, const Floats& old, float factor) {
  if (factor == 1.0f || old.empty()) return batch;
  Floats out(batch.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = (1 - factor) * old[i] + factor * batch[i];
  return out;
}

void normalize(const cpu::ChannelLayout& l, const Tensor& x, const Tensor& y, const Floats& mean, const Floats& inverse, const Floats& scale,
               const Floats& offset) {
  Floats factor(mean.size());
  for (size_t i = 0; i < factor.size(); ++i) factor[i] = inverse[i] * scale[i];
  cpu::channel_normalize(x.dtype(), l, x.raw(), mean, factor, offset, y.mutable_raw());
}

// y, and the four vectors that TensorFlow returns: running mean and variance, and the saved moments for the gradient.
void batch_norm(OpContext& c, const cpu::ChannelLayout& l) {
  const Tensor& x = c.input(0);
  Floats old_mean = to_floats(c.input(3)), old_variance = to_floats(c.input(4));
  ChannelMoments m{old_mean, old_variance};
  Floats running_mean = old_mean, running_variance = old_variance;
  if (c.bool_attr("is_training")) {
    m = channel_moments(l, x);
    float factor = float(c.attr<double>("exponential_avg_factor"));
    float bessel = float(count_of(l)) / float(std::max<int64_t>(1, count_of(l) - 1));
    Floats unbiased = m.variance;
    for (float& v : unbiased) v *= bessel;
    running_mean = mixed(m.mean, old_mean, factor);
    running_variance = mixed(unbiased, old_variance, factor);
    if (count_of(l) == 0) {
      running_mean.assign(running_mean.size(), std::numeric_limits<float>::quiet_NaN());
      running_variance = running_mean;
    }
  }
  normalize(l, x, c.output(0), m.mean, inverse_deviation(m.variance, c.attr<double>("epsilon")), to_floats(c.input(1)),
            to_floats(c.input(2)));
  from_floats(running_mean, c.output(1));
  from_floats(running_variance, c.output(2));
  from_floats(m.mean, c.output(3));
  from_floats(m.variance, c.output(4));
}

// Training:   dx = scale / sigma * (dy - mean(dy) - xhat * mean(dy * xhat))
// Inference:  dx = scale / sigma * dy
void batch_norm_grad(OpContext& c, const cpu::ChannelLayout& l) {
  const Tensor &dy = c.input(0), &x = c.input(1);
  Floats scale = to_floats(c.input(2)), mean = to_floats(c.input(3));
  Floats inverse = inverse_deviation(to_floats(c.input(4)), c.attr<double>("epsilon"));
  cpu::GradientSums sums = cpu::channel_gradient_sums(x.dtype(), l, dy.raw(), x.raw(), mean);
  size_t channels = size_t(l.channels);
  Floats dscale(channels), doffset(channels), mean_dy(channels, 0.f), slope(channels, 0.f), factor(channels);
  for (size_t k = 0; k < channels; ++k) {
    doffset[k] = float(sums.dy[k]);
    dscale[k] = float(sums.products[k] * inverse[k]);
    factor[k] = scale[k] * inverse[k];
    if (!c.bool_attr("is_training") || count_of(l) == 0) continue;
    mean_dy[k] = float(sums.dy[k] / double(count_of(l)));
    slope[k] = float(dscale[k] * inverse[k] / double(count_of(l)));
  }
  cpu::channel_gradient(x.dtype(), l, dy.raw(), x.raw(), {mean, mean_dy, slope, factor}, c.output(0).mutable_raw());
  from_floats(dscale, c.output(1));
  from_floats(doffset, c.output(2));
}

}  // namespace

void batch_norm_kernel(OpContext& c) {
  c.output_shape();  // checks the vectors' sizes
  batch_norm(c, layout_of(c, c.input(0).shape()));
  for (int i = 5; i < c.num_outputs(); ++i) c.allocate(i, {0});
}

void batch_norm_grad_kernel(OpContext& c) {
  c.output_shape();  // checks the vectors' sizes
  batch_norm_grad(c, layout_of(c, c.input(1).shape()));
  for (int i : {3, 4}) c.allocate(i, {0});
}

}  // namespace runnel::inline v0
