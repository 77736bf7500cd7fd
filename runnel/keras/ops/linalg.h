// keras.ops.linalg: decompositions and solvers of matrices, the last two axes.
// python module: keras.ops, keras.ops.linalg
#pragma once

#include <string>

#include "runnel/op/operand.h"
#include "runnel/op/results.h"

namespace runnel::inline v0::keras::ops {

/// The lower (or upper) triangular Cholesky factor. InvalidArgumentError for a matrix that is not positive definite.
/// python: cholesky
Tensor cholesky(const Operand& x, bool upper = false);
/// The inverse of a matrix from its Cholesky factor.
/// python: cholesky_inverse
Tensor cholesky_inverse(const Operand& x, bool upper = false);
/// The determinant.
/// python: det
Tensor det(const Operand& x);
/// Complex eigenvalues and eigenvectors.
/// python: eig
Results eig(const Operand& x);
/// Eigenvalues, rising, and eigenvectors of Hermitian matrices.
/// python: eigh
Results eigh(const Operand& x);
/// The inverse.
/// python: inv
Tensor inv(const Operand& x);
/// The least squares solution of a x = b; singular values below rcond times the largest count as 0.
/// python: lstsq
Tensor lstsq(const Operand& a, const Operand& b, std::optional<double> rcond = {});
/// L and U in one matrix, and for each row of the input its place.
/// python: lu_factor
Results lu_factor(const Operand& x);
/// The number of singular values above tol.
/// python: matrix_rank
Tensor matrix_rank(const Operand& x, const std::optional<Operand>& tol = {});
/// A norm of vectors (one axis) or matrices (two axes). ord: a number, inf, "fro" or "nuc"; all axes are taken by default.
/// python: norm
Tensor norm(const Operand& x, const std::optional<Operand>& ord = {}, const Axes& axis = {}, bool keepdims = false);
/// The Moore-Penrose inverse.
/// python: pinv
Tensor pinv(const Operand& x, const std::optional<Operand>& rcond = {});
/// Q and R; mode: "reduced" or "complete".
/// python: qr
Results qr(const Operand& x, const std::string& mode = "reduced");
/// x with a x = b; b: a vector or a matrix.
/// python: solve
Tensor solve(const Operand& a, const Operand& b);
/// The same for a triangular matrix.
/// python: solve_triangular
Tensor solve_triangular(const Operand& a, const Operand& b, bool lower = false);
/// u, s, v^H; or s alone.
/// python: svd
Results svd(const Operand& x, bool full_matrices = true, bool compute_uv = true);

}  // namespace runnel::inline v0::keras::ops
