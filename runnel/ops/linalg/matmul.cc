// MatMul, BatchMatMul, BatchMatMulV2; tf.matmul and tf.linalg.matvec.
#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/linalg/matmul.h"
#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

// Says which inputs do not fit, in TensorFlow's words.
[[noreturn]] void wrong_sizes(ShapeContext& c, const PartialShape& a, const PartialShape& b) {
  c.invalid(cat("Matrix size-incompatible: In[0]: ", bracketed(a), ", In[1]: ", bracketed(b)),
            {.hint = "the last size of the first matrix must equal the first size of the second."});
}

void check_ranks(ShapeContext& c) {
  PartialShape a = c.input(0), b = c.input(1);
  if (a.has_rank() && b.has_rank() && a.rank() != b.rank())
    c.invalid(cat("In[0] and In[1] has different ndims: ", bracketed(a), " vs. ", bracketed(b)));
}

PartialShape matrix_input(ShapeContext& c, int i) {
  PartialShape s = c.input(i);
  if (s.has_rank() && s.rank() < 2) c.invalid(cat("In[", i, "] ndims must be >= 2: ", s.rank()), {.got = cat("shape ", bracketed(s))});
  return s;
}

// The (rows, columns) of the product in the last two places of `out`.
void set_product(ShapeContext& c, const PartialShape& a, const PartialShape& b, bool ta, bool tb, PartialShape batch) {
  int64_t m = a.dim(ta ? -1 : -2), ka = a.dim(ta ? -2 : -1), kb = b.dim(tb ? -1 : -2), n = b.dim(tb ? -2 : -1);
  if (ka >= 0 && kb >= 0 && ka != kb) wrong_sizes(c, a, b);
  c.set_output(0, batch.concatenate({m, n}));
}

void matmul_shape(ShapeContext& c) {
  check_ranks(c);
  PartialShape a = matrix_input(c, 0), b = matrix_input(c, 1);
  for (int i : {0, 1})
    if (c.input(i).has_rank() && c.input(i).rank() > 2)
      c.invalid(cat("In[", i, "] must be a matrix"), {.got = cat("shape ", bracketed(c.input(i)))});
  set_product(c, c.with_rank(0, 2), c.with_rank(1, 2), c.bool_attr("transpose_a"), c.bool_attr("transpose_b"), PartialShape());
}

void batch_matmul_shape(ShapeContext& c) {
  PartialShape a = matrix_input(c, 0), b = matrix_input(c, 1);
  if (!a.has_rank() || !b.has_rank()) return;
  PartialShape batch;
  try {
    batch = broadcast_shapes(a.slice(0, a.rank() - 2), b.slice(0, b.rank() - 2));
  } catch (const errors::InvalidArgumentError&) {
    c.invalid(cat("In[0] and In[1] must have compatible batch dimensions: ", bracketed(a), " vs. ", bracketed(b)));
  }
  set_product(c, a, b, c.bool_attr("adj_x"), c.bool_attr("adj_y"), batch);
}

Tensor product(const Tensor& a, const Tensor& b, bool ta, bool tb) {
  static const Op& op = get_op("MatMul");
  return run(op, {a, b}, {{"transpose_a", ta}, {"transpose_b", tb}});
}
Tensor batch_product(const Tensor& a, const Tensor& b, bool adjoint_a, bool adjoint_b) {
  static const Op& op = get_op("BatchMatMulV2");
  return run(op, {a, b}, {{"adj_x", adjoint_a}, {"adj_y", adjoint_b}});
}

using Product = Tensor (*)(const Tensor&, const Tensor&, bool, bool);

// For c = op(a) op(b): dc/da and dc/db as products of the same kind. With a or b stored transposed the roles swap.
std::vector<Tensor> product_gradient(const GradientContext& c, Product times, const Tensor& a, const Tensor& b, bool ta, bool tb) {
  Tensor g = c.grad(), da, db;
  if (c.needs(0)) da = ta ? times(b, g, tb, true) : times(g, b, false, !tb);
  if (c.needs(1)) db = tb ? times(g, a, true, ta) : times(a, g, !ta, false);
  return {da, db};
}

std::vector<Tensor> matmul_gradient(const GradientContext& c) {
  return product_gradient(c, product, conj(c.input(0)), conj(c.input(1)), c.bool_attr("transpose_a"), c.bool_attr("transpose_b"));
}

// The adjoint flags conjugate by themselves.
std::vector<Tensor> batch_matmul_gradient(const GradientContext& c) {
  std::vector<Tensor> grads =
      product_gradient(c, batch_product, c.input(0), c.input(1), c.bool_attr("adj_x"), c.bool_attr("adj_y"));
  for (int i : {0, 1})
    if (grads[size_t(i)]) grads[size_t(i)] = unbroadcast(grads[size_t(i)], c.input(i));
  return grads;
}

// --- BatchMatMulV3: inputs of any two types, multiplied and summed in the output's ---

std::array<Tensor, 2> widened(const Tensor& x, const Tensor& y, DType dtype) { return {cast(x, dtype), cast(y, dtype)}; }
void batch_matmul_v3_kernel(OpContext& c) {
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});  // this operator is on the tape, its parts are not
  auto [x, y] = widened(c.input(0), c.input(1), c.output_dtype(0));
  c.set_output(0, batch_product(x, y, c.bool_attr("adj_x"), c.bool_attr("adj_y")));
}
std::vector<Tensor> batch_matmul_v3_gradient(const GradientContext& c) {
  auto [x, y] = widened(c.input(0), c.input(1), c.output().dtype());
  std::vector<Tensor> grads = product_gradient(c, batch_product, x, y, c.bool_attr("adj_x"), c.bool_attr("adj_y"));
  for (int i : {0, 1})
    if (grads[size_t(i)]) grads[size_t(i)] = cast(unbroadcast(grads[size_t(i)], c.input(i)), c.input(i).dtype());
  return grads;
}

constexpr const char* kMadeLate = "the compiler makes it after gradients have been made";

/// BatchMatMul: Products of matrices of two batches of one shape, or of their adjoints.
/// BatchMatMulV2: Products of matrices of two batches, which broadcast, or of their adjoints.
/// BatchMatMulV3: BatchMatMulV2 whose result has a dtype of its own.
constexpr OpDef kOps[] = {
    {.name = "BatchMatMulV3", .signature = "x: Ta, y: Tb -> output: Tout",
     .attrs = "Ta: {floating, uint8, int8, int16, int32, int64, complex64, complex128}; Tb: {floating, uint8, int8, int16, int32, int64, complex64, complex128}; "
              "Tout: {floating, int16, int32, int64, complex64, complex128}; adj_x: bool = false; adj_y: bool = false; grad_x: bool = false; grad_y: bool = false",
     .shape = batch_matmul_shape, .gradient = batch_matmul_v3_gradient, .kernel = batch_matmul_v3_kernel},
    {.name = "MatMul", .signature = "a: T, b: T -> product: T",
     .attrs = "transpose_a: bool = false; transpose_b: bool = false; grad_a: bool = false; grad_b: bool = false; "
              "T: {bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}",
     .shape = matmul_shape, .gradient = matmul_gradient, .kernel = matmul_kernel},
    {.name = "_FusedMatMul", .signature = "a: T, b: T, bias: T -> product: T",
     .attrs = "transpose_a: bool = false; transpose_b: bool = false; T: {float, double}; relu: bool = false", .shape = matmul_shape,
     .no_gradient = kMadeLate, .kernel = matmul_kernel},
    {.name = "BatchMatMulV2", .signature = "x: T, y: T -> output: T",
     .attrs = "adj_x: bool = false; adj_y: bool = false; grad_x: bool = false; grad_y: bool = false; "
              "T: {bfloat16, half, float, double, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}",
     .shape = batch_matmul_shape, .gradient = batch_matmul_gradient, .kernel = batch_matmul_kernel},
    {.name = "BatchMatMul", .signature = "x: T, y: T -> output: T",
     .attrs = "adj_x: bool = false; adj_y: bool = false; grad_x: bool = false; grad_y: bool = false; "
              "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
     .shape = batch_matmul_shape, .gradient = batch_matmul_gradient, .kernel = batch_matmul_kernel},
};

bool is_matrix(const Tensor& t) { return t.partial_shape().has_rank() && t.partial_shape().rank() <= 2; }

Tensor mixed_product(const Tensor& a, const Tensor& b, bool adjoint_a, bool adjoint_b, DType dtype) {
  static const Op& op = get_op("BatchMatMulV3");
  return run(op, {a, b}, {{"Tout", dtype}, {"adj_x", adjoint_a}, {"adj_y", adjoint_b}});
}

// BatchMatMul knows adjoints only, MatMul transposition only; for real numbers they are the same.
Tensor matrix_product(const Tensor& a, const Tensor& b, bool ta, bool tb, bool adjoint_a, bool adjoint_b) {
  if (is_matrix(a) && is_matrix(b))
    return product(adjoint_a ? conj(a) : a, adjoint_b ? conj(b) : b, ta || adjoint_a, tb || adjoint_b);
  return batch_product(ta ? conj(a) : a, tb ? conj(b) : b, ta || adjoint_a, tb || adjoint_b);
}

void check_flags(bool transpose, bool adjoint, const char* which) {
  if (transpose && adjoint)
    fail<ValueError>("", cat("Only one of `transpose_", which, "` and `adjoint_", which, "` can be True. Received `transpose_", which,
                             "`=True, `adjoint_", which, "`=True."));
}

}  // namespace
RUNNEL_OPS(linalg_matmul, kOps)

Tensor matmul(const Operand& a, const Operand& b, bool transpose_a, bool transpose_b, bool adjoint_a, bool adjoint_b, bool, bool,
              DType output_type, bool, bool) {
  check_flags(transpose_a, adjoint_a, "a");
  check_flags(transpose_b, adjoint_b, "b");
  auto [x, y] = match(a, b);
  if (output_type && output_type != x.dtype())
    return mixed_product(transpose_a ? conj(x) : x, transpose_b ? conj(y) : y, transpose_a || adjoint_a, transpose_b || adjoint_b, output_type);
  return matrix_product(x, y, transpose_a, transpose_b, adjoint_a, adjoint_b);
}

namespace linalg {

Tensor matvec(const Operand& a, const Operand& b, bool transpose_a, bool adjoint_a, bool, bool) {
  auto [x, y] = match(a, b);
  return squeeze(matmul(x, expand_dims(y, -1), transpose_a, false, adjoint_a), {-1});
}

}  // namespace linalg

}  // namespace runnel::inline v0
