#include "runnel/ops/linalg/eigen_solvers.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>

namespace runnel::inline v0::eigen {

namespace {

template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
template <class Scalar>
using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Scalar>
Matrix<Scalar> read(const Scalar* a, int64_t rows, int64_t columns) {
  return Eigen::Map<const RowMajor<Scalar>>(a, rows, columns);
}
template <class Scalar, class M>
void write(const M& matrix, Scalar* out) {
  if (out) Eigen::Map<RowMajor<Scalar>>(out, matrix.rows(), matrix.cols()) = matrix;
}

template <class Scalar>
bool has_zero_pivot(const Matrix<Scalar>& lu) {
  for (int64_t i = 0; i < lu.rows(); ++i)
    if (!(std::abs(lu(i, i)) > 0)) return true;
  return false;
}

}  // namespace

template <class Scalar>
bool cholesky(const Scalar* a, int64_t n, Scalar* l) {
  Eigen::LLT<Matrix<Scalar>> solver(read(a, n, n));
  Matrix<Scalar> lower = solver.matrixL();
  write(lower, l);
  return solver.info() == Eigen::Success;
}

template <class Scalar>
bool lu(const Scalar* a, int64_t n, Scalar* lu, int64_t* permutation) {
  Eigen::PartialPivLU<Matrix<Scalar>> solver(read(a, n, n));
  Matrix<Scalar> factors = solver.matrixLU();
  write(factors, lu);
  for (int64_t i = 0; i < n; ++i) permutation[solver.permutationP().indices()[i]] = i;
  return !has_zero_pivot<Scalar>(factors);
}

template <class Scalar>
bool solve(const Scalar* a, const Scalar* b, int64_t n, int64_t columns, Scalar* x) {
  Eigen::PartialPivLU<Matrix<Scalar>> solver(read(a, n, n));
  write(Matrix<Scalar>(solver.solve(read(b, n, columns))), x);
  return !has_zero_pivot<Scalar>(solver.matrixLU());
}

template <class Scalar>
void qr(const Scalar* a, int64_t rows, int64_t columns, bool full, Scalar* q, Scalar* r) {
  int64_t size = full ? rows : std::min(rows, columns);
  Eigen::HouseholderQR<Matrix<Scalar>> solver(read(a, rows, columns));
  Matrix<Scalar> thin = Matrix<Scalar>::Identity(rows, size), upper = Matrix<Scalar>::Zero(size, columns);
  thin.applyOnTheLeft(solver.householderQ());
  int64_t count = std::min(rows, columns);
  upper.topRows(count) = solver.matrixQR().topRows(count).template triangularView<Eigen::Upper>();
  write(thin, q);
  write(upper, r);
}

template <class Scalar>
void eigh(const Scalar* a, int64_t n, double* e, Scalar* v) {
  Eigen::SelfAdjointEigenSolver<Matrix<Scalar>> solver(read(a, n, n), v ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  Eigen::VectorXd::Map(e, n) = solver.eigenvalues();
  if (v) write(solver.eigenvectors(), v);
}

template <class Scalar>
void svd(const Scalar* a, int64_t rows, int64_t columns, bool full, double* s, Scalar* u, Scalar* v) {
  int vectors = full ? Eigen::ComputeFullU | Eigen::ComputeFullV : Eigen::ComputeThinU | Eigen::ComputeThinV;
  Eigen::JacobiSVD<Matrix<Scalar>> solver(read(a, rows, columns), u ? unsigned(vectors) : 0u);
  Eigen::VectorXd::Map(s, std::min(rows, columns)) = solver.singularValues();
  if (!u) return;
  write(solver.matrixU(), u);
  write(solver.matrixV(), v);
}

void eig(const complex128_t* a, int64_t n, complex128_t* e, complex128_t* v) {
  Eigen::ComplexEigenSolver<Matrix<complex128_t>> solver(read(a, n, n), v != nullptr);
  Eigen::VectorXcd::Map(e, n) = solver.eigenvalues();
  if (v) write(solver.eigenvectors(), v);
}

#define RUNNEL_EIGEN(SCALAR)                                                                         \
  template bool cholesky(const SCALAR*, int64_t, SCALAR*);                                           \
  template bool lu(const SCALAR*, int64_t, SCALAR*, int64_t*);                                       \
  template bool solve(const SCALAR*, const SCALAR*, int64_t, int64_t, SCALAR*);                      \
  template void qr(const SCALAR*, int64_t, int64_t, bool, SCALAR*, SCALAR*);                         \
  template void eigh(const SCALAR*, int64_t, double*, SCALAR*);                                      \
  template void svd(const SCALAR*, int64_t, int64_t, bool, double*, SCALAR*, SCALAR*);
RUNNEL_EIGEN(double)
RUNNEL_EIGEN(complex128_t)

}  // namespace runnel::inline v0::eigen
