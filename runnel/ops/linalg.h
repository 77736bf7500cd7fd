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

namespace linalg {

/// Matrix times vector over the last axes: a (..., m, n), b (..., n) give (..., m).
/// python: linalg.matvec
Tensor matvec(const Operand& a, const Operand& b, bool transpose_a = false, bool adjoint_a = false, bool a_is_sparse = false,
              bool b_is_sparse = false);

}  // namespace linalg
}  // namespace runnel::inline v0
