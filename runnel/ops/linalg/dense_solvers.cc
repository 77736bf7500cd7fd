#include "runnel/ops/linalg/dense_solvers.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

namespace runnel::inline v0::dense {

namespace {

double real_part(double x) { return x; }
double real_part(complex128_t x) { return x.real(); }
double imaginary_part(double) { return 0; }
double imaginary_part(complex128_t x) { return x.imag(); }
double conjugate(double x) { return x; }
complex128_t conjugate(complex128_t x) { return std::conj(x); }
double squared(double x) { return x * x; }
double squared(complex128_t x) { return std::norm(x); }

// The row below (and at) `column` with the largest element there.
template <class Scalar>
int64_t pivot_row(const Scalar* a, int64_t n, int64_t column) {
  int64_t best = column;
  for (int64_t i = column + 1; i < n; ++i)
    if (std::abs(a[i * n + column]) > std::abs(a[best * n + column])) best = i;
  return best;
}

// (I - factor v v^H) x for columns `from` to `columns` of x; v is 1 at row k and `tail` below.
template <class Scalar>
void reflect(Scalar* x, int64_t rows, int64_t columns, int64_t from, int64_t k, const std::vector<Scalar>& tail, Scalar factor) {
  for (int64_t j = from; j < columns; ++j) {
    Scalar product = x[k * columns + j];
    for (int64_t i = k + 1; i < rows; ++i) product += conjugate(tail[size_t(i)]) * x[i * columns + j];
    product *= factor;
    x[k * columns + j] -= product;
    for (int64_t i = k + 1; i < rows; ++i) x[i * columns + j] -= tail[size_t(i)] * product;
  }
}

template <class Scalar>
struct Reflection {
  std::vector<Scalar> tail;
  Scalar factor;
};

// The Householder reflection that leaves column k of x nothing below row k; x is changed by it.
template <class Scalar>
Reflection<Scalar> eliminate(Scalar* x, int64_t rows, int64_t columns, int64_t k) {
  Reflection<Scalar> r{std::vector<Scalar>(static_cast<size_t>(rows)), Scalar(0)};
  Scalar first = x[k * columns + k];
  double below = 0;
  for (int64_t i = k + 1; i < rows; ++i) below += squared(x[i * columns + k]);
  if (below == 0 && imaginary_part(first) == 0) return r;
  double beta = std::sqrt(squared(first) + below);
  if (real_part(first) >= 0) beta = -beta;
  for (int64_t i = k + 1; i < rows; ++i) r.tail[size_t(i)] = x[i * columns + k] / (first - beta);
  r.factor = conjugate((Scalar(beta) - first) / beta);
  reflect(x, rows, columns, k + 1, k, r.tail, r.factor);
  x[k * columns + k] = beta;
  for (int64_t i = k + 1; i < rows; ++i) x[i * columns + k] = Scalar(0);
  return r;
}

}  // namespace

template <class Scalar>
bool cholesky(const Scalar* a, int64_t n, Scalar* l) {
  std::fill_n(l, n * n, Scalar(0));
  for (int64_t j = 0; j < n; ++j) {
    double pivot = real_part(a[j * n + j]);
    for (int64_t k = 0; k < j; ++k) pivot -= squared(l[j * n + k]);
    if (!(pivot > 0)) return false;
    l[j * n + j] = std::sqrt(pivot);
    for (int64_t i = j + 1; i < n; ++i) {
      Scalar sum = a[i * n + j];
      for (int64_t k = 0; k < j; ++k) sum -= l[i * n + k] * conjugate(l[j * n + k]);
      l[i * n + j] = sum / l[j * n + j];
    }
  }
  return true;
}

template <class Scalar>
bool lu(const Scalar* a, int64_t n, Scalar* lu, int64_t* permutation) {
  std::copy_n(a, n * n, lu);
  for (int64_t i = 0; i < n; ++i) permutation[i] = i;
  bool regular = true;
  for (int64_t k = 0; k < n; ++k) {
    int64_t p = pivot_row(lu, n, k);
    std::swap(permutation[k], permutation[p]);
    if (p != k) std::swap_ranges(lu + k * n, lu + (k + 1) * n, lu + p * n);
    if (!(std::abs(lu[k * n + k]) > 0)) {
      regular = false;
      continue;
    }
    for (int64_t i = k + 1; i < n; ++i) {
      Scalar factor = lu[i * n + k] /= lu[k * n + k];
      for (int64_t j = k + 1; j < n; ++j) lu[i * n + j] -= factor * lu[k * n + j];
    }
  }
  return regular;
}

template <class Scalar>
bool solve(const Scalar* a, const Scalar* b, int64_t n, int64_t columns, Scalar* x) {
  std::vector<Scalar> f(static_cast<size_t>(n * n));
  std::vector<int64_t> rows(static_cast<size_t>(n));
  if (!lu(a, n, f.data(), rows.data())) return false;
  for (int64_t i = 0; i < n; ++i) {
    std::copy_n(b + rows[size_t(i)] * columns, columns, x + i * columns);
    for (int64_t k = 0; k < i; ++k)
      for (int64_t j = 0; j < columns; ++j) x[i * columns + j] -= f[size_t(i * n + k)] * x[k * columns + j];
  }
  for (int64_t i = n - 1; i >= 0; --i) {
    for (int64_t k = i + 1; k < n; ++k)
      for (int64_t j = 0; j < columns; ++j) x[i * columns + j] -= f[size_t(i * n + k)] * x[k * columns + j];
    for (int64_t j = 0; j < columns; ++j) x[i * columns + j] /= f[size_t(i * n + i)];
  }
  return true;
}

// q is the product of the reflections, the last one applied first.
template <class Scalar>
void qr(const Scalar* a, int64_t rows, int64_t columns, bool full, Scalar* q, Scalar* r) {
  int64_t count = std::min(rows, columns), size = full ? rows : count;
  std::vector<Scalar> x(a, a + rows * columns);
  std::vector<Reflection<Scalar>> reflections;
  for (int64_t k = 0; k < count; ++k) reflections.push_back(eliminate(x.data(), rows, columns, k));
  std::copy_n(x.begin(), size * columns, r);
  std::fill_n(q, rows * size, Scalar(0));
  for (int64_t i = 0; i < size; ++i) q[i * size + i] = Scalar(1);
  for (int64_t k = count - 1; k >= 0; --k)
    reflect(q, rows, size, 0, k, reflections[size_t(k)].tail, conjugate(reflections[size_t(k)].factor));
}

#define RUNNEL_DENSE(SCALAR)                                                    \
  template bool cholesky(const SCALAR*, int64_t, SCALAR*);                      \
  template bool lu(const SCALAR*, int64_t, SCALAR*, int64_t*);                  \
  template bool solve(const SCALAR*, const SCALAR*, int64_t, int64_t, SCALAR*); \
  template void qr(const SCALAR*, int64_t, int64_t, bool, SCALAR*, SCALAR*);
RUNNEL_DENSE(double)
RUNNEL_DENSE(complex128_t)

}  // namespace runnel::inline v0::dense
