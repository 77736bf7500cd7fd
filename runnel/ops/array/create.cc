// Tensors from nothing or from a single value: Const, Fill, ZerosLike, OnesLike.
#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

void const_shape(ShapeContext& c) { c.set_output(0, c.attr<Tensor>("value").partial_shape()); }
void const_kernel(OpContext& c) { c.set_output(0, c.attr<Tensor>("value").alias()); }

void fill_shape(ShapeContext& c) {
  PartialShape wanted = c.input(0), value = c.input(1);
  if (wanted.has_rank() && wanted.rank() != 1) c.invalid(cat("dims must represent a vector, got shape ", bracketed(wanted)));
  if (!value.is_compatible_with(PartialShape()) && !value.is_compatible_with(PartialShape({1}))) c.invalid(cat("value must represent a scalar, got shape ", bracketed(value)));
  Dims dims;
  if (!c.constant_ints(0, dims)) return c.set_output(0, c.constant_shape(0));
  for (int i = 0; i < dims.size(); ++i)
    if (dims[i] < 0) c.invalid(cat("Dimension ", dims[i], " must be >= 0"), {.got = cat("dims[", i, "]=", dims[i])});
  c.set_output(0, PartialShape(dims));
}
void fill_kernel(OpContext& c) {
  Tensor& out = c.output();
  fill_elements(out.dtype(), out.num_elements(), c.input(1).raw(), out.mutable_raw());
}
std::vector<Tensor> fill_gradient(const GradientContext& c) { return {Tensor(), reduce_sum(c.grad())}; }

void like_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }
Tensor one(DType dtype) {
  Tensor out(dtype, {});
  dispatch<Plain>(dtype, "OnesLike", [&]<class T>() { *out.mutable_data<T>() = T(1); });
  return out;
}
Tensor zero(DType dtype) {
  Tensor out(dtype, {});
  if (dtype.is_plain()) dispatch<Plain>(dtype, "ZerosLike", [&]<class T>() { *out.mutable_data<T>() = T(0); });
  return out;
}
void zeros_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.dtype().is_plain()) fill_elements(out.dtype(), out.num_elements(), zero(out.dtype()).raw(), out.mutable_raw());
}
void ones_kernel(OpContext& c) {
  Tensor& out = c.output();
  fill_elements(out.dtype(), out.num_elements(), one(out.dtype()).raw(), out.mutable_raw());
}

constexpr const char* kConstant = "its output does not depend on the input's values";

/// Const: The tensor that the attribute `value` holds.
constexpr OpDef kOps[] = {
    {.name = "Const", .signature = " -> output: dtype", .attrs = "value: tensor; dtype: type",
     .shape = const_shape, .no_gradient = "it has no input", .kernel = const_kernel},
    {.name = "Fill", .signature = "dims: index_type, value: T -> output: T", .attrs = "T: type; index_type: index = int32",
     .shape = fill_shape, .gradient = fill_gradient, .kernel = fill_kernel},
    {.name = "ZerosLike", .signature = "x: T -> y: T", .attrs = "T: type", .shape = like_shape, .no_gradient = kConstant, .kernel = zeros_kernel},
    {.name = "OnesLike", .signature = "x: T -> y: T", .attrs = "T: plain", .shape = like_shape, .no_gradient = kConstant, .kernel = ones_kernel},
};

}  // namespace
RUNNEL_OPS(array_create, kOps)

namespace {
// A bare number is the size of a vector.
Tensor vector(const Tensor& sizes) { return sizes.partial_shape().has_rank() && sizes.partial_shape().rank() == 0 ? reshape(sizes, {1}) : sizes; }
// TensorFlow's zeros and ones convert the sizes themselves: 1.5 is a TypeError.
Ints sizes(const Ints& shape) {
  Tensor t = shape.tensor();
  if (t.dtype() != int32 && t.dtype() != int64) t = Operand::weak(t, t.dtype()).tensor(int32);
  return vector(t);
}
}  // namespace

Tensor fill(const Ints& dims, const Operand& value) {
  static const Op& op = get_op("Fill");
  return run(op, {vector(dims.tensor()), value.tensor()});
}
Tensor zeros(const Ints& shape, DType dtype) { return fill(sizes(shape), zero(dtype)); }
Tensor ones(const Ints& shape, DType dtype) {
  if (dtype == string) fail<TypeError>("", "Cannot convert 1 to EagerTensor of dtype string");
  return fill(sizes(shape), one(dtype));
}

Tensor zeros_like(const Tensor& input, DType dtype) {
  static const Op& op = get_op("ZerosLike");
  if (!dtype || dtype == input.dtype()) return run(op, {input});
  return zeros(shape(input), dtype);
}
Tensor ones_like(const Tensor& input, DType dtype) {
  static const Op& op = get_op("OnesLike");
  if (!dtype || dtype == input.dtype()) return run(op, {input});
  return ones(shape(input), dtype);
}

}  // namespace runnel::inline v0
