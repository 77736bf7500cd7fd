#include "runnel/ops/linalg/eigen_solvers.h"

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <limits>
#include <vector>

namespace runnel::inline v0::eigen {

namespace {

using Matrix = Eigen::MatrixXcd;
using RowMajor = Eigen::Matrix<complex128_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Scalar>
Matrix read(const Scalar* a, int64_t rows, int64_t columns) {
  Matrix out(rows, columns);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) out(i, j) = a[i * columns + j];
  return out;
}
void write(const Matrix& m, complex128_t* out) { Eigen::Map<RowMajor>(out, m.rows(), m.cols()) = m; }
void write(const Matrix& m, double* out) {
  for (int64_t i = 0; i < m.rows(); ++i)
    for (int64_t j = 0; j < m.cols(); ++j) out[i * m.cols() + j] = m(i, j).real();
}

}  // namespace

template <class Scalar>
void eigh(const Scalar* a, int64_t n, double* e, Scalar* v) {
  Eigen::SelfAdjointEigenSolver<Matrix> solver(read(a, n, n), v ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  Eigen::VectorXd::Map(e, n) = solver.eigenvalues();
  if (v) write(solver.eigenvectors(), v);
}

template <class Scalar>
void svd(const Scalar* a, int64_t rows, int64_t columns, bool full, double* s, Scalar* u, Scalar* v) {
  Matrix matrix = read(a, rows, columns);
  int64_t fewer = std::min(rows, columns);
  if (!matrix.allFinite()) {  // the solver would give zeros
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    std::fill_n(s, fewer, kNone);
    if (u) std::fill_n(u, rows * (full ? rows : fewer), Scalar(kNone)), std::fill_n(v, columns * (full ? columns : fewer), Scalar(kNone));
    return;
  }
  int vectors = full ? Eigen::ComputeFullU | Eigen::ComputeFullV : Eigen::ComputeThinU | Eigen::ComputeThinV;
  Eigen::JacobiSVD<Matrix> solver(matrix, u ? unsigned(vectors) : 0u);
  Eigen::VectorXd::Map(s, fewer) = solver.singularValues();
  if (!u) return;
  write(solver.matrixU(), u);
  write(solver.matrixV(), v);
}

void eig(const complex128_t* a, int64_t n, complex128_t* e, complex128_t* v) {
  Eigen::ComplexEigenSolver<Matrix> solver(read(a, n, n), v != nullptr);
  Eigen::VectorXcd::Map(e, n) = solver.eigenvalues();
  if (v) write(solver.eigenvectors(), v);
}

template void eigh(const double*, int64_t, double*, double*);
template void eigh(const complex128_t*, int64_t, double*, complex128_t*);
template void svd(const double*, int64_t, int64_t, bool, double*, double*, double*);
template void svd(const complex128_t*, int64_t, int64_t, bool, double*, complex128_t*, complex128_t*);

}  // namespace runnel::inline v0::eigen
