#include "runnel/keras/ops/nn_activations.h"

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

using AlongAxis = Tensor (*)(const Tensor&, int64_t);

std::optional<int64_t> single(const std::optional<Axes>& axis) {
  std::optional<Dims> axes = axis ? axis->ints().values() : std::nullopt;
  return axes && axes->size() == 1 ? std::optional((*axes)[0]) : std::nullopt;
}

// Along several axes together: as one, behind the others.
Tensor along(AlongAxis f, const Tensor& x, const std::optional<Axes>& axis) {
  if (auto one = single(axis)) return f(x, *one);
  const int rank = rank_of(x, "softmax");
  const Dims axes = axes_of(axis.value_or(Axes()), rank);
  Dims order = axes_besides(axes, rank), back = order;
  Tensor kept = sizes_along(x, order);
  for (int64_t a : axes) order.push_back(a), back.push_back(a);
  for (int i = 0; i < rank; ++i) back[order[i]] = i;
  Tensor moved = tf::transpose(x, order);
  Tensor flat = tf::reshape(moved, tf::concat({kept, vector({-1})}, 0));
  return tf::transpose(tf::reshape(f(flat, -1), tf::shape(moved)), back);
}

}  // namespace

Tensor celu(const Operand& x, double alpha) {
  Tensor t = as_float(x);
  return tf::maximum(t, 0.0) + alpha * tf::expm1(tf::minimum(t, 0.0) / alpha);
}
Tensor elu(const Operand& x, double alpha) {
  Tensor t = as_float(x), out = nn::elu(t);
  return alpha == 1.0 ? out : tf::where(t > 0.0, out, alpha * out);
}
Tensor gelu(const Operand& x, bool approximate) { return nn::gelu(as_float(x), approximate); }

Tensor glu(const Operand& x, int64_t axis) {
  Tensor t = as_float(x);
  int64_t size = t.partial_shape().dim(axis_of(axis, rank_of(t, "glu")));
  if (size % 2 != 0)
    fail<ValueError>("", cat("axis size must be divisible by 2. Received: x.shape=", to_text(t.partial_shape()), " with axis=", axis));
  std::vector<Tensor> halves = tf::split(t, 2, axis);
  return halves[0] * tf::sigmoid(halves[1]);
}

Tensor hard_shrink(const Operand& x, double threshold) {
  Tensor t = as_float(x);
  return tf::where(tf::abs(t) > threshold, t, tf::zeros_like(t));
}
Tensor hard_sigmoid(const Operand& x) { return nn::relu6(as_float(x) + 3.0) / 6.0; }
Tensor hard_silu(const Operand& x) {
  Tensor t = as_float(x);
  return t * hard_sigmoid(t);
}
Tensor hard_tanh(const Operand& x) { return tf::clip_by_value(as_float(x), -1.0, 1.0); }
Tensor leaky_relu(const Operand& x, double negative_slope) { return nn::leaky_relu(as_float(x), negative_slope); }
Tensor log_sigmoid(const Operand& x) { return tf::log_sigmoid(as_float(x)); }
Tensor log_softmax(const Operand& x, const std::optional<Axes>& axis) { return along(nn::log_softmax, as_float(x), axis); }
Tensor relu(const Operand& x) { return nn::relu(to_tensor(x)); }
Tensor relu6(const Operand& x) { return nn::relu6(to_tensor(x)); }
Tensor selu(const Operand& x) { return nn::selu(as_float(x)); }

// Losses that follow compute from what came in here.
Tensor sigmoid(const Operand& x) {
  Tensor logits = as_float(x), out = tf::sigmoid(logits);
  set_logits(out, LogitsOf::kSigmoid, logits);
  return out;
}
Tensor softmax(const Operand& x, const std::optional<Axes>& axis) {
  Tensor logits = as_float(x), out = along(nn::softmax, logits, axis);
  if (single(axis)) set_logits(out, LogitsOf::kSoftmax, logits);
  return out;
}

Tensor silu(const Operand& x) { return nn::silu(as_float(x)); }
Tensor soft_shrink(const Operand& x, double threshold) {
  Tensor t = as_float(x);
  return tf::where(t > threshold, t - threshold, tf::where(t < -threshold, t + threshold, tf::zeros_like(t)));
}
Tensor softplus(const Operand& x) { return nn::softplus(as_float(x)); }
Tensor softsign(const Operand& x) { return nn::softsign(as_float(x)); }
Tensor sparse_plus(const Operand& x) {
  Tensor t = as_float(x);
  return tf::where(t <= -1.0, tf::zeros_like(t), tf::where(t < 1.0, 0.25 * tf::square(t + 1.0), t));
}
Tensor sparse_sigmoid(const Operand& x) {
  Tensor t = as_float(x);
  return tf::where(t <= -1.0, 0.0, tf::where(t >= 1.0, 1.0, 0.5 * (t + 1.0)));
}

// The threshold tau of the paper from the elements in falling order: those k that 1 + i z_i > z_1 + ... + z_i holds for.
Tensor sparsemax(const Operand& x, int64_t axis) {
  Tensor t = as_float(x);
  int rank = rank_of(t, "sparsemax"), place = axis_of(axis, rank);
  Tensor sorted = tf::sort(t, place, "DESCENDING"), sums = tf::cumsum(sorted, place), count = size_along(t, place);
  Dims along(rank, 1);
  along[place] = -1;
  Tensor number = tf::reshape(tf::cast(tf::range(1, count + 1), t.dtype()), along);
  Tensor support = sorted - (sums - 1.0) / number > 0.0;
  // As Keras has it: the sums of all supported prefixes enter.
  Tensor k = tf::reduce_sum(tf::cast(support, t.dtype()), place, true);
  Tensor tau = (tf::reduce_sum(tf::where(support, sums, tf::zeros_like(sums)), place, true) - 1.0) / k;
  return tf::maximum(t - tau, 0.0);
}

Tensor squareplus(const Operand& x, const Operand& b) {
  Tensor t = as_float(x);
  return (t + tf::sqrt(tf::square(t) + to_tensor(b, t.dtype()))) / 2.0;
}
Tensor tanh_shrink(const Operand& x) {
  Tensor t = as_float(x);
  return t - tf::tanh(t);
}
Tensor threshold(const Operand& x, const Operand& threshold, const Operand& default_value) {
  Tensor t = as_float(x);
  return tf::where(t > to_tensor(threshold, t.dtype()), t, to_tensor(default_value, t.dtype()));
}

}  // namespace runnel::inline v0::keras::ops
