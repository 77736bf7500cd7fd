// Along one axis: Cumsum, Cumprod, CumulativeLogsumexp, ArgMax, ArgMin.
#include "runnel/ops/math/axis.h"

#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"

namespace runnel::inline v0 {

int64_t scalar_axis(const Tensor& axis) {
  if (axis.dtype() == int16) return axis.item<int16_t>();
  return axis.dtype() == int32 ? axis.item<int32_t>() : axis.item<int64_t>();
}

Split split_at(const Shape& shape, int64_t axis, const char* where) {
  int at = normalize_axis(axis, shape.rank(), where);
  Split out;
  for (int d = 0; d < shape.rank(); ++d) (d < at ? out.outer : d == at ? out.count : out.inner) *= shape[d];
  return out;
}

namespace {

using math_internal::select;

void scan_shape(ShapeContext& c) {
  PartialShape x = c.input(0);
  const Tensor* axis = c.constant(1);
  if (axis && axis->rank() != 0) c.invalid(cat("ScanOp: axis must be a scalar, not ", bracketed(axis->shape())));
  if (axis && x.has_rank()) {
    int64_t at = scalar_axis(*axis);
    if (at < -x.rank() || at >= x.rank())
      c.invalid(cat("ScanOp: Expected scan axis in the range [", -x.rank(), ", ", x.rank(), "), but got ", at));
  }
  c.set_output(0, x);
}

void arg_shape(ShapeContext& c) {
  PartialShape x = c.input(0);
  const Tensor* axis = c.constant(1);
  if (!x.has_rank()) return;
  if (!axis) return c.set_output(0, PartialShape::unknown_dims(std::max(0, x.rank() - 1)));
  if (axis->rank() != 0) c.invalid(cat("dim must be a scalar, but received tensor of shape: ", bracketed(axis->shape())));
  int64_t at = scalar_axis(*axis);
  if (at < -x.rank() || at >= x.rank())
    c.invalid(cat("Expected dimension in the range [", -x.rank(), ", ", x.rank(), "), but got ", at));
  Dims out = x.dims();
  out.erase(int(at < 0 ? at + x.rank() : at));
  c.set_output(0, PartialShape(out));
}

Gradients cumsum_gradient(const GradientContext& c) {
  return {cumsum(c.grad(), c.input(1), c.bool_attr("exclusive"), !c.bool_attr("reverse")), Tensor()};
}
// The sum over the later products y_j of dy_j y_j / x_i; as in TensorFlow 0 where x_i is 0.
bool has_zeros(const Tensor& x) {
  Tensor found = reduce_any(equal(x, 0));
  return !found.is_symbolic() && found.item<bool>();
}
// Exact where x has zeros, by which one cannot divide: for each i the products without x[i], summed over the outputs that have
// it as a factor. Takes (n, n) numbers for the n of an axis.
Tensor gradient_without_division(const GradientContext& c) {
  Tensor x = c.input(0);
  int rank = x.partial_shape().rank(), axis = normalize_axis(scalar_axis(c.input(1)), rank, "Cumprod");
  Dims around(rank + 1, 1);
  around[axis] = around[axis + 1] = x.dim(axis);
  Tensor factor = range(x.dim(axis)), output = factor;
  factor = expand_dims(factor, 1);
  Tensor same = reshape(equal(factor, output), around);
  bool exclusive = c.bool_attr("exclusive"), reverse = c.bool_attr("reverse");
  Tensor has = reverse ? (exclusive ? less(output, factor) : less_equal(output, factor)) : (exclusive ? greater(output, factor) : greater_equal(output, factor));
  Tensor products = cumprod(select(same, 1, expand_dims(x, axis)), axis + 1, exclusive, reverse);
  Tensor terms = multiply(conj(products), expand_dims(c.grad(), axis));
  return reduce_sum(select(reshape(has, around), terms, 0), axis + 1);
}
Gradients cumprod_gradient(const GradientContext& c) {
  if (has_zeros(c.input(0))) return {gradient_without_division(c), Tensor()};
  Tensor products = multiply(c.grad(), conj(c.output()));
  Tensor sums = cumsum(products, c.input(1), c.bool_attr("exclusive"), !c.bool_attr("reverse"));
  return {divide_no_nan(sums, conj(c.input(0))), Tensor()};
}

// One sign's part of the gradient, by logarithms so that nothing overflows.
Tensor log_sum_part(const GradientContext& c, const Tensor& weight) {
  Tensor positive = greater(weight, 0);
  Tensor safe = log(select(positive, weight, ones_like(weight)));
  double lowest = c.input(0).dtype() == float16 ? -65504.0 : c.input(0).dtype() == float64 ? -1.7976931348623157e308 : -3.3895e38;
  Tensor log_weight = select(positive, subtract(safe, c.output()), lowest);
  Tensor sums = cumulative_logsumexp(log_weight, c.input(1), c.bool_attr("exclusive"), !c.bool_attr("reverse"));
  return exp(add(sums, c.input(0)));
}
Gradients cumulative_logsumexp_gradient(const GradientContext& c) {
  return {subtract(log_sum_part(c, c.grad()), log_sum_part(c, negative(c.grad()))), Tensor()};
}

constexpr OpDef scan(const char* name, const char* attrs, GradientFn gradient) {
  return {.name = name, .signature = "x: T, axis: Tidx -> out: T", .attrs = attrs, .shape = scan_shape, .gradient = gradient,
          .kernel = scan_kernel};
}
constexpr const char* kNumericScan = "exclusive: bool = false; reverse: bool = false; T: numeric; Tidx: index = int32";
constexpr const char* kPosition = "its output is an integer";

constexpr OpDef kOps[] = {
    scan("Cumsum", kNumericScan, cumsum_gradient),
    scan("Cumprod", kNumericScan, cumprod_gradient),
    scan("CumulativeLogsumexp", "exclusive: bool = false; reverse: bool = false; T: {bfloat16, half, float, double}; Tidx: index = int32", cumulative_logsumexp_gradient),
    {.name = "ArgMax", .signature = "input: T, dimension: Tidx -> output: output_type",
     .attrs = "T: {real, bool}; Tidx: {int16, int32, int64} = int32; output_type: {int16, uint16, int32, int64} = int64", .shape = arg_shape,
     .no_gradient = kPosition, .kernel = arg_kernel},
    {.name = "ArgMin", .signature = "input: T, dimension: Tidx -> output: output_type",
     .attrs = "T: {real, bool}; Tidx: index = int32; output_type: index = int64", .shape = arg_shape, .no_gradient = kPosition,
     .kernel = arg_kernel},
};

Tensor run_scan(const Op& op, const Tensor& x, const Operand& axis, bool exclusive, bool reverse) {
  return run(op, {x, axis.tensor()}, {{"exclusive", exclusive}, {"reverse", reverse}});
}
Tensor run_arg(const Op& op, const Tensor& input, const std::optional<Operand>& axis, DType output_type) {
  return run(op, {input, axis ? axis->tensor() : Tensor::scalar(int32_t(0))}, {{"output_type", output_type}});
}

}  // namespace
RUNNEL_OPS(math_axis, kOps)

#define RUNNEL_SCAN(FUNCTION, OP)                                                           \
  Tensor FUNCTION(const Tensor& x, const Operand& axis, bool exclusive, bool reverse) {     \
    static const Op& op = get_op(OP);                                                       \
    return run_scan(op, x, axis, exclusive, reverse);                                       \
  }
RUNNEL_SCAN(cumsum, "Cumsum")
RUNNEL_SCAN(cumprod, "Cumprod")
RUNNEL_SCAN(cumulative_logsumexp, "CumulativeLogsumexp")
#undef RUNNEL_SCAN

Tensor argmax(const Tensor& input, const std::optional<Operand>& axis, DType output_type) {
  static const Op& op = get_op("ArgMax");
  return run_arg(op, input, axis, output_type);
}
Tensor argmin(const Tensor& input, const std::optional<Operand>& axis, DType output_type) {
  static const Op& op = get_op("ArgMin");
  return run_arg(op, input, axis, output_type);
}

}  // namespace runnel::inline v0
