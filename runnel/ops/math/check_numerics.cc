// CheckNumerics: passes its input on, or says that it is not finite. Snapshot: passes its input on.
#include <cmath>

#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

void check_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  bool nan = false, inf = false;
  dispatch<Floating>(x.dtype(), "CheckNumerics", [&]<class T>() {
    for (T v : x.values<T>()) nan |= std::isnan(widened(v)), inf |= std::isinf(widened(v));
  });
  if (nan || inf)
    fail<errors::InvalidArgumentError>("", cat(c.string_attr("message"), " : Tensor had ", inf && nan ? "Inf and NaN" : inf ? "Inf" : "NaN", " values"));
  c.set_output(0, x.alias());
}
Gradients check_gradient(const GradientContext& c) {
  return {check_numerics(c.grad(), cat("Not a number (NaN) or infinity (Inf) values detected in gradient. ", c.string_attr("message")))};
}
void snapshot_kernel(OpContext& c) { c.set_output(0, c.input(0).alias()); }

/// Snapshot: A copy of the input.
constexpr OpDef kOps[] = {
    {.name = "CheckNumerics", .signature = "tensor: T -> output: T", .attrs = "T: {bfloat16, half, float, double}; message: string",
     .shape = unary_shape, .gradient = check_gradient, .kernel = check_kernel, .traits = {.stateful = true}},
    {.name = "Snapshot", .signature = "input: T -> output: T", .attrs = "T: type", .shape = unary_shape,
     .no_gradient = "TensorFlow declares none; use Identity", .kernel = snapshot_kernel},
};

}  // namespace
RUNNEL_OPS(math_check_numerics, kOps)

Tensor check_numerics(const Tensor& tensor, const std::string& message) {
  static const Op& op = get_op("CheckNumerics");
  return run(op, {tensor}, {{"message", message}});
}

}  // namespace runnel::inline v0
