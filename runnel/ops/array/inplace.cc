// Operators for buffers: InplaceUpdate, InplaceAdd, InplaceSub, DeepCopy, Empty. Tensors are immutable here, so each gives a copy.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/scatter.h"
#include "runnel/ops/array/strided.h"

namespace runnel::inline v0 {

namespace {

void inplace_shape(ShapeContext& c) {
  PartialShape x = c.with_rank_at_least(0, 1), v = c.input(2), rows = c.input(1);
  if (rows.has_rank() && rows.rank() > 1) c.invalid(cat("i must be a scalar or a vector: ", bracketed(rows)));
  if (x.has_rank() && v.has_rank() && rows.has_rank()) {
    PartialShape expected = x;
    if (rows.rank() == 0) expected = x.slice(1, x.rank());
    else expected.set_dim(0, rows[0]);
    if (!expected.is_compatible_with(v))
      c.invalid(cat("i and x shape doesn't match v: ", bracketed(rows), " and ", bracketed(x), " vs. ", bracketed(v)));
  }
  c.set_output(0, x);
}
// Row numbers count from the end where they are negative.
template <ScatterKind kKind>
void inplace_kernel(OpContext& c) {
  c.output_shape();
  Tensor y = c.input(0).clone();
  int64_t rows = y.dim(0);
  std::vector<int64_t> at;
  for (int64_t i : read_ints(c.input(1))) {
    if (rows == 0) c.invalid("x has no rows");
    at.push_back((i % rows + rows) % rows);
  }
  scatter_rows(kKind, y, nd_width(y.shape(), 1), at, c.input(2), false);
  c.set_output(0, y);
}

void same_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }
void deep_copy_kernel(OpContext& c) { c.set_output(0, c.input(0).clone()); }

void empty_shape(ShapeContext& c) { c.set_output(0, c.constant_shape(0)); }
// Whether `init` is set or not: memory that nobody has written would make programs differ from run to run.
void empty_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_elements(y.dtype(), y.num_elements(), zeros(Shape(), y.dtype()).raw(), y.mutable_raw());
}

constexpr const char* kBuffers = "TensorFlow declares none: it serves buffers";
constexpr const char* kInplace = "x: T, i: int32, v: T -> y: T";
/// Empty: A tensor of the given shape, zeros where `init` is set.
/// InplaceUpdate: x with the rows x[i[k]] = v[k].
/// InplaceAdd: x with the rows x[i[k]] += v[k].
/// InplaceSub: x with the rows x[i[k]] -= v[k].
/// DeepCopy: A copy in memory of its own.
constexpr OpDef kOps[] = {
    {.name = "InplaceUpdate", .signature = kInplace, .attrs = "T: type", .shape = inplace_shape, .no_gradient = kBuffers,
     .kernel = inplace_kernel<ScatterKind::kUpdate>},
    {.name = "InplaceAdd", .signature = kInplace, .attrs = "T: type", .shape = inplace_shape, .no_gradient = kBuffers,
     .kernel = inplace_kernel<ScatterKind::kAdd>},
    {.name = "InplaceSub", .signature = kInplace, .attrs = "T: type", .shape = inplace_shape, .no_gradient = kBuffers,
     .kernel = inplace_kernel<ScatterKind::kSub>},
    {.name = "DeepCopy", .signature = "x: T -> y: T", .attrs = "T: type", .shape = same_shape, .no_gradient = kBuffers, .kernel = deep_copy_kernel,
     .traits = {.stateful = true}},
    {.name = "Empty", .signature = "shape: int32 -> output: dtype", .attrs = "dtype: type; init: bool = false", .shape = empty_shape,
     .no_gradient = "its input is a shape", .kernel = empty_kernel, .traits = {.stateful = true}},
};

}  // namespace
RUNNEL_OPS(array_inplace, kOps)

}  // namespace runnel::inline v0
