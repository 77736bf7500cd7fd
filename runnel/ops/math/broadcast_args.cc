// BroadcastArgs and BroadcastGradientArgs: broadcasting where shapes are data.
#include "runnel/op/op_context.h"
#include "runnel/op/types.h"

namespace runnel::inline v0 {

namespace {

template <class T>
Dims read(const Tensor& t) {
  Dims out;
  for (T v : t.values<T>()) out.push_back(int64_t(v));
  return out;
}
Dims read_dims(const Tensor& t) { return t.dtype() == int32 ? read<int32_t>(t) : read<int64_t>(t); }

void write_dims(OpContext& c, int output, const Dims& dims) {
  Tensor& out = c.allocate(output, {dims.size()});
  dispatch<Indices>(out.dtype(), c.op().name(), [&]<class T>() { std::copy(dims.begin(), dims.end(), out.mutable_data<T>()); });
}

// The axes of the broadcast shape along which `dims` is repeated.
Dims repeated(const Dims& dims, const Dims& whole) {
  Dims axes;
  int added = whole.size() - dims.size();
  for (int i = 0; i < whole.size(); ++i)
    if (i < added || (dims[i - added] == 1 && whole[i] != 1)) axes.push_back(i);
  return axes;
}

void args_kernel(OpContext& c) {
  Shape whole = broadcast_shapes(Shape(read_dims(c.input(0))), Shape(read_dims(c.input(1))), c.op().name());
  write_dims(c, 0, whole.dims());
}
void gradient_args_kernel(OpContext& c) {
  Dims a = read_dims(c.input(0)), b = read_dims(c.input(1));
  Dims whole = broadcast_shapes(Shape(a), Shape(b), c.op().name()).dims();
  write_dims(c, 0, repeated(a, whole));
  write_dims(c, 1, repeated(b, whole));
}

void args_shape(ShapeContext& c) {
  PartialShape a = c.with_rank(0, 1), b = c.with_rank(1, 1);
  c.set_output(0, PartialShape({a[0] < 0 || b[0] < 0 ? -1 : std::max(a[0], b[0])}));
}
void gradient_args_shape(ShapeContext& c) {
  c.set_output(0, PartialShape({-1}));
  c.set_output(1, PartialShape({-1}));
}

constexpr const char* kInteger = "its inputs and outputs are integers";

constexpr OpDef kOps[] = {
    {.name = "BroadcastArgs", .signature = "s0: T, s1: T -> r0: T", .attrs = "T: index = int32", .shape = args_shape,
     .no_gradient = kInteger, .kernel = args_kernel},
    {.name = "BroadcastGradientArgs", .signature = "s0: T, s1: T -> r0: T, r1: T", .attrs = "T: index = int32",
     .shape = gradient_args_shape, .no_gradient = kInteger, .kernel = gradient_args_kernel},
};

}  // namespace
RUNNEL_OPS(math_broadcast_args, kOps)

}  // namespace runnel::inline v0
