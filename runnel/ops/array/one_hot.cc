// OneHot.
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/strided.h"

namespace runnel::inline v0 {

namespace {

void one_hot_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  for (int i = 1; i <= 3; ++i)
    if (c.input(i).has_rank() && c.input(i).rank() != 0)
      c.invalid(cat(i == 1 ? "depth" : i == 2 ? "on_value" : "off_value", " must be a scalar, but got: ", bracketed(c.input(i))));
  Dims depth;
  bool known = c.constant_ints(1, depth);
  if (known && depth[0] < 0) c.invalid(cat("depth must be non-negative, got: ", depth[0]));
  int64_t axis = c.int_attr("axis");
  if (axis < -1) c.invalid("axis must be >= -1", {.got = cat("axis=", axis)});
  if (!in.has_rank()) return;
  if (axis > in.rank()) c.invalid(cat("Expected axis to be -1 or between [0, ", in.rank() + 1, ").  But received: ", axis));
  Dims dims = in.dims();
  dims.insert(axis < 0 ? in.rank() : int(axis), known ? depth[0] : -1);
  c.set_output(0, PartialShape(dims));
}

// indices (prefix, suffix) give (prefix, depth, suffix); an index outside [0, depth) gives off_value alone.
template <class T, class Index>
void set_hot(std::span<const Index> indices, int64_t depth, int64_t suffix, const T& on, T* y) {
  for (int64_t i = 0; i < int64_t(indices.size()); ++i) {
    int64_t hot = int64_t(indices[size_t(i)]);
    if (hot >= 0 && hot < depth) y[(i / suffix * depth + hot) * suffix + i % suffix] = on;
  }
}

void one_hot_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_elements(y.dtype(), y.num_elements(), c.input(3).raw(), y.mutable_raw());
  int axis = int(c.int_attr("axis"));
  if (axis < 0) axis = y.rank() - 1;
  int64_t suffix = 1;
  for (int i = axis + 1; i < y.rank(); ++i) suffix *= y.dim(i);
  if (y.num_elements() == 0) return;
  dispatch_storage(y.dtype(), [&]<class T>() {
    dispatch<TypeList<int32_t, int64_t, uint8_t, int8_t>>(c.input(0).dtype(), "OneHot", [&]<class Index>() {
      set_hot(c.input(0).values<Index>(), y.dim(axis), suffix, *static_cast<const T*>(c.input(2).raw()), static_cast<T*>(y.mutable_raw()));
    });
  });
}

constexpr OpDef kOps[] = {
    {.name = "OneHot", .signature = "indices: TI, depth: int32, on_value: T, off_value: T -> output: T",
     .attrs = "axis: int = -1; T: type; TI: {uint8, int8, int32, int64} = int64",
     .shape = one_hot_shape, .no_gradient = "indices are integers", .kernel = one_hot_kernel},
};

}  // namespace
RUNNEL_OPS(array_one_hot, kOps)

Tensor one_hot(const Tensor& indices, const Operand& depth, const std::optional<Operand>& on_value, const std::optional<Operand>& off_value,
               int64_t axis, DType dtype) {
  static const Op& op = get_op("OneHot");
  DType type = dtype;
  if (!type && on_value) type = on_value->dtype() ? on_value->dtype() : DType();
  if (!type && off_value && off_value->dtype()) type = off_value->dtype();
  if (!type) type = on_value ? on_value->tensor().dtype() : off_value ? off_value->tensor().dtype() : float32;
  Tensor on = on_value ? on_value->tensor(type) : cast(Tensor::scalar(int32_t(1)), type);
  Tensor off = off_value ? off_value->tensor(type) : cast(Tensor::scalar(int32_t(0)), type);
  if (on.dtype() != type || off.dtype() != type)
    fail<TypeError>("one_hot", cat("dtype ", type, " does not match the dtype of on_value or off_value"),
                    {.got = cat(on.dtype(), " and ", off.dtype())});
  return run(op, {indices, depth.tensor(int32), on, off}, {{"axis", axis}});
}

}  // namespace runnel::inline v0
