#include "runnel/keras/ops/math.h"

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/signal.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

using Sorted = Tensor (*)(const Tensor&, const Tensor&);
using Unsorted = Tensor (*)(const Tensor&, const Tensor&, const Operand&);

Tensor segments(Sorted of_sorted, Unsorted of_any, const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments,
                bool sorted) {
  Tensor x = to_tensor(data), ids = to_tensor(segment_ids);
  if (sorted && num_segments)
    fail<ValueError>("", "Argument `num_segments` cannot be set when sorted is True when using the tensorflow backend.");
  if (sorted) return of_sorted(x, ids);
  Tensor count = num_segments ? to_tensor(*num_segments, int32) : tf::cast(tf::reduce_max(ids), int32) + 1;
  return of_any(x, ids, count);
}

}  // namespace

Tensor cdist(const Operand& x, const Operand& y) {
  auto [a, b] = promoted(as_float(x), as_float(y));
  if (rank_of(a, "cdist") < 2 || rank_of(b, "cdist") < 2) fail<ValueError>("", "`cdist` inputs must have rank >= 2");
  if (a.partial_shape().dim(-1) != b.partial_shape().dim(-1)) fail<ValueError>("", "Last dimension of inputs to `cdist` must match");
  return tf::sqrt(tf::reduce_sum(tf::square(tf::expand_dims(a, -2) - tf::expand_dims(b, -3)), -1));
}

Tensor erf(const Operand& x) { return tf::erf(as_float(x)); }
Tensor erfc(const Operand& x) { return tf::erfc(as_float(x)); }
Tensor erfinv(const Operand& x) {
  Tensor t = as_float(x);
  bool half = t.dtype() == float16 || t.dtype() == bfloat16;
  return half ? tf::cast(tf::erfinv(tf::cast(t, float32)), t.dtype()) : tf::erfinv(t);
}

Tensor extract_sequences(const Operand& x, int64_t sequence_length, int64_t sequence_stride) {
  return signal::frame(to_tensor(x), sequence_length, sequence_stride);
}

Tensor in_top_k(const Operand& targets, const Operand& predictions, int64_t k) {
  return nn::in_top_k(to_tensor(targets), to_tensor(predictions), k);
}
Tensor logdet(const Operand& x) { return linalg::logdet(as_float(x)); }
Tensor logsumexp(const Operand& x, const Axes& axis, bool keepdims) { return tf::reduce_logsumexp(as_float(x), axis, keepdims); }
Tensor rsqrt(const Operand& x) { return tf::rsqrt(as_float(x)); }

Tensor segment_max(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments, bool sorted) {
  return segments(tf::segment_max, tf::unsorted_segment_max, data, segment_ids, num_segments, sorted);
}
Tensor segment_min(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments, bool sorted) {
  return segments(tf::segment_min, tf::unsorted_segment_min, data, segment_ids, num_segments, sorted);
}
Tensor segment_prod(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments, bool sorted) {
  return segments(tf::segment_prod, tf::unsorted_segment_prod, data, segment_ids, num_segments, sorted);
}
// Keras counts the different ids here, where the others take the largest.
Tensor segment_sum(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments, bool sorted) {
  if (sorted || num_segments) return segments(tf::segment_sum, tf::unsorted_segment_sum, data, segment_ids, num_segments, sorted);
  Tensor ids = to_tensor(segment_ids);
  return tf::unsorted_segment_sum(to_tensor(data), ids, size_along(tf::unique(ids).y, 0));
}

Results top_k(const Operand& x, int64_t k, bool sorted) {
  auto [values, places] = nn::top_k(to_tensor(x), k, sorted);
  return {{values, places}};
}

Tensor view_as_complex(const Operand& x) {
  Tensor t = to_tensor(x);
  if (rank_of(t, "view_as_complex") < 1 || t.partial_shape().dim(-1) != 2)
    fail<ValueError>("", cat("Last dimension of input must be size 2 (real and imaginary). Received shape: ", to_text(t.partial_shape())));
  return tf::complex(at(t, -1, 0), at(t, -1, 1));
}
Tensor view_as_real(const Operand& x) {
  Tensor t = to_tensor(x);
  return tf::stack({tf::real(t), tf::imag(t)}, -1);
}

}  // namespace runnel::inline v0::keras::ops
