// tf.linalg and its relatives at top level: matrix products, einsum, decompositions, solvers.
#pragma once

#include "runnel/op/operand.h"

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

}  // namespace linalg
}  // namespace runnel::inline v0
