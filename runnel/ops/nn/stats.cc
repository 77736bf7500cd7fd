// L2Loss; moments and batch normalisation, composed of other operators.
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/map.h"

namespace runnel::inline v0 {

namespace {

void scalar_shape(ShapeContext& c) { c.set_output(0, PartialShape()); }

// Pieces in double, added in order: the same bits for any number of threads.
void l2_loss_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  int64_t n = x.num_elements();
  dispatch<Floating>(x.dtype(), c.op().name(), [&]<class T>() {
    std::vector<double> parts(static_cast<size_t>(n / kMapGrain + 1));
    parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
      double sum = 0;
      for (int64_t i = begin; i < end; ++i) sum += double(x.data<T>()[i]) * double(x.data<T>()[i]);
      parts[static_cast<size_t>(begin / kMapGrain)] = sum;
    });
    double total = 0;
    for (double p : parts) total += p;
    *c.output().mutable_data<T>() = T(total / 2);
  });
}
std::vector<Tensor> l2_loss_gradient(const GradientContext& c) { return {multiply(c.input(0), c.grad())}; }

constexpr OpDef kOps[] = {
    {.name = "L2Loss", .signature = "t: T -> output: T", .attrs = "T: {half, bfloat16, float, double}", .shape = scalar_shape,
     .gradient = l2_loss_gradient, .kernel = l2_loss_kernel},
};

bool is_half(DType t) { return t == float16 || t == bfloat16; }
Tensor precise(const Tensor& x) { return is_half(x.dtype()) ? cast(x, float32) : x; }
Tensor as(const Tensor& x, DType dtype) { return x.dtype() == dtype ? x : cast(x, dtype); }

// The number of elements that a reduction over `axes` adds up, in the dtype of x.
Tensor reduced_count(const Tensor& x, const Axes& axes) {
  Tensor ones = ones_like(x);
  return reduce_sum(ones, axes);
}

Tensor without_axes(const Tensor& x, const Axes& axes, bool keepdims) { return keepdims ? x : squeeze(x, axes); }

}  // namespace
RUNNEL_OPS(nn_stats, kOps)

namespace nn {

Tensor l2_loss(const Tensor& t) {
  static const Op& op = get_op("L2Loss");
  return run(op, {t});
}

Tensor batch_normalization(const Tensor& x, const Tensor& mean, const Tensor& variance, const std::optional<Tensor>& offset,
                           const std::optional<Tensor>& scale, double variance_epsilon) {
  Tensor inverse = rsqrt(add(variance, variance_epsilon));
  if (scale) inverse = multiply(inverse, *scale);
  Tensor shift = multiply(mean, inverse);
  shift = offset ? subtract(*offset, shift) : negative(shift);
  return add(multiply(x, as(inverse, x.dtype())), as(shift, x.dtype()));
}

// `shift` is accepted as TensorFlow accepts it: two passes need none.
Moments moments(const Tensor& x, const Axes& axes, const std::optional<Tensor>&, bool keepdims) {
  Tensor y = precise(x);
  Tensor mean = reduce_mean(y, axes, true);
  Tensor variance = reduce_mean(squared_difference(y, mean), axes, keepdims);
  return {as(without_axes(mean, axes, keepdims), x.dtype()), as(variance, x.dtype())};
}

Moments weighted_moments(const Operand& x, const Axes& axes, const Operand& frequency_weights, bool keepdims) {
  auto [given, w] = match(x, frequency_weights);
  Tensor y = precise(given);
  w = as(w, y.dtype());
  Tensor weights = add(w, zeros_like(y));  // one weight for every element
  Tensor sum = reduce_sum(weights, axes, true);
  Tensor mean = divide(reduce_sum(multiply(weights, y), axes, true), sum);
  Tensor variance = divide(reduce_sum(multiply(weights, squared_difference(y, mean)), axes, true), sum);
  return {as(without_axes(mean, axes, keepdims), given.dtype()), as(without_axes(variance, axes, keepdims), given.dtype())};
}

SufficientStatistics sufficient_statistics(const Tensor& x, const Axes& axes, const std::optional<Tensor>& shift, bool keepdims) {
  PartialShape s = x.partial_shape();
  Tensor all = reduced_count(x, axes);
  Tensor count = s.has_rank() && all.partial_shape().rank() > 0 ? reduce_max(all) : all;
  Tensor centred = shift ? subtract(x, *shift) : x;
  Tensor squares = shift ? squared_difference(x, *shift) : square(x);
  return {count, reduce_sum(centred, axes, keepdims), reduce_sum(squares, axes, keepdims), shift};
}

Moments normalize_moments(const Tensor& counts, const Tensor& mean_ss, const Tensor& variance_ss, const std::optional<Tensor>& shift) {
  Tensor divisor = reciprocal(counts), shifted = multiply(mean_ss, divisor);
  Tensor mean = shift ? add(shifted, *shift) : shifted;
  return {mean, subtract(multiply(variance_ss, divisor), square(shifted))};
}

}  // namespace nn

}  // namespace runnel::inline v0
