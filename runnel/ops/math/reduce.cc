// Reductions over axes: Sum, Mean, Prod, Max, Min, Any, All, EuclideanNorm.
#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"
#include "runnel/ops/math/reduce_shape.h"

namespace runnel::inline v0 {

namespace {

Gradients sum_gradient(const GradientContext& c) { return {spread(c, c.grad()), Tensor()}; }

// How many elements make one mean.
Tensor elements_per_output(const GradientContext& c) {
  PartialShape in = c.input(0).partial_shape(), out = c.output().partial_shape();
  DType dtype = c.input(0).dtype();
  if (in.is_fully_known() && out.is_fully_known())
    return Operand(in.num_elements() / std::max<int64_t>(out.num_elements(), 1)).tensor(dtype);
  return cast(floordiv(size(c.input(0)), maximum(size(c.output()), 1)), dtype);
}
Gradients mean_gradient(const GradientContext& c) { return {spread(c, divide(c.grad(), elements_per_output(c))), Tensor()}; }

// The product of all others, also where one is 0: what stands before times what stands behind, axis by axis.
Gradients prod_gradient(const GradientContext& c) {
  PartialShape in = c.input(0).partial_shape();
  if (!in.has_rank() || c.input(1).is_symbolic())
    return {multiply(spread(c, c.grad()), divide(spread(c, c.output()), c.input(0))), Tensor()};
  Tensor x = conj(c.input(0)), out = with_kept_axes(c, c.grad());
  for (int axis : reduction_axes(c.input(1), in.rank())) {
    out = multiply(out, multiply(cumprod(x, axis, true), cumprod(x, axis, true, true)));
    x = reduce_prod(x, axis, true);
  }
  return {add(out, zeros_like(c.input(0))), Tensor()};
}

// Equal winners share the gradient.
Gradients extreme_gradient(const GradientContext& c) {
  Tensor wins = cast(equal(with_kept_axes(c, c.output()), c.input(0)), c.input(0).dtype());
  Tensor winners = reduce_sum(wins, c.input(1), true);
  return {multiply(divide(wins, winners), with_kept_axes(c, c.grad())), Tensor()};
}

// d |x| = Re(conj(x) dx) / |x|
Gradients norm_gradient(const GradientContext& c) {
  Tensor g = c.grad();
  if (g.dtype().is_complex()) g = multiply(0.5, add(g, conj(g)));
  return {divide(c.input(0), with_kept_axes(c, divide(c.output(), g))), Tensor()};
}

constexpr OpDef reduction(const char* name, const char* attrs, GradientFn gradient) {
  return {.name = name, .signature = "input: T, reduction_indices: Tidx -> output: T", .attrs = attrs, .shape = reduction_shape,
          .gradient = gradient, .kernel = reduction_kernel};
}
constexpr OpDef bool_reduction(const char* name) {
  return {.name = name, .signature = "input: bool, reduction_indices: Tidx -> output: bool",
          .attrs = "keep_dims: bool = false; Tidx: index = int32", .shape = reduction_shape, .no_gradient = kNotANumber,
          .kernel = reduction_kernel};
}
constexpr const char* kNumeric = "keep_dims: bool = false; T: numeric; Tidx: index = int32";
constexpr const char* kOrdered = "keep_dims: bool = false; T: real; Tidx: index = int32";

/// Sum: Sums along the axes; without `keep_dims` these disappear.
/// Prod: Products along the axes; without `keep_dims` these disappear.
/// Mean: Means along the axes; without `keep_dims` these disappear. Of integers, rounded towards zero.
/// Max: The largest values along the axes; without `keep_dims` these disappear.
/// Min: The smallest values along the axes; without `keep_dims` these disappear.
/// EuclideanNorm: Square roots of the sums of squares along the axes; without `keep_dims` these disappear.
/// All: Whether all elements along the axes are true; without `keep_dims` these disappear.
/// Any: Whether one element along the axes is true; without `keep_dims` these disappear.
constexpr OpDef kOps[] = {
    reduction("Sum", kNumeric, sum_gradient),      reduction("Mean", kNumeric, mean_gradient),
    reduction("Prod", kNumeric, prod_gradient),    reduction("Max", kOrdered, extreme_gradient),
    reduction("Min", kOrdered, extreme_gradient),  reduction("EuclideanNorm", kNumeric, norm_gradient),
    bool_reduction("Any"),                         bool_reduction("All"),
};

}  // namespace
RUNNEL_OPS(math_reduce, kOps)

#define RUNNEL_REDUCE(FUNCTION, OP)                                                   \
  Tensor FUNCTION(const Tensor& input_tensor, const Axes& axis, bool keepdims) {      \
    static const Op& op = get_op(OP);                                                 \
    return run_reduce(op, input_tensor, axis, keepdims);                              \
  }
RUNNEL_REDUCE(reduce_sum, "Sum")
RUNNEL_REDUCE(reduce_mean, "Mean")
RUNNEL_REDUCE(reduce_prod, "Prod")
RUNNEL_REDUCE(reduce_max, "Max")
RUNNEL_REDUCE(reduce_min, "Min")
RUNNEL_REDUCE(reduce_any, "Any")
RUNNEL_REDUCE(reduce_all, "All")
RUNNEL_REDUCE(reduce_euclidean_norm, "EuclideanNorm")
#undef RUNNEL_REDUCE

}  // namespace runnel::inline v0
