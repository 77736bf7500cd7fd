// Transpose, ConjugateTranspose, InvertPermutation.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

Dims checked_permutation(ShapeContext& c, Dims perm, int rank) {
  if (perm.size() != rank)
    c.invalid(cat("transpose expects a vector of size ", rank, ". But input(1) is a vector of size ", perm.size()));
  std::vector<bool> seen(size_t(rank), false);
  for (int64_t& p : perm) {
    if (p < -rank || p >= rank) c.invalid(cat(p, " is out of range [0 .. ", rank, ")"));
    if (p < 0) p += rank;
    seen[size_t(p)] = true;
  }
  for (int axis = 0; axis < rank; ++axis)
    if (!seen[size_t(axis)]) c.invalid(cat(axis, " is missing from {", join(perm, ","), "}."));
  return perm;
}

void transpose_shape(ShapeContext& c) {
  if (c.input(1).has_rank() && c.input(1).rank() != 1) c.invalid(cat("perm must be rank 1, got shape ", bracketed(c.input(1))));
  PartialShape in = c.input(0);
  Dims perm;
  if (!c.constant_ints(1, perm)) {
    PartialShape s = c.with_rank(1, 1);
    int rank = in.has_rank() ? in.rank() : int(s[0]);
    return c.set_output(0, rank < 0 ? PartialShape::unknown_rank() : PartialShape::unknown_dims(rank));
  }
  if (!in.has_rank()) in = PartialShape::unknown_dims(perm.size());
  perm = checked_permutation(c, perm, in.rank());
  Dims dims(in.rank());
  for (int i = 0; i < dims.size(); ++i) dims[i] = in[int(perm[i])];
  c.set_output(0, PartialShape(dims));
}

void transpose_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  const Shape& shape = c.output_shape();
  Dims perm = read_ints(c.input(1)), strides = dense_strides(x.shape()), walk(x.rank());
  bool moved = false;  // whether an axis longer than 1 passes another
  int64_t last = -1;
  for (int i = 0; i < walk.size(); ++i) {
    int64_t p = perm[i] < 0 ? perm[i] + x.rank() : perm[i];
    walk[i] = strides[int(p)];
    if (shape[i] == 1) continue;
    moved |= p < last;
    last = p;
  }
  if (!moved) return c.set_output(0, x.reshaped(shape));
  Tensor& y = c.output();
  copy_box(x.dtype(), shape.dims(), x.raw(), walk, y.mutable_raw(), dense_strides(shape));
}
// The permutation that undoes the call's, whose axes may count from the end.
Tensor undoing(const GradientContext& c) {
  const Tensor& perm = c.input(1);
  std::optional<Dims> known = known_ints(perm);
  if (!known) return invert_permutation(perm);
  for (int64_t& axis : *known) axis += axis < 0 ? known->size() : 0;
  return invert_permutation(int_vector(perm.dtype(), *known));
}
std::vector<Tensor> transpose_gradient(const GradientContext& c) {
  return {transpose(c.grad(), undoing(c)), Tensor()};
}

void conjugate_transpose_kernel(OpContext& c) {
  transpose_kernel(c);
  c.set_output(0, conj(c.output()));
}
std::vector<Tensor> conjugate_transpose_gradient(const GradientContext& c) {
  return {transpose(c.grad(), undoing(c), true), Tensor()};
}

void invert_shape(ShapeContext& c) { c.set_output(0, c.with_rank(0, 1)); }
void invert_kernel(OpContext& c) {
  Dims perm = read_ints(c.input(0)), inverse(perm.size(), -1);
  for (int i = 0; i < perm.size(); ++i) {
    int64_t p = perm[i];
    if (p < 0 || p >= perm.size()) c.invalid(cat(p, " is not between 0 and ", perm.size()));
    if (inverse[int(p)] >= 0) c.invalid(cat(p, " is duplicated in the input."));
    inverse[int(p)] = i;
  }
  write_ints(c.output(), inverse);
}

/// ConjugateTranspose: The complex conjugate with its axes in the order `perm`.
constexpr OpDef kOps[] = {
    {.name = "Transpose", .signature = "x: T, perm: Tperm -> y: T", .attrs = "T: type; Tperm: index = int32",
     .shape = transpose_shape, .gradient = transpose_gradient, .kernel = transpose_kernel},
    {.name = "ConjugateTranspose", .signature = "x: T, perm: Tperm -> y: T", .attrs = "T: type; Tperm: index = int32",
     .shape = transpose_shape, .gradient = conjugate_transpose_gradient, .kernel = conjugate_transpose_kernel},
    {.name = "InvertPermutation", .signature = "x: T -> y: T", .attrs = "T: index = int32",
     .shape = invert_shape, .no_gradient = "it works on integers", .kernel = invert_kernel},
};

Ints reversed_axes(const Tensor& a) {
  PartialShape s = a.partial_shape();
  if (!s.has_rank()) {
    Tensor last = subtract(rank(a), 1);
    return range(last, -1, -1);
  }
  Dims perm;
  for (int i = s.rank() - 1; i >= 0; --i) perm.push_back(i);
  return perm;
}

}  // namespace
RUNNEL_OPS(array_transpose, kOps)

Tensor transpose(const Tensor& a, const Ints& perm, bool conjugate) {
  static const Op &plain = get_op("Transpose"), &conjugated = get_op("ConjugateTranspose");
  Ints order = perm.is_set() ? perm : reversed_axes(a);
  return run(conjugate && a.dtype().is_complex() ? conjugated : plain, {a, order.tensor()});
}

Tensor invert_permutation(const Tensor& x) {
  static const Op& op = get_op("InvertPermutation");
  return run(op, {x});
}

}  // namespace runnel::inline v0
