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
// The gradient of a product of factors without dividing by them: exact where some are 0, in every order, and no value has to be
// looked at, so that it is the same in a graph. With E_i the product of what stands before i,
//   dx_i = E_i S_i,   S_i = g_i + x_(i+1) S_(i+1)   (g_(i+1) for the exclusive product).
class CumprodGradient {
 public:
  explicit CumprodGradient(const GradientContext& c)
      : x_(conj(c.input(0))), g_(c.grad()), axis_tensor_(c.input(1)), exclusive_(c.bool_attr("exclusive")), reverse_(c.bool_attr("reverse")) {
    PartialShape shape = x_.partial_shape();
    if (c.input(1).is_symbolic() || !shape.has_rank()) return;
    axis_ = normalize_axis(scalar_axis(c.input(1)), shape.rank(), "Cumprod");
    rank_ = shape.rank();
    size_ = shape[axis_];
  }
  Tensor compute() const {
    if (rank_ < 0) return by_division();
    return size_ < 0 ? by_pairs() : by_doubling();
  }

 private:
  // TensorFlow's formula, which is 0 where x_i is: for an axis that only a run tells.
  Tensor by_division() const {
    Tensor products = multiply(g_, cumprod(x_, axis_tensor_, exclusive_, reverse_));
    return divide_no_nan(cumsum(products, axis_tensor_, exclusive_, !reverse_), x_);
  }
  // What stands `by` places behind each element, 0 at the end.
  Tensor shifted(const Tensor& t, int64_t by) const {
    std::vector<Tensor> parts = split(t, {reverse_ ? size_ - by : by, reverse_ ? by : size_ - by}, axis_);
    return reverse_ ? concat({zeros_like(parts[1]), parts[0]}, axis_) : concat({parts[1], zeros_like(parts[0])}, axis_);
  }
  // The recurrence in log2(n) steps: each doubles the reach of S.
  Tensor by_doubling() const {
    if (size_ == 0) return zeros_like(x_);
    Tensor sums = exclusive_ ? shifted(g_, 1) : g_, factors = shifted(x_, 1);
    for (int64_t reach = 1; reach < size_; reach *= 2) {
      sums = add(sums, multiply(factors, shifted(sums, reach)));
      factors = multiply(factors, shifted(factors, reach));
    }
    return multiply(cumprod(x_, axis_, true, reverse_), sums);
  }
  // For an n that only a run tells: all (n, n) products of an output without one of its factors.
  Tensor by_pairs() const {
    Tensor output = range(gather(shape(x_), axis_)), factor = expand_dims(output, 1);
    Tensor same = equal(factor, output);
    Tensor has = reverse_ ? (exclusive_ ? less(output, factor) : less_equal(output, factor))
                          : (exclusive_ ? greater(output, factor) : greater_equal(output, factor));
    for (int i = axis_ + 1; i < rank_; ++i) {
      same = expand_dims(same, -1);
      has = expand_dims(has, -1);
    }
    Tensor products = cumprod(select(same, 1, expand_dims(x_, axis_)), axis_ + 1, exclusive_, reverse_);
    return reduce_sum(select(has, multiply(products, expand_dims(g_, axis_)), 0), axis_ + 1);
  }

  Tensor x_, g_, axis_tensor_;
  bool exclusive_, reverse_;
  int rank_ = -1, axis_ = 0;
  int64_t size_ = -1;
};
Gradients cumprod_gradient(const GradientContext& c) { return {CumprodGradient(c).compute(), Tensor()}; }

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
