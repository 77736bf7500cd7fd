// keras.ops.numpy: products of vectors and matrices, diagonals.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include <string>

#include "runnel/op/operand.h"
#include "runnel/op/results.h"

namespace runnel::inline v0::keras::ops {

/// The correlation matrix of the rows.
/// python: corrcoef
Tensor corrcoef(const Operand& x);
/// The cross-correlation of two vectors; mode: "valid", "same" or "full".
/// python: correlate
Tensor correlate(const Operand& x1, const Operand& x2, const std::string& mode = "valid");
/// The vector product of vectors of size 2 or 3 along an axis.
/// python: cross
Tensor cross(const Operand& x1, const Operand& x2, int64_t axisa = -1, int64_t axisb = -1, int64_t axisc = -1, std::optional<int64_t> axis = {});
/// A vector on the k-th diagonal of a matrix, or a matrix' k-th diagonal. ValueError for other ranks.
/// python: diag
Tensor diag(const Operand& x, int64_t k = 0);
/// The flattened tensor on the k-th diagonal of a matrix.
/// python: diagflat
Tensor diagflat(const Operand& x, int64_t k = 0);
/// Diagonals of the planes of two axes, along a new last axis.
/// python: diagonal
Tensor diagonal(const Operand& x, int64_t offset = 0, int64_t axis1 = 0, int64_t axis2 = 1);
/// The product over the last axis of x1 and the second to last (or only) one of x2.
/// python: dot
Tensor dot(const Operand& x1, const Operand& x2);
/// Sums of products by an equation in Einstein's notation.
/// python: einsum(*operands)
Tensor einsum(const std::string& subscripts, const Operands& operands, const std::string& optimize = "greedy");
/// The product over the last axes.
/// python: inner
Tensor inner(const Operand& x1, const Operand& x2);
/// Kronecker's product.
/// python: kron
Tensor kron(const Operand& x1, const Operand& x2);
/// Products of matrices over the last two axes; vectors count as a row on the left, a column on the right. int8 gives int32.
/// python: matmul
Tensor matmul(const Operand& x1, const Operand& x2);
/// Every element of x1 times every element of x2, both flattened.
/// python: outer
Tensor outer(const Operand& x1, const Operand& x2);
/// The sign of the determinant and the logarithm of its size.
/// python: slogdet
Results slogdet(const Operand& x);
/// The product summed over `axes`: a number, or two lists.
/// python: tensordot
Tensor tensordot(const Operand& x1, const Operand& x2, const Operand& axes = 2);
/// The sums of diagonals of the planes of two axes.
/// python: trace
Tensor trace(const Operand& x, int64_t offset = 0, int64_t axis1 = 0, int64_t axis2 = 1);
/// Matrices with zeros above the k-th diagonal.
/// python: tril
Tensor tril(const Operand& x, const Operand& k = 0);
/// Matrices with zeros below the k-th diagonal.
/// python: triu
Tensor triu(const Operand& x, const Operand& k = 0);
/// The product of the flattened tensors, a scalar.
/// python: vdot
Tensor vdot(const Operand& x1, const Operand& x2);

}  // namespace runnel::inline v0::keras::ops
