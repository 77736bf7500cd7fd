#include <cmath>
#include <limits>

#include "runnel/op/types.h"
#include "runnel/ops/nn/batch_norm.h"
#include "runnel/ops/nn/window.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

// The tensor as (outer, channels, inner); inner is 1 for channels-last data.
struct Layout {
  int64_t outer = 1, channels = 1, inner = 1;
  int64_t count() const { return outer * inner; }  // elements of a channel
  int64_t grain() const { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, channels * inner)); }
};

Layout layout_of(const OpContext& c, const Shape& s) {
  Layout l;
  bool first = is_channels_first(c.string_attr("data_format"));
  int axis = first ? 1 : s.rank() - 1;
  l.channels = s[axis];
  for (int i = 0; i < s.rank(); ++i)
    if (i != axis) (i < axis ? l.outer : l.inner) *= s[i];
  return l;
}

// Calls visit(channel, element) for the rows [begin, end) of the outer axis.
template <class Visit>
void for_elements(const Layout& l, int64_t begin, int64_t end, Visit visit) {
  if (l.inner == 1) {
    for (int64_t o = begin; o < end; ++o)
      for (int64_t ch = 0; ch < l.channels; ++ch) visit(ch, o * l.channels + ch);
  } else {
    for (int64_t o = begin; o < end; ++o)
      for (int64_t ch = 0; ch < l.channels; ++ch)
        for (int64_t i = 0; i < l.inner; ++i) visit(ch, (o * l.channels + ch) * l.inner + i);
  }
}

// Sums f(channel, element) for each channel: pieces in float side by side, then the pieces in order in double.
template <class F>
std::vector<double> channel_sums(const Layout& l, F f) {
  int64_t grain = std::max<int64_t>(8, l.grain()), pieces = (l.outer + grain - 1) / grain;
  std::vector<float> parts(size_t(pieces * l.channels), 0.f);
  parallel_for(l.outer, grain, [&](int64_t begin, int64_t end) {
    float* sums = parts.data() + begin / grain * l.channels;
    for_elements(l, begin, end, [&](int64_t ch, int64_t i) { sums[ch] += f(ch, i); });
  });
  std::vector<double> out(size_t(l.channels), 0.0);
  for (int64_t p = 0; p < pieces; ++p)
    for (int64_t ch = 0; ch < l.channels; ++ch) out[size_t(ch)] += double(parts[size_t(p * l.channels + ch)]);
  return out;
}

// Every element in parallel: body(channel, element).
template <class Body>
void each_element(const Layout& l, Body body) {
  parallel_for(l.outer, l.grain(), [&](int64_t begin, int64_t end) { for_elements(l, begin, end, body); });
}

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
template <class T>
ChannelMoments channel_moments(const Layout& l, const T* x) {
  ChannelMoments m{Floats(size_t(l.channels)), Floats(size_t(l.channels))};
  double n = double(std::max<int64_t>(1, l.count()));
  std::vector<double> sums = channel_sums(l, [=](int64_t, int64_t i) { return float(x[i]); });
  for (size_t ch = 0; ch < sums.size(); ++ch) m.mean[ch] = float(sums[ch] / n);
  std::vector<double> squares = channel_sums(l, [&](int64_t ch, int64_t i) {
    float d = float(x[i]) - m.mean[size_t(ch)];
    return d * d;
  });
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

template <class T>
void normalize(const Layout& l, const T* x, T* y, const Floats& mean, const Floats& inverse, const Floats& scale, const Floats& offset) {
  Floats factor(mean.size());
  for (size_t i = 0; i < factor.size(); ++i) factor[i] = inverse[i] * scale[i];
  each_element(l, [&](int64_t ch, int64_t i) {
    size_t k = size_t(ch);
    y[i] = T((float(x[i]) - mean[k]) * factor[k] + offset[k]);
  });
}

// y, and the four vectors that TensorFlow returns: running mean and variance, and the saved moments for the gradient.
template <class T>
void batch_norm(OpContext& c, const Layout& l) {
  const T* x = c.input(0).data<T>();
  Floats old_mean = to_floats(c.input(3)), old_variance = to_floats(c.input(4));
  ChannelMoments m{old_mean, old_variance};
  Floats running_mean = old_mean, running_variance = old_variance;
  if (c.bool_attr("is_training")) {
    m = channel_moments(l, x);
    float factor = float(c.attr<double>("exponential_avg_factor"));
    float bessel = float(l.count()) / float(std::max<int64_t>(1, l.count() - 1));
    Floats unbiased = m.variance;
    for (float& v : unbiased) v *= bessel;
    running_mean = mixed(m.mean, old_mean, factor);
    running_variance = mixed(unbiased, old_variance, factor);
    if (l.count() == 0) {
      running_mean.assign(running_mean.size(), std::numeric_limits<float>::quiet_NaN());
      running_variance = running_mean;
    }
  }
  normalize(l, x, c.output(0).mutable_data<T>(), m.mean, inverse_deviation(m.variance, c.attr<double>("epsilon")), to_floats(c.input(1)),
            to_floats(c.input(2)));
  from_floats(running_mean, c.output(1));
  from_floats(running_variance, c.output(2));
  from_floats(m.mean, c.output(3));
  from_floats(m.variance, c.output(4));
}

// Training:   dx = scale / sigma * (dy - mean(dy) - xhat * mean(dy * xhat))
// Inference:  dx = scale / sigma * dy
template <class T>
void batch_norm_grad(OpContext& c, const Layout& l) {
  const T *dy = c.input(0).data<T>(), *x = c.input(1).data<T>();
  T* dx = c.output(0).mutable_data<T>();
  Floats scale = to_floats(c.input(2)), mean = to_floats(c.input(3));
  Floats inverse = inverse_deviation(to_floats(c.input(4)), c.attr<double>("epsilon"));
  std::vector<double> sum_dy = channel_sums(l, [=](int64_t, int64_t i) { return float(dy[i]); });
  std::vector<double> sum_product =
      channel_sums(l, [&](int64_t ch, int64_t i) { return float(dy[i]) * (float(x[i]) - mean[size_t(ch)]); });
  size_t channels = size_t(l.channels);
  Floats dscale(channels), doffset(channels), mean_dy(channels, 0.f), slope(channels, 0.f), factor(channels);
  for (size_t k = 0; k < channels; ++k) {
    doffset[k] = float(sum_dy[k]);
    dscale[k] = float(sum_product[k] * inverse[k]);
    factor[k] = scale[k] * inverse[k];
    if (!c.bool_attr("is_training") || l.count() == 0) continue;
    mean_dy[k] = float(sum_dy[k] / double(l.count()));
    slope[k] = float(dscale[k] * inverse[k] / double(l.count()));
  }
  each_element(l, [&](int64_t ch, int64_t i) {
    size_t k = size_t(ch);
    dx[i] = T(factor[k] * (float(dy[i]) - mean_dy[k] - (float(x[i]) - mean[k]) * slope[k]));
  });
  from_floats(dscale, c.output(1));
  from_floats(doffset, c.output(2));
}

}  // namespace

void batch_norm_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Layout l = layout_of(c, x.shape());
  dispatch<TypeList<float, half_t, bfloat16_t>>(x.dtype(), c.op().name(), [&]<class T>() { batch_norm<T>(c, l); });
  for (int i = 5; i < c.num_outputs(); ++i) c.allocate(i, {0});
}

void batch_norm_grad_kernel(OpContext& c) {
  const Tensor& x = c.input(1);
  Layout l = layout_of(c, x.shape());
  dispatch<TypeList<float, half_t, bfloat16_t>>(x.dtype(), c.op().name(), [&]<class T>() { batch_norm_grad<T>(c, l); });
  for (int i : {3, 4}) c.allocate(i, {0});
}

}  // namespace runnel::inline v0
