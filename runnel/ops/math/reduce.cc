// Reductions: reduce_sum and its kin.
#include "runnel/ops/math.h"
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math/reduce_shape.h"

namespace runnel::inline v0 {

namespace {

struct Sum {
  template <class A>
  static A start() { return A(0); }
  template <class A>
  static A step(A so_far, A x) { return so_far + x; }
};

// Where the element at each input position goes: 0 steps along reduced axes.
Dims output_steps(const Shape& in, std::span<const int> axes) {
  Dims steps(in.rank());
  int64_t step = 1;
  for (int d = in.rank() - 1; d >= 0; --d) {
    bool reduced = false;
    for (int a : axes) reduced |= a == d;
    steps[d] = reduced ? 0 : step;
    if (!reduced) step *= in[d];
  }
  return steps;
}

// The plain loop: input in order, every element into its accumulator.
template <class F, class T>
void reduce_loop(const Tensor& x, std::span<const int> axes, Tensor& y) {
  using A = Accumulator<T>;
  std::vector<A> sums(size_t(y.num_elements()), F::template start<A>());
  Dims steps = output_steps(x.shape(), axes), at(x.rank());
  const T* in = x.data<T>();
  int64_t place = 0;
  for (int64_t i = 0, n = x.num_elements(); i < n; ++i) {
    sums[size_t(place)] = F::template step<A>(sums[size_t(place)], A(in[i]));
    for (int d = x.rank() - 1; d >= 0; --d) {
      place += steps[d];
      if (++at[d] < x.dim(d)) break;
      place -= steps[d] * x.dim(d);
      at[d] = 0;
    }
  }
  T* out = y.mutable_data<T>();
  for (size_t i = 0; i < sums.size(); ++i) out[i] = T(sums[i]);
}

template <class F, class Types>
void reduce_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  auto axes = reduction_axes(c.input(1), x.rank());
  Tensor& y = c.output();
  dispatch<Types>(x.dtype(), c.op().name(), [&]<class T>() { reduce_loop<F, T>(x, axes, y); });
}

// The gradient, repeated along the reduced axes.
Tensor spread(const GradientContext& c, const Tensor& value) {
  PartialShape in = c.input(0).partial_shape();
  const Tensor& axes = c.input(1);
  if (in.is_fully_known() && !axes.is_symbolic()) {
    Dims kept = in.dims();
    for (int a : reduction_axes(axes, in.rank())) kept[a] = 1;
    return broadcast_to(reshape(value, kept), in.known());
  }
  fail<errors::UnimplementedError>(c.op().name(), "the gradient with unknown sizes");
}

std::vector<Tensor> sum_gradient(const GradientContext& c) { return {spread(c, c.grad()), Tensor()}; }

#define RUNNEL_REDUCTION_SIGNATURE .signature = "input: T, reduction_indices: Tidx -> output: T"
constexpr const char* kNumeric = "keep_dims: bool = false; T: numeric; Tidx: index = int32";

constexpr OpDef kOps[] = {
    {.name = "Sum", RUNNEL_REDUCTION_SIGNATURE, .attrs = kNumeric, .shape = reduction_shape, .gradient = sum_gradient,
     .kernel = reduce_kernel<Sum, Numeric>},
};

}  // namespace
RUNNEL_OPS(math_reduce, kOps)

Tensor reduce_sum(const Tensor& input_tensor, const Axes& axis, bool keepdims) {
  static const Op& op = get_op("Sum");
  return run_reduce(op, input_tensor, axis, keepdims);
}

}  // namespace runnel::inline v0
