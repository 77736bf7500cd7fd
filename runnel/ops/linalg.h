// tf.linalg and its relatives at top level: matrix products, einsum, decompositions, solvers.
#pragma once

#include "runnel/op/operand.h"
#include "runnel/op/results.h"

namespace runnel::inline v0 {

/// a times b over the last two axes; the axes before them broadcast. transpose_* and adjoint_* (transposed and conjugated)
/// take the matrix so. output_type: the dtype to multiply and sum in, default the inputs'.
/// Errors: InvalidArgumentError where the inner sizes differ or an input has fewer than two axes.
/// python: matmul, linalg.matmul
Tensor matmul(const Operand& a, const Operand& b, bool transpose_a = false, bool transpose_b = false, bool adjoint_a = false,
              bool adjoint_b = false, bool a_is_sparse = false, bool b_is_sparse = false, DType output_type = {},
              bool grad_a = false, bool grad_b = false);

/// Sums of products by an equation in Einstein's notation: einsum("...ij,jk->...ik", {a, b}). Any number of inputs.
/// Errors: InvalidArgumentError for sizes that do not agree.
/// `optimize` is accepted: the cheapest pair is always contracted first.
/// python: einsum(*inputs), linalg.einsum
Tensor einsum(const std::string& equation, const Operands& inputs, const std::string& optimize = "greedy");

/// Sums the products of a and b over some of their axes. axes: a number n (the last n of a, the first n of b), or two
/// lists as one tensor (2, n).
/// python: tensordot, linalg.tensordot
Tensor tensordot(const Operand& a, const Operand& b, const Operand& axes);

/// A norm of vectors (one axis, or all elements), or of matrices (two axes). ord: "euclidean", "fro", 1, 2, inf or p.
/// python: norm, linalg.norm
Tensor norm(const Tensor& tensor, const Operand& ord = "euclidean", const Axes& axis = {}, bool keepdims = false);

namespace linalg {

/// Matrix times vector over the last axes: a (..., m, n), b (..., n) give (..., m).
/// python: linalg.matvec
Tensor matvec(const Operand& a, const Operand& b, bool transpose_a = false, bool adjoint_a = false, bool a_is_sparse = false,
              bool b_is_sparse = false);

/// The matrices' diagonals summed.
/// python: linalg.trace
Tensor trace(const Tensor& x);
/// The matrices transposed and conjugated.
/// python: linalg.adjoint
Tensor adjoint(const Tensor& matrix);
/// The last two axes exchanged.
/// python: linalg.matrix_transpose
Tensor matrix_transpose(const Tensor& a, bool conjugate = false);
/// The vector product over the last axis, of size 3.
/// python: linalg.cross
Tensor cross(const Operand& a, const Operand& b);
/// The matrices with zeros outside num_lower diagonals below and num_upper above the main one; negative: all of them.
/// python: linalg.band_part
Tensor band_part(const Tensor& input, const Operand& num_lower, const Operand& num_upper);

/// Matrices (..., rows, columns) that hold `diagonal` and else padding_value. k: which diagonals, one number or the lowest and the
/// highest; for several, `diagonal` is (..., diagonals, length), the highest first. align: where in the length shorter
/// diagonals stand, those above the main one and those below it.
/// python: linalg.diag
Tensor diag(const Tensor& diagonal, const Ints& k = {0}, const Operand& num_rows = -1, const Operand& num_cols = -1,
            const Operand& padding_value = 0, const std::string& align = "RIGHT_LEFT");
/// The diagonals of matrices, as `diag` takes them.
/// python: linalg.diag_part
Tensor diag_part(const Tensor& input, const Ints& k = {0}, const Operand& padding_value = 0, const std::string& align = "RIGHT_LEFT");
/// The matrices with their diagonals replaced.
/// python: linalg.set_diag
Tensor set_diag(const Tensor& input, const Operand& diagonal, const Ints& k = {0}, const std::string& align = "RIGHT_LEFT");
/// A tensor of twice the rank: the elements on its diagonal, zeros elsewhere.
/// python: linalg.tensor_diag
Tensor tensor_diag(const Tensor& diagonal);
/// The diagonal of a tensor of shape s + s.
/// python: linalg.tensor_diag_part
Tensor tensor_diag_part(const Tensor& input);

struct Normalized {
  Tensor normalized, norm;
};
/// The tensor divided by its norm, and that norm.
/// python: linalg.normalize
Normalized normalize(const Tensor& tensor, const Operand& ord = "euclidean", const Axes& axis = {});

// --- decompositions and solvers: matrices are the last two axes, the axes before them a batch ---

/// The lower triangular L with L L^H = input, for positive definite matrices; NaN for others.
/// python: linalg.cholesky
Tensor cholesky(const Tensor& input);
/// X with A X = rhs, from A's Cholesky factor.
/// python: linalg.cholesky_solve
Tensor cholesky_solve(const Tensor& chol, const Operand& rhs);
/// The inverse (of the adjoint). InvalidArgumentError for a singular matrix.
/// python: linalg.inv
Tensor inv(const Tensor& input, bool adjoint = false);
/// The determinant.
/// python: linalg.det
Tensor det(const Tensor& input);
struct SignedLogDet {
  Tensor sign, log_abs_determinant;
};
/// The sign of the determinant and the logarithm of its absolute value.
/// python: linalg.slogdet
SignedLogDet slogdet(const Tensor& input);
/// The logarithm of the determinant of positive definite matrices.
/// python: linalg.logdet
Tensor logdet(const Tensor& matrix);
/// X with matrix X = rhs. InvalidArgumentError for a singular matrix.
/// python: linalg.solve
Tensor solve(const Tensor& matrix, const Operand& rhs, bool adjoint = false);
/// The same for a triangular matrix, whose other half is not looked at; batches broadcast.
/// python: linalg.triangular_solve
Tensor triangular_solve(const Tensor& matrix, const Operand& rhs, bool lower = true, bool adjoint = false);
struct SelfAdjointEig {
  Tensor e, v;
};
/// Eigenvalues, rising, and eigenvectors (columns) of Hermitian matrices; the lower half counts.
/// python: linalg.eigh
SelfAdjointEig eigh(const Tensor& tensor);
/// The eigenvalues alone.
/// python: linalg.eigvalsh
Tensor eigvalsh(const Tensor& tensor);
struct Eig {
  Tensor e, v;
};
/// Complex eigenvalues and eigenvectors of square matrices.
/// python: linalg.eig
Eig eig(const Tensor& tensor);
/// The eigenvalues alone.
/// python: linalg.eigvals
Tensor eigvals(const Tensor& tensor);
struct Qr {
  Tensor q, r;
};
/// Q with orthonormal columns and R upper triangular, Q R = input. full_matrices: Q square.
/// python: linalg.qr
Qr qr(const Tensor& input, bool full_matrices = false);
struct Lu {
  Tensor lu, p;
};
/// L (its diagonal of ones left out) and U in one matrix, with L U = the rows p of the input.
/// python: linalg.lu
Lu lu(const Tensor& input, DType output_idx_type = int32);
struct Svd {
  Tensor s, u, v;
};
/// Singular values, falling, and vectors (columns): u diag(s) v^H = tensor.
Svd svd_parts(const Tensor& tensor, bool full_matrices = false);
/// {s, u, v}, or {s} where not compute_uv.
/// python: linalg.svd
Results svd(const Tensor& tensor, bool full_matrices = false, bool compute_uv = true);
/// The Moore-Penrose inverse; singular values up to rcond times the largest count as 0 (default: 10 eps max(rows, columns)).
/// python: linalg.pinv
Tensor pinv(const Operand& a, const std::optional<Operand>& rcond = {});
/// The number of singular values above tol (default: eps max(rows, columns) times the largest), int32.
/// python: linalg.matrix_rank
Tensor matrix_rank(const Operand& a, const std::optional<Operand>& tol = {});

}  // namespace linalg
}  // namespace runnel::inline v0
