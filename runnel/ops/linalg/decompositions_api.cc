// The public functions of decompositions, and what is composed of them.
#include <algorithm>
#include <limits>

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::linalg {

namespace {

double epsilon_of(DType dtype) {
  if (dtype == float64 || dtype == complex128) return std::numeric_limits<double>::epsilon();
  return dtype == float16 ? 0x1p-10 : double(std::numeric_limits<float>::epsilon());
}

// The larger of rows and columns, as a number of this dtype.
Tensor larger_side(const Tensor& x, DType dtype) {
  Tensor sizes = shape(x);
  int rank = x.partial_shape().rank();
  return cast(reduce_max(slice(sizes, {rank - 2}, {2})), dtype);
}

Tensor rhs_like(const Operand& rhs, const Tensor& matrix) { return rhs.tensor(rhs.dtype() ? rhs.dtype() : matrix.dtype()); }

}  // namespace

Tensor cholesky(const Tensor& input) { return run(get_op("Cholesky"), {input}); }
Tensor cholesky_solve(const Tensor& chol, const Operand& rhs) {
  return triangular_solve(chol, triangular_solve(chol, rhs, true, false), true, true);
}
Tensor inv(const Tensor& input, bool adjoint) { return run(get_op("MatrixInverse"), {input}, {{"adjoint", adjoint}}); }
Tensor det(const Tensor& input) { return run(get_op("MatrixDeterminant"), {input}); }
SignedLogDet slogdet(const Tensor& input) {
  std::vector<Tensor> out = run_all(get_op("LogMatrixDeterminant"), {input});
  return {out[0], out[1]};
}
Tensor logdet(const Tensor& matrix) { return 2.0 * reduce_sum(log(real(diag_part(cholesky(matrix)))), -1); }

Tensor solve(const Tensor& matrix, const Operand& rhs, bool adjoint) {
  return run(get_op("MatrixSolve"), {matrix, rhs_like(rhs, matrix)}, {{"adjoint", adjoint}});
}
Tensor triangular_solve(const Tensor& matrix, const Operand& rhs, bool lower, bool adjoint) {
  return run(get_op("MatrixTriangularSolve"), {matrix, rhs_like(rhs, matrix)}, {{"lower", lower}, {"adjoint", adjoint}});
}

SelfAdjointEig eigh(const Tensor& tensor) {
  std::vector<Tensor> out = run_all(get_op("SelfAdjointEigV2"), {tensor}, {{"compute_v", true}});
  return {out[0], out[1]};
}
Tensor eigvalsh(const Tensor& tensor) { return run_all(get_op("SelfAdjointEigV2"), {tensor}, {{"compute_v", false}})[0]; }

namespace {
std::vector<Tensor> eigen(const Tensor& tensor, bool vectors) {
  DType dtype = tensor.dtype() == float64 || tensor.dtype() == complex128 ? complex128 : complex64;
  return run_all(get_op("Eig"), {tensor}, {{"compute_v", vectors}, {"Tout", dtype}});
}
}  // namespace

Eig eig(const Tensor& tensor) {
  std::vector<Tensor> out = eigen(tensor, true);
  return {out[0], out[1]};
}
Tensor eigvals(const Tensor& tensor) { return eigen(tensor, false)[0]; }

Qr qr(const Tensor& input, bool full_matrices) {
  std::vector<Tensor> out = run_all(get_op("Qr"), {input}, {{"full_matrices", full_matrices}});
  return {out[0], out[1]};
}
Lu lu(const Tensor& input, DType output_idx_type) {
  std::vector<Tensor> out = run_all(get_op("Lu"), {input}, {{"output_idx_type", output_idx_type}});
  return {out[0], out[1]};
}

Svd svd_parts(const Tensor& tensor, bool full_matrices) {
  Results out = svd(tensor, full_matrices);
  return {out[0], out[1], out[2]};
}
// The operator gives s under the matrix' own dtype; it is real.
Results svd(const Tensor& tensor, bool full_matrices, bool compute_uv) {
  std::vector<Tensor> out = run_all(get_op("Svd"), {tensor}, {{"full_matrices", full_matrices}, {"compute_uv", compute_uv}});
  out[0] = real(out[0]);
  if (!compute_uv) out.resize(1);
  return {out};
}

Tensor pinv(const Operand& a, const std::optional<Operand>& rcond) {
  Tensor x = a.tensor();
  Svd parts = svd_parts(x);
  DType dtype = parts.s.dtype();
  Tensor limit = rcond ? cast(rcond->tensor(), dtype) : larger_side(x, dtype) * (10.0 * epsilon_of(dtype));
  Tensor largest = reduce_max(parts.s, -1, true), kept = parts.s > expand_dims(limit, -1) * largest;
  Tensor inverse = where(kept, reciprocal(where(kept, parts.s, ones_like(parts.s))), zeros_like(parts.s));
  return matmul(parts.v * cast(expand_dims(inverse, -2), x.dtype()), parts.u, false, false, false, true);
}

Tensor matrix_rank(const Operand& a, const std::optional<Operand>& tol) {
  Tensor x = a.tensor(), s = svd(x, false, false)[0];
  Tensor limit = tol ? cast(tol->tensor(), s.dtype()) : larger_side(x, s.dtype()) * epsilon_of(s.dtype()) * reduce_max(s, -1, true);
  return reduce_sum(cast(s > limit, int32), -1);
}

}  // namespace runnel::inline v0::linalg
