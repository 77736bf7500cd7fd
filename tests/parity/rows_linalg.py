"""Linear algebra: what Dense needs, and the decompositions as rows that are not owed yet."""

import numpy as np

from inputs import between, const, matrix, positive, spread
from rows import A, row

ORDER = "another order of the sum"


def well(shape):
    """A matrix far from singular: random plus twice the unit matrix."""
    def make(source, dtype):
        draw = lambda: source.uniform(int(np.prod(shape))).reshape(shape) - 0.5
        value = draw() + (1j * draw() if dtype.startswith("complex") else 0)
        return value + 2 * np.eye(shape[-1])
    return matrix(make)


def symmetric(shape, shift=2.0):
    """Positive definite and Hermitian."""
    def make(source, dtype):
        draw = lambda: source.uniform(int(np.prod(shape))).reshape(shape) - 0.5
        value = draw() + (1j * draw() if dtype.startswith("complex") else 0)
        return value @ np.conj(np.swapaxes(value, -1, -2)) + shift * np.diag(np.arange(1, shape[-1] + 1) / shape[-1])
    return matrix(make)


# Norms and what else layers use.
NORMS = [A((2, 3)), A((2, 3), ord=1), A((2, 3), ord=np.inf), A((2, 3), ord=2, axis=1), A((2, 3), ord="euclidean", axis=0, keepdims=True), A((2, 3), ord=3, axis=1), A((2, 3), ord="fro", axis=[0, 1]), A((2, 3), ord=1, axis=[0, 1]), A((2, 3), ord=np.inf, axis=[0, 1])]
row("norm", lambda tf, x, **k: tf.norm(x, **k), NORMS, "single complex", ops="Sum Sqrt Abs Max", tol=4, why=ORDER, tf_wrong="complex")
row("linalg_norm", lambda tf, x: tf.linalg.norm(x, axis=-1), [A((2, 3))], "single", ops="Sum Sqrt", tol=4, why=ORDER)
row("linalg_names", lambda tf, x, y: (tf.linalg.matmul(x, y), tf.linalg.einsum("ij,jk->ik", x, y), tf.linalg.tensordot(x, y, 1), tf.linalg.l2_normalize(x, 1), tf.linalg.eye(2)), [A((2, 3), (3, 2))], "single", ops="MatMul Einsum", tol=4, why=ORDER)
row("global_norm", lambda tf, x, y: tf.linalg.global_norm([x, None, y]), [A((2, 3), (4,))], "single", ops="L2Loss Sqrt", tol=4, why=ORDER)
row("matrix_matmul:flags", lambda tf, x, y: tf.matmul(x, y, transpose_a=True, adjoint_b=True), [A((3, 2), (4, 3))], "single complex", ops="MatMul BatchMatMulV2", tol=4, why=ORDER)
row("matmul:wrong", lambda tf, x, y, **k: tf.matmul(x, y, **k), [A((2, 3), (2, 3), fails_=True), A((3,), (3, 2), fails_=True), A((2, 3), (3, 2), transpose_a=True, adjoint_a=True, fails_=True), A((2, 2, 3), (3, 3, 2), fails_=True)], "float32", grad=False, ops="MatMul BatchMatMulV2")

LATER = dict(later=True)
row("Cholesky", lambda tf, x: tf.linalg.cholesky(x @ tf.linalg.adjoint(x) + tf.eye(3, dtype=x.dtype)), [A(well((3, 3))), A(well((2, 3, 3)))], "single complex", tol=20, why=ORDER)
row("CholeskyGrad", lambda tf, x: tf.raw_ops.CholeskyGrad(l=tf.linalg.cholesky(x), grad=x), [A(symmetric((3, 3)))], "single", tol=20, why=ORDER, grad=False, **LATER)
row("MatrixInverse", lambda tf, x, a: tf.linalg.inv(x, adjoint=a), [A(well((3, 3)), a=False), A(well((2, 3, 3)), a=True)], "single complex", tol=20, why=ORDER)
row("MatrixDeterminant", lambda tf, x: tf.linalg.det(x), [A(well((3, 3))), A(well((2, 2, 2)))], "single complex", tol=20, why=ORDER, tf_wrong="complex")
row("LogMatrixDeterminant", lambda tf, x: tf.linalg.slogdet(x), [A(well((3, 3))), A(well((2, 2, 2)))], "single", tol=20, why=ORDER)
row("MatrixSolve", lambda tf, x, b, a: tf.linalg.solve(x, b, adjoint=a), [A(well((3, 3)), spread((3, 2)), a=False), A(well((2, 3, 3)), spread((2, 3, 1)), a=True)], "single complex", tol=20, why=ORDER)
row("MatrixTriangularSolve", lambda tf, x, b, **k: tf.linalg.triangular_solve(x, b, **k), [A(well((3, 3)), spread((3, 2))), A(well((3, 3)), spread((3, 2)), lower=False), A(well((2, 3, 3)), spread((2, 3, 1)), adjoint=True)], "single complex", tol=20, why=ORDER)
row("MatrixSolveLs", lambda tf, x, b: tf.linalg.lstsq(x, b, l2_regularizer=0.1), [A((4, 3), (4, 2))], "single", tol=40, why=ORDER, **LATER)
row("cholesky_solve", lambda tf, x, b: tf.linalg.cholesky_solve(tf.linalg.cholesky(x @ tf.transpose(x)), b), [A(well((3, 3)), spread((3, 2)))], "single", ops="Cholesky MatrixTriangularSolve", tol=20, why=ORDER)
row("SelfAdjointEigV2", lambda tf, x: tf.linalg.eigvalsh(x), [A(symmetric((3, 3))), A(symmetric((2, 3, 3)))], "single complex", tol=20, why=ORDER, grad=False)
row("SelfAdjointEigV2:vectors", lambda tf, x: tf.abs(tf.linalg.eigh(x)[1]), [A(symmetric((3, 3)))], "single", tol=40, why=ORDER, grad=False)
row("Svd", lambda tf, x: tf.linalg.svd(x, compute_uv=False), [A((3, 4)), A((2, 3, 2))], "single", tol=40, why=ORDER)
row("Svd:vectors", lambda tf, x, full: [tf.abs(t) for t in tf.linalg.svd(x, full_matrices=full)][:1 if full else 3], [A((4, 3), full=f) for f in (False, True)], "single", tol=100, why=ORDER, grad=False)
row("Qr", lambda tf, x, full: [tf.abs(t) for t in tf.linalg.qr(x, full_matrices=full)], [A((4, 3), full=False), A((3, 3), full=True)], "single", tol=40, why=ORDER, grad=False)
row("Lu", lambda tf, x: tf.linalg.lu(x), [A(well((3, 3)))], "single complex", tol=20, why=ORDER, grad=False)
row("Eig", lambda tf, x: tf.sort(tf.math.real(tf.linalg.eigvals(x))), [A(well((3, 3)))], "single", tol=40, why=ORDER, grad=False)
row("MatrixExponential", lambda tf, x: tf.linalg.expm(x), [A(well((3, 3)))], "single", tol=40, why=ORDER, grad=False, **LATER)
row("MatrixSquareRoot", lambda tf, x: tf.linalg.sqrtm(x), [A(symmetric((3, 3)))], "single", tol=40, why=ORDER, grad=False, **LATER)
row("MatrixLogarithm", lambda tf, x: tf.linalg.logm(x), [A(symmetric((3, 3)))], "complex", tol=40, why=ORDER, grad=False, **LATER)
row("TridiagonalSolve", lambda tf, d, b: tf.linalg.tridiagonal_solve(d, b), [A(const([[1.0, 0.5, 0.0], [4.0, 5.0, 6.0], [0.0, 1.0, 0.7]], diff=True), spread((3, 2)))], "single", tol=10, why=ORDER, grad=1, fd=False, **LATER)
row("TridiagonalMatMul", lambda tf, d, b: tf.linalg.tridiagonal_matmul(d, b), [A((3, 4), (4, 2))], "single complex", tol=10, why=ORDER, grad=1, fd=False, **LATER)
row("pinv", lambda tf, x: tf.linalg.pinv(x), [A((3, 2))], "single", ops="Svd", tol=40, why=ORDER, grad=False)
