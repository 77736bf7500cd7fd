// BroadcastTo, BroadcastArgs, BroadcastGradientArgs.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/shapes.h"

namespace runnel::inline v0 {

namespace {

void broadcast_to_shape(ShapeContext& c) {
  PartialShape in = c.input(0), out = c.constant_shape(1);
  if (in.has_rank() && out.has_rank()) {
    if (in.rank() > out.rank())
      c.invalid(cat("Rank of input (", in.rank(), ") must be no greater than rank of output shape (", out.rank(), ")."),
                {.got = cat("shape ", to_text(in), " to ", to_text(out))});
    for (int i = 1; i <= in.rank(); ++i) {
      int64_t from = in.dim(-i), to = out.dim(-i);
      if (from >= 0 && to >= 0 && from != 1 && from != to)
        c.invalid(cat("Incompatible shapes: ", bracketed(in), " vs. ", bracketed(out)), {.expected = "sizes that are equal, or 1 in the input"});
    }
  }
  c.set_output(0, out);
}

void broadcast_to_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  const Shape& shape = c.output_shape();
  if (x.shape() == shape) return c.set_output(0, x.alias());
  Dims walk(shape.rank(), 0), strides = dense_strides(x.shape());
  for (int i = 0; i < x.rank(); ++i)
    if (x.dim(i) != 1) walk[i + shape.rank() - x.rank()] = strides[i];
  Tensor& y = c.output();
  copy_box(x.dtype(), shape.dims(), x.raw(), walk, y.mutable_raw(), dense_strides(shape));
}
std::vector<Tensor> broadcast_to_gradient(const GradientContext& c) { return {unbroadcast(c.grad(), c.input(0)), Tensor()}; }

PartialShape vector_shape(const Dims& dims) { return PartialShape({dims.size()}); }

void broadcast_args_shape(ShapeContext& c) {
  PartialShape a = c.with_rank(0, 1), b = c.with_rank(1, 1);
  c.set_output(0, PartialShape({a[0] < 0 || b[0] < 0 ? -1 : std::max(a[0], b[0])}));
}
void broadcast_args_kernel(OpContext& c) {
  c.output_shape();  // checks the ranks
  Dims a = read_ints(c.input(0)), b = read_ints(c.input(1));
  Shape out = broadcast_shapes(Shape(a), Shape(b), "BroadcastArgs");
  write_ints(c.allocate(0, {out.rank()}), out.dims());
}

// Axes of the broadcast result along which `from` is repeated; where both sizes are 1 the axis is listed for both, as
// TensorFlow lists it.
Dims repeated_axes(const Dims& from, const Dims& other) {
  int rank = std::max(from.size(), other.size());
  auto at = [&](const Dims& d, int i) { return i < rank - d.size() ? int64_t(1) : d[i - (rank - d.size())]; };
  Dims axes;
  for (int i = 0; i < rank; ++i)
    if (at(from, i) == 1) axes.push_back(i);
  return axes;
}
void gradient_args_shape(ShapeContext& c) {
  c.with_rank(0, 1);
  c.with_rank(1, 1);
  c.set_output(0, PartialShape({-1}));
  c.set_output(1, PartialShape({-1}));
}
void gradient_args_kernel(OpContext& c) {
  c.output_shape();  // checks the ranks
  Dims a = read_ints(c.input(0)), b = read_ints(c.input(1)), none;
  broadcast_shapes(Shape(a), Shape(b), "BroadcastGradientArgs");
  Dims for_a = a == b ? none : repeated_axes(a, b), for_b = a == b ? none : repeated_axes(b, a);
  write_ints(c.allocate(0, vector_shape(for_a).known()), for_a);
  write_ints(c.allocate(1, vector_shape(for_b).known()), for_b);
}

constexpr const char* kShapes = "it works on shapes";

/// BroadcastArgs: The shape to which two shapes broadcast.
/// BroadcastGradientArgs: The axes along which the gradient of each of two shapes, which broadcast together, has to be summed.
constexpr OpDef kOps[] = {
    {.name = "BroadcastTo", .signature = "input: T, shape: Tidx -> output: T", .attrs = "T: type; Tidx: index = int32",
     .shape = broadcast_to_shape, .gradient = broadcast_to_gradient, .kernel = broadcast_to_kernel},
    {.name = "BroadcastArgs", .signature = "s0: T, s1: T -> r0: T", .attrs = "T: index = int32",
     .shape = broadcast_args_shape, .no_gradient = kShapes, .kernel = broadcast_args_kernel},
    {.name = "BroadcastGradientArgs", .signature = "s0: T, s1: T -> r0: T, r1: T", .attrs = "T: index = int32",
     .shape = gradient_args_shape, .no_gradient = kShapes, .kernel = gradient_args_kernel},
};

}  // namespace
RUNNEL_OPS(array_broadcast, kOps)

Tensor broadcast_to(const Tensor& input, const Ints& shape) {
  static const Op& op = get_op("BroadcastTo");
  return run(op, {input, shape.tensor()});
}

Tensor broadcast_dynamic_shape(const Tensor& shape_x, const Tensor& shape_y) {
  static const Op& op = get_op("BroadcastArgs");
  return run(op, {shape_x, shape_y});
}

PartialShape broadcast_static_shape(const PartialShape& shape_x, const PartialShape& shape_y) { return broadcast_shapes(shape_x, shape_y); }

}  // namespace runnel::inline v0
