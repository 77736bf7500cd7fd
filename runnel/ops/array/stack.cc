// Pack and Unpack: joining along a new axis, and taking apart along an axis.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/strided.h"

namespace runnel::inline v0 {

namespace {

void pack_shape(ShapeContext& c) {
  PartialShape all = PartialShape::unknown_rank();
  for (int i = 0; i < c.num_inputs(); ++i) {
    PartialShape s = c.input(i);
    if (!all.is_compatible_with(s))
      c.invalid(cat("Shapes of all inputs must match: values[0].shape = ", bracketed(c.input(0)), " != values[", i, "].shape = ", bracketed(s)));
    all = all.merge_with(s);
  }
  if (!all.has_rank()) return;
  Dims dims = all.dims();
  dims.insert(normalize_axis(c.int_attr("axis"), all.rank() + 1, c.op().name()), c.num_inputs());
  c.set_output(0, PartialShape(dims));
}

// Input i is the slice i of the output along the axis.
void pack_kernel(OpContext& c) {
  Tensor& out = c.output();
  const Shape& in = c.input(0).shape();
  Dims walk = dense_strides(out.shape());
  int axis = normalize_axis(c.int_attr("axis"), out.rank(), "Pack");
  int64_t step = walk[axis];
  walk.erase(axis);
  for (int i = 0; i < c.num_inputs(); ++i)
    copy_box(out.dtype(), in.dims(), c.input(i).raw(), dense_strides(in), advance(out.dtype(), out.mutable_raw(), i * step), walk);
}
std::vector<Tensor> pack_gradient(const GradientContext& c) { return unstack(c.grad(), c.num_inputs(), c.int_attr("axis")); }

void unpack_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  if (!in.has_rank()) return;
  int axis = normalize_axis(c.int_attr("axis"), in.rank(), c.op().name());
  if (in[axis] >= 0 && in[axis] != c.num_outputs())
    c.invalid(cat("Input shape axis ", axis, " must equal ", c.num_outputs(), ", got shape ", bracketed(in)));
  Dims dims = in.dims();
  dims.erase(axis);
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, PartialShape(dims));
}
void unpack_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Dims walk = dense_strides(x.shape());
  int axis = normalize_axis(c.int_attr("axis"), x.rank(), "Unpack");
  int64_t step = walk[axis];
  walk.erase(axis);
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Shape& shape = c.output_shape(i);
    if (axis == 0 && x.buffer()) {
      c.set_output(i, x.rows(i, i + 1).reshaped(shape));
      continue;
    }
    Tensor& y = c.output(i);
    copy_box(x.dtype(), shape.dims(), advance(x.dtype(), x.raw(), i * step), walk, y.mutable_raw(), dense_strides(shape));
  }
}
std::vector<Tensor> unpack_gradient(const GradientContext& c) {
  std::vector<Tensor> grads;
  for (int i = 0; i < c.num_outputs(); ++i) grads.push_back(c.grad(i));
  return {stack(grads, c.int_attr("axis"))};
}

/// Pack: Joins tensors of one shape along a new axis.
/// Unpack: The slices of a tensor along an axis, which disappears.
constexpr OpDef kOps[] = {
    {.name = "Pack", .signature = "values: N*T -> output: T", .attrs = "N: int >= 1; T: type; axis: int = 0",
     .shape = pack_shape, .gradient = pack_gradient, .kernel = pack_kernel},
    {.name = "Unpack", .signature = "value: T -> output: num*T", .attrs = "num: int; T: type; axis: int = 0",
     .shape = unpack_shape, .gradient = unpack_gradient, .kernel = unpack_kernel},
};

}  // namespace
RUNNEL_OPS(array_stack, kOps)

namespace {
// TensorFlow's public functions check the axis themselves.
void check_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) fail<ValueError>("", cat("Argument `axis` = ", axis, " not in range [", -rank, ", ", rank, ")"));
}
}  // namespace

namespace {
// Numbers without a dtype of their own take that of the widest of them.
std::vector<Tensor> numbers(const Operands& values) {
  DType widest;
  for (const Operand& v : values.items()) {
    if (!v.is_weak()) return match(values);
    DType t = v.tensor().dtype();
    if (!widest || t.is_complex() || (t.is_floating() && widest.is_integer()) || (t == int64 && widest == int32)) widest = t;
  }
  std::vector<Tensor> out;
  for (const Operand& v : values.items()) out.push_back(v.tensor(widest));
  return out;
}
}  // namespace

Tensor stack(const Operands& values, int64_t axis) {
  static const Op& op = get_op("Pack");
  std::vector<Tensor> tensors = numbers(values);
  if (tensors.empty()) return Tensor(float32, Shape({0}));  // as TensorFlow has it
  if (PartialShape s = tensors[0].partial_shape(); s.has_rank()) check_axis(axis, s.rank() + 1);
  return run(op, tensors, {{"axis", axis}});
}

Tensor parallel_stack(const Operands& values) { return stack(values, 0); }

std::vector<Tensor> unstack(const Tensor& value, std::optional<int64_t> num, int64_t axis) {
  static const Op& op = get_op("Unpack");
  if (!num) {
    PartialShape s = value.partial_shape();
    if (!s.has_rank()) fail<ValueError>("unstack", "Cannot infer argument `num` from shape <unknown>");
    check_axis(axis, s.rank());
    num = s.dim(int(axis));
    if (*num < 0) fail<ValueError>("unstack", cat("Cannot infer argument `num` from shape ", to_text(s)));
  }
  return run_all(op, {value}, {{"num", *num}, {"axis", axis}});
}

}  // namespace runnel::inline v0
