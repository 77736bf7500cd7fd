// Sums of several tensors, products with a number, polynomials.
#include "runnel/ops/array.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

void add_n_shape(ShapeContext& c) {
  PartialShape out = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    if (!out.is_compatible_with(c.input(i)))
      c.invalid(cat("Inputs to operation AddN must have the same size and shape.  Input 0: ", bracketed(c.input(0)), " != input ", i, ": ",
                    bracketed(c.input(i))));
    out = out.merge_with(c.input(i));
  }
  c.set_output(0, out);
}

template <class T>
void add_all(OpContext& c, T* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    auto sum = widened(c.input(0).data<T>()[i]);
    for (int k = 1; k < c.num_inputs(); ++k) sum += widened(c.input(k).data<T>()[i]);
    out[i] = T(sum);
  }
}
void add_n_kernel(OpContext& c) {
  if (c.num_inputs() == 1) return c.set_output(0, c.input(0).alias());
  if (c.num_inputs() == 2 && c.input(0).shape() == c.input(1).shape()) {
    static const Op& add = get_op("AddV2");
    return c.set_output(0, run(add, c.inputs()));
  }
  Tensor& out = c.output();
  dispatch<Numeric>(out.dtype(), "AddN", [&]<class T>() { add_all(c, out.mutable_data<T>(), out.num_elements()); });
}
Gradients add_n_gradient(const GradientContext& c) { return Gradients(size_t(c.num_inputs()), c.grad()); }

constexpr OpDef kOps[] = {
    {.name = "AddN", .signature = "inputs: N*T -> sum: T", .attrs = "N: int >= 1; T: {numeric, variant}", .shape = add_n_shape,
     .gradient = add_n_gradient, .kernel = add_n_kernel, .traits = kCommutative},
    {.name = "AccumulateNV2", .signature = "inputs: N*T -> sum: T", .attrs = "N: int >= 1; T: numeric; shape: shape", .shape = add_n_shape,
     .gradient = add_n_gradient, .kernel = add_n_kernel, .traits = kCommutative},
};

}  // namespace
RUNNEL_OPS(math_add_n, kOps)

Tensor add_n(const Operands& inputs) {
  static const Op& op = get_op("AddN");
  std::vector<Tensor> tensors = match(inputs);
  if (tensors.empty())
    fail<ValueError>("", "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape.");
  if (tensors.size() == 1) return tensors[0];
  return run(op, tensors);
}

Tensor accumulate_n(const Operands& inputs, const std::optional<PartialShape>& shape, DType tensor_dtype) {
  std::vector<Tensor> tensors = match(inputs);
  if (tensors.empty()) fail<ValueError>("", "inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape");
  for (const Tensor& t : tensors) {
    if (tensor_dtype && t.dtype() != tensor_dtype)
      fail<TypeError>("", cat("tensor_dtype is ", tensor_dtype, ", but input is of type ", t.dtype()));
    if (shape && !shape->is_compatible_with(t.partial_shape()))
      fail<ValueError>("accumulate_n", "an input does not have the given shape", {.got = to_text(t.partial_shape()), .expected = to_text(*shape)});
  }
  return add_n(tensors);
}

Tensor scalar_mul(const Operand& scalar, const Tensor& x) {
  Tensor number = scalar.tensor(scalar.is_weak() ? x.dtype() : DType());
  PartialShape shape = number.partial_shape();
  if (shape.has_rank() && shape.rank() != 0)
    fail<ValueError>("", cat("The input scalar must be a 0-D value. Received: shape=", to_text(shape)));
  return multiply(number, x);
}

Tensor polyval(const std::vector<Tensor>& coeffs, const Operand& x) {
  if (coeffs.empty()) {
    Tensor at = x.tensor();
    return zeros_like(at);
  }
  Tensor at = x.tensor(x.is_weak() ? coeffs[0].dtype() : DType()), sum = coeffs[0];
  for (size_t i = 1; i < coeffs.size(); ++i) sum = add(coeffs[i], multiply(sum, at));
  return sum;
}

namespace {
// Differences of neighbours, in the order of the memory.
Tensor differences(const Tensor& x) {
  static const Op& slice = get_op("Slice");
  Tensor flat = reshape(x, {-1});
  Tensor one = Ints{1}.tensor(), zero = Ints{0}.tensor(), count = subtract(shape(flat), one);
  count = maximum(count, 0);
  return subtract(run(slice, {flat, minimum(one, shape(flat)), count}), run(slice, {flat, zero, count}));
}
}  // namespace

Tensor is_non_decreasing(const Tensor& x) {
  Tensor steps = differences(x);
  return reduce_all(greater_equal(steps, zeros_like(steps)));
}
Tensor is_strictly_increasing(const Tensor& x) {
  Tensor steps = differences(x);
  return reduce_all(greater(steps, zeros_like(steps)));
}

}  // namespace runnel::inline v0
