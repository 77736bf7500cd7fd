// Diag and DiagPart: a tensor as the diagonal of one of twice its rank.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/linalg.h"

namespace runnel::inline v0 {

namespace {

void diag_shape(ShapeContext& c) {
  PartialShape s = c.with_rank_at_least(0, 1);
  if (s.has_rank()) c.set_output(0, s.concatenate(s));
}
void diag_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  fill_elements(y.dtype(), y.num_elements(), zeros(Shape(), y.dtype()).raw(), y.mutable_raw());
  copy_box(y.dtype(), {x.num_elements()}, x.raw(), {1}, y.mutable_raw(), {x.num_elements() + 1});
}
std::vector<Tensor> diag_gradient(const GradientContext& c) { return {linalg::tensor_diag_part(c.grad())}; }

void diag_part_shape(ShapeContext& c) {
  PartialShape s = c.input(0);
  if (!s.has_rank()) return;
  if (s.rank() == 0 || s.rank() % 2 != 0)
    c.invalid(cat("The rank of the tensor should be even and positive, but got shape ", bracketed(s)));
  int half = s.rank() / 2;
  PartialShape rows = s.slice(0, half), columns = s.slice(half, s.rank());
  for (int i = 0; i < half; ++i)
    if (!rows.slice(i, i + 1).is_compatible_with(columns.slice(i, i + 1)))
      c.invalid(cat("Invalid shape ", bracketed(s), ": dimensions ", i, " and ", i + half, " do not match."));
  c.set_output(0, rows.merge_with(columns));
}
void diag_part_kernel(OpContext& c) {
  Tensor& y = c.output();
  copy_box(y.dtype(), {y.num_elements()}, c.input(0).raw(), {y.num_elements() + 1}, y.mutable_raw(), {1});
}
std::vector<Tensor> diag_part_gradient(const GradientContext& c) { return {linalg::tensor_diag(c.grad())}; }

constexpr OpDef kOps[] = {
    {.name = "Diag", .signature = "diagonal: T -> output: T", .attrs = "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
     .shape = diag_shape, .gradient = diag_gradient, .kernel = diag_kernel},
    {.name = "DiagPart", .signature = "input: T -> diagonal: T", .attrs = "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
     .shape = diag_part_shape, .gradient = diag_part_gradient, .kernel = diag_part_kernel},
};

}  // namespace
RUNNEL_OPS(linalg_tensor_diag, kOps)

Tensor linalg::tensor_diag(const Tensor& diagonal) {
  static const Op& op = get_op("Diag");
  return run(op, {diagonal});
}
Tensor linalg::tensor_diag_part(const Tensor& input) {
  static const Op& op = get_op("DiagPart");
  return run(op, {input});
}

}  // namespace runnel::inline v0
