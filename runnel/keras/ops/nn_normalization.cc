// Normalisation and attention.
#include <algorithm>
#include <cmath>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/linalg.h"
#include "runnel/keras/ops/nn.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// A weight for some axes as one for the whole tensor: its sizes stay where these axes are, ones elsewhere.
Tensor along_axes(const Tensor& weight, const Tensor& x, const Dims& axes) {
  int rank = rank_of(x, "normalization");
  if (rank_of(weight, "normalization") == rank || (axes.size() == 1 && axes[0] == rank - 1)) return weight;
  Dims sizes(rank, 1);
  for (int64_t a : axes) sizes[int(a)] = x.partial_shape()[int(a)];
  return tf::reshape(weight, sizes);
}

bool is_half(DType dtype) { return dtype == float16 || dtype == bfloat16; }

// The (target, source) places that a position may look at: itself and those before.
Tensor causal(const Tensor& scores) {
  Tensor target = tf::range(size_along(scores, -2)), source = tf::range(size_along(scores, -1));
  return tf::expand_dims(source, 0) <= tf::expand_dims(target, 1);
}

Tensor masked(const Tensor& scores, const std::optional<Operand>& mask, bool is_causal) {
  double never = (scores.dtype() == float16 ? 65500.0 : 3.38953e38) * -0.7;
  Tensor out = scores;
  if (mask) out = tf::where(to_tensor(*mask, bool_), out, never);
  return is_causal ? tf::where(causal(scores), out, never) : out;
}

// Heads of keys and values that several heads of queries share.
Tensor shared(const Tensor& x, const Tensor& query) {
  int64_t heads = x.partial_shape()[2], wanted = query.partial_shape()[2];
  return heads > 1 && wanted > heads ? tf::repeat(x, wanted / heads, 2) : x;
}

}  // namespace

Tensor batch_normalization(const Operand& x, const Operand& mean, const Operand& variance, int64_t axis, const std::optional<Operand>& offset,
                           const std::optional<Operand>& scale, double epsilon) {
  Tensor t = to_tensor(x);
  Dims along{axis_of(axis, rank_of(t, "batch_normalization"))};
  auto weight = [&](const Operand& w) { return along_axes(to_tensor(w), t, along); };
  auto optional = [&](const std::optional<Operand>& w) { return w ? std::optional<Tensor>(weight(*w)) : std::nullopt; };
  return nn::batch_normalization(t, weight(mean), weight(variance), optional(offset), optional(scale), epsilon);
}

Tensor layer_normalization(const Operand& x, const std::optional<Operand>& gamma, const std::optional<Operand>& beta, const Axes& axis,
                           std::optional<double> epsilon, bool rms_scaling) {
  Tensor given = to_tensor(x), t = tf::cast(given, result_type({given, float32}));
  Dims axes = axes_of(axis, rank_of(t, "layer_normalization"));
  std::sort(axes.begin(), axes.end());
  nn::Moments m = nn::moments(t, Axes(axes), {}, true);
  Tensor inverse = tf::rsqrt(m.variance + epsilon.value_or(config::epsilon()));
  if (gamma) inverse = inverse * along_axes(to_tensor(*gamma, t.dtype()), t, axes);
  if (rms_scaling) return tf::cast(t * inverse, given.dtype());
  Tensor shift = -m.mean * inverse;
  if (beta) shift = shift + along_axes(to_tensor(*beta, t.dtype()), t, axes);
  return tf::cast(t * inverse + shift, given.dtype());
}

Results moments(const Operand& x, const Axes& axes, bool keepdims, bool synchronized) {
  Tensor t = to_tensor(x);
  if (!is_half(t.dtype())) {
    nn::Moments m = nn::moments(t, axes, {}, keepdims);
    return {{m.mean, m.variance}};
  }
  nn::Moments m = nn::moments(tf::cast(t, float32), axes, {}, keepdims);
  auto narrowed = [&](const Tensor& v) { return tf::cast(tf::clip_by_value(v, -65504.0, 65504.0), t.dtype()); };
  return {{narrowed(m.mean), narrowed(m.variance)}};
}

Tensor normalize(const Operand& x, const Axes& axis, int64_t order, std::optional<double> epsilon) {
  if (order < 1) fail<ValueError>("", cat("Argument `order` must be an int >= 1. Received: order=", order));
  Tensor t = as_float(x);
  if (rank_of(t, "normalize") == 0) t = tf::reshape(t, {1});
  double least = epsilon.value_or(config::epsilon());
  if (order != 2) return t / tf::maximum(norm(t, Operand(double(order)), axis, true), least);
  return t * tf::minimum(tf::rsqrt(tf::reduce_sum(tf::square(t), axis, true)), 1.0 / least);
}

Tensor rms_normalization(const Operand& x, const std::optional<Operand>& scale, const Axes& axis, std::optional<double> epsilon) {
  Tensor given = to_tensor(x), t = tf::cast(given, result_type({given, float32}));
  if (rank_of(t, "rms_normalization") == 0) t = tf::reshape(t, {1});
  Tensor out = t * tf::rsqrt(tf::reduce_mean(tf::square(t), axis, true) + epsilon.value_or(config::epsilon()));
  return tf::cast(scale ? out * to_tensor(*scale, t.dtype()) : out, given.dtype());
}

Tensor dot_product_attention(const Operand& query, const Operand& key, const Operand& value, const std::optional<Operand>& bias,
                             const std::optional<Operand>& mask, const std::optional<Operand>& scale, bool is_causal,
                             std::optional<bool> flash_attention, std::optional<double> attn_logits_soft_cap) {
  if (flash_attention.value_or(false)) fail<ValueError>("", "Flash attention is not supported in tensorflow backend.");
  std::vector<Tensor> qkv = promoted(Operands{to_tensor(query), to_tensor(key), to_tensor(value)});
  for (const Tensor& t : qkv)
    if (rank_of(t, "dot_product_attention") != 4)
      fail<ValueError>("", cat("`dot_product_attention` only supports 4D inputs. Received: query.shape=", to_text(qkv[0].partial_shape()), ", key.shape=",
                               to_text(qkv[1].partial_shape()), ", value.shape=", to_text(qkv[2].partial_shape()), "."));
  Tensor q = qkv[0], k = shared(qkv[1], q), v = shared(qkv[2], q);
  DType compute = result_type({q, float32});
  Tensor factor = scale ? to_tensor(*scale, compute) : tf::rsqrt(tf::cast(size_along(k, -1), compute));
  Tensor scores = tf::cast(tf::einsum("btnh,bsnh->bnts", {q, k}), compute) * factor;
  if (bias) scores = scores + to_tensor(*bias, compute);
  Tensor shares = tf::cast(nn::softmax(masked(scores, mask, is_causal)), v.dtype());
  return tf::einsum("bnts,bsnh->btnh", {shares, v});
}

}  // namespace runnel::inline v0::keras::ops
