#include "runnel/ops/math/internal.h"

#include "runnel/ops/math.h"

namespace runnel::inline v0::math_internal {

Tensor select(const Tensor& condition, const Operand& x, const Operand& y) {
  static const Op& op = get_op("SelectV2");
  auto [a, b] = match(x, y);
  return run(op, {condition, a, b});
}
Tensor take(const Tensor& params, const Tensor& indices) {
  static const Op& op = get_op("GatherV2");
  return run(op, {params, indices, Tensor::scalar(int32_t(0))});
}
Tensor nonzero_mask(const Tensor& x) { return cast(not_equal(x, 0), x.dtype()); }

}  // namespace runnel::inline v0::math_internal
