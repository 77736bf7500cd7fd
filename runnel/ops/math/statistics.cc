// Composites of reductions: log-sum-exp, variances, counts, norms.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/math.h"
#include "runnel/ops/math/internal.h"

namespace runnel::inline v0 {

using math_internal::select;

namespace {
Tensor without_gradient(const Tensor& x) {
  static const Op& op = get_op("StopGradient");
  return run(op, {x});
}
void refuse_integers(const Tensor& x) {
  if (!x.dtype().is_floating() && !x.dtype().is_complex())
    fail<TypeError>("", cat("Input must be either real or complex. Received integer type ", x.dtype()), {.hint = "convert it with tf.cast."});
}
}  // namespace

Tensor reduce_logsumexp(const Tensor& input_tensor, const Axes& axis, bool keepdims) {
  Tensor highest = reduce_max(input_tensor, axis, true);
  highest = without_gradient(select(is_finite(highest), highest, zeros_like(highest)));
  Tensor sum = log(reduce_sum(exp(subtract(input_tensor, highest)), axis, keepdims));
  if (keepdims) return add(sum, highest);
  PartialShape known = sum.partial_shape();
  return add(sum, known.is_fully_known() ? reshape(highest, known.known()) : reshape(highest, shape(sum)));
}

Tensor reduce_variance(const Tensor& input_tensor, const Axes& axis, bool keepdims) {
  refuse_integers(input_tensor);
  Tensor off = subtract(input_tensor, reduce_mean(input_tensor, axis, true));
  Tensor squared = off.dtype().is_complex() ? real(multiply(off, conj(off))) : square(off);
  return reduce_mean(squared, axis, keepdims);
}
Tensor reduce_std(const Tensor& input_tensor, const Axes& axis, bool keepdims) {
  return sqrt(reduce_variance(input_tensor, axis, keepdims));
}

Tensor count_nonzero(const Tensor& input, const Axes& axis, bool keepdims, DType dtype) {
  Tensor zero = input.dtype() == string ? Operand("").tensor() : zeros_like(input);
  Tensor counts = reduce_sum(cast(not_equal(input, zero), int64), axis, keepdims);
  return cast(counts, dtype);
}

namespace nn {

Tensor zero_fraction(const Tensor& value) {
  Tensor all = cast(size(value, int64), float32), nonzero = cast(count_nonzero(value), float32);
  return divide(subtract(all, nonzero), all);
}

Tensor l2_normalize(const Tensor& x, const Axes& axis, double epsilon) {
  if (x.dtype().is_complex()) {
    Tensor scale = rsqrt(maximum(reduce_sum(real(multiply(x, conj(x))), axis, true), epsilon));
    return complex(multiply(real(x), scale), multiply(imag(x), scale));
  }
  return multiply(x, rsqrt(maximum(reduce_sum(square(x), axis, true), epsilon)));
}

}  // namespace nn

}  // namespace runnel::inline v0
