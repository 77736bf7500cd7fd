// Decompositions and solvers of (batches of) matrices. Each matrix is computed in double precision and rounded to its dtype.
#include <algorithm>
#include <atomic>
#include <limits>

#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/linalg/decomposition_gradients.h"
#include "runnel/ops/linalg/dense_solvers.h"
#include "runnel/ops/linalg/eigen_solvers.h"
#include "runnel/ops/math.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

using namespace linalg_internal;

// --- shapes ---

PartialShape matrix(ShapeContext& c, int i) {
  PartialShape s = c.input(i);
  if (s.has_rank() && s.rank() < 2) c.invalid(cat("Input tensor ", i, " must have rank >= 2"), {.got = bracketed(s)});
  return s;
}
PartialShape square(ShapeContext& c, int i = 0) {
  PartialShape s = matrix(c, i);
  if (s.has_rank() && s.dim(-1) >= 0 && s.dim(-2) >= 0 && s.dim(-1) != s.dim(-2))
    c.invalid("Input matrix must be square", {.got = bracketed(s)});
  return s;
}
PartialShape batch_of(const PartialShape& s) { return s.has_rank() ? s.slice(0, s.rank() - 2) : s; }
PartialShape with(const PartialShape& batch, std::initializer_list<int64_t> last) {
  return batch.has_rank() ? batch.concatenate(PartialShape(last)) : batch;
}

void square_shape(ShapeContext& c) { c.set_output(0, square(c)); }
void scalar_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, batch_of(square(c)));
}
void solve_shape(ShapeContext& c) {
  PartialShape a = square(c, 0), b = matrix(c, 1);
  if (!a.has_rank() || !b.has_rank()) return;
  if (a.dim(-1) >= 0 && b.dim(-2) >= 0 && a.dim(-1) != b.dim(-2))
    c.invalid("Input matrix and rhs are incompatible", {.got = cat(bracketed(a), " vs. ", bracketed(b))});
  int64_t rows = a.dim(-1) >= 0 ? a.dim(-1) : b.dim(-2);
  c.set_output(0, with(broadcast_shapes(batch_of(a), batch_of(b)), {rows, b.dim(-1)}));
}
void eigen_shape(ShapeContext& c) {
  PartialShape a = square(c), batch = batch_of(a);
  int64_t n = a.has_rank() ? a.dim(-1) : -1;
  c.set_output(0, with(batch, {n}));
  c.set_output(1, c.bool_attr("compute_v") ? with(batch, {n, n}) : PartialShape({0}));
}
void qr_shape(ShapeContext& c) {
  PartialShape a = matrix(c, 0);
  if (!a.has_rank()) return;
  int64_t m = a.dim(-2), n = a.dim(-1), size = c.bool_attr("full_matrices") ? m : m < 0 || n < 0 ? -1 : std::min(m, n);
  c.set_output(0, with(batch_of(a), {m, size}));
  c.set_output(1, with(batch_of(a), {size, n}));
}
void svd_shape(ShapeContext& c) {
  PartialShape a = matrix(c, 0);
  if (!a.has_rank()) return;
  int64_t m = a.dim(-2), n = a.dim(-1), least = m < 0 || n < 0 ? -1 : std::min(m, n);
  bool full = c.bool_attr("full_matrices"), vectors = c.bool_attr("compute_uv");
  c.set_output(0, with(batch_of(a), {least}));
  c.set_output(1, vectors ? with(batch_of(a), {m, full ? m : least}) : PartialShape({0}));
  c.set_output(2, vectors ? with(batch_of(a), {n, full ? n : least}) : PartialShape({0}));
}
void lu_shape(ShapeContext& c) {
  PartialShape a = square(c);
  c.set_output(0, a);
  c.set_output(1, a.has_rank() ? a.slice(0, a.rank() - 1) : a);
}

// --- kernels: one matrix after another ---

// A tensor under the type that is computed in. Kernels call public operators silently: this operator is on the tape, its parts are not.
Tensor as(const Tensor& x, DType dtype) {
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});
  return cast(x, dtype);
}
DType wide(DType dtype) { return dtype.is_complex() ? complex128 : float64; }
Tensor scratch(const Tensor& like, DType dtype) { return Tensor(dtype, like.shape()); }

template <class F>
void by_scalar(DType dtype, F&& f) {
  if (dtype.is_complex()) f.template operator()<complex128_t>();
  else f.template operator()<double>();
}

int64_t count_of(const Tensor& x) { return x.num_elements() == 0 ? 0 : x.num_elements() / (x.dim(-1) * x.dim(-2)); }
int64_t matrix_size(const Tensor& x) { return x.dim(-1) * x.dim(-2); }

// f(i) for each matrix of a batch; large ones on several threads.
template <class F>
void for_each_matrix(const Tensor& x, F&& f) {
  int64_t n = std::max<int64_t>(matrix_size(x), 1);
  parallel_for(count_of(x), std::max<int64_t>(1, 4096 / n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i);
  });
}

template <class T>
const T* part(const Tensor& x, int64_t i) {
  return x.data<T>() + i * matrix_size(x);
}
template <class T>
T* part(Tensor& x, int64_t i) {
  return x.mutable_data<T>() + i * matrix_size(x);
}

// TensorFlow gives NaN for a matrix that has no factor.
void cholesky_kernel(OpContext& c) {
  c.output_shape();  // checks that the matrix is square
  DType w = wide(c.output_dtype(0));
  Tensor a = as(c.input(0), w), l = scratch(a, w);
  int64_t n = a.dim(-1);
  by_scalar(w, [&]<class T>() {
    for_each_matrix(a, [&](int64_t i) {
      if (!dense::cholesky(part<T>(a, i), n, part<T>(l, i))) std::fill_n(part<T>(l, i), n * n, T(std::numeric_limits<double>::quiet_NaN()));
    });
  });
  c.set_output(0, as(l, c.output_dtype(0)));
}

Tensor adjointed(const Tensor& x, bool adjoint) {
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});
  return adjoint ? linalg::adjoint(x) : x;
}

[[noreturn]] void not_invertible(OpContext& c) { c.invalid("Input matrix is not invertible."); }

Tensor solved(OpContext& c, const Tensor& a, const Tensor& b) {
  Tensor x(b.dtype(), b.shape());
  std::atomic<bool> singular{false};
  by_scalar(b.dtype(), [&]<class T>() {
    for_each_matrix(b, [&](int64_t i) {
      if (!dense::solve(part<T>(a, i), part<T>(b, i), a.dim(-1), b.dim(-1), part<T>(x, i))) singular = true;
    });
  });
  if (singular) not_invertible(c);
  return x;
}

Tensor identity_like(const Tensor& a) {
  Tensor out(a.dtype(), a.shape());
  by_scalar(a.dtype(), [&]<class T>() {
    int64_t n = a.dim(-1);
    std::fill_n(out.mutable_data<T>(), out.num_elements(), T(0));
    for (int64_t i = 0; i < count_of(a); ++i)
      for (int64_t j = 0; j < n; ++j) part<T>(out, i)[j * n + j] = T(1);
  });
  return out;
}

void inverse_kernel(OpContext& c) {
  c.output_shape();  // checks that the matrix is square
  Tensor a = adjointed(as(c.input(0), wide(c.output_dtype(0))), c.bool_attr("adjoint"));
  c.set_output(0, as(solved(c, a, identity_like(a)), c.output_dtype(0)));
}

Tensor broadcast_batch(const Tensor& x, const Shape& out) {
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});
  Dims dims = out.dims();
  dims[dims.size() - 2] = x.dim(-2);
  dims[dims.size() - 1] = x.dim(-1);
  return broadcast_to(x, dims);
}

void solve_kernel(OpContext& c) {
  DType w = wide(c.output_dtype(0));
  Tensor a = broadcast_batch(adjointed(as(c.input(0), w), c.bool_attr("adjoint")), c.output_shape());
  c.set_output(0, as(solved(c, a, broadcast_batch(as(c.input(1), w), c.output_shape())), c.output_dtype(0)));
}

// Substitution from the first row on (lower), or from the last.
template <class T>
void substitute(const T* a, T* x, int64_t n, int64_t columns, bool lower) {
  for (int64_t step = 0; step < n; ++step) {
    int64_t i = lower ? step : n - 1 - step;
    for (int64_t j = lower ? 0 : i + 1; j < (lower ? i : n); ++j)
      for (int64_t k = 0; k < columns; ++k) x[i * columns + k] -= a[i * n + j] * x[j * columns + k];
    for (int64_t k = 0; k < columns; ++k) x[i * columns + k] /= a[i * n + i];
  }
}

template <class T>
bool has_zero_diagonal(const T* a, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    if (a[i * n + i] == T(0)) return true;
  return false;
}

void triangular_kernel(OpContext& c) {
  DType w = wide(c.output_dtype(0));
  bool adjoint = c.bool_attr("adjoint"), lower = c.bool_attr("lower") != adjoint;
  Tensor a = broadcast_batch(adjointed(as(c.input(0), w), adjoint), c.output_shape());
  Tensor b = broadcast_batch(as(c.input(1), w), c.output_shape()), x(w, b.shape());
  std::atomic<bool> singular{false};
  by_scalar(w, [&]<class T>() {
    for_each_matrix(b, [&](int64_t i) {
      std::copy_n(part<T>(b, i), matrix_size(b), part<T>(x, i));
      if (has_zero_diagonal(part<T>(a, i), a.dim(-1))) singular = true;
      else substitute(part<T>(a, i), part<T>(x, i), a.dim(-1), b.dim(-1), lower);
    });
  });
  if (singular) not_invertible(c);
  c.set_output(0, as(x, c.output_dtype(0)));
}

// The sign of a permutation and of the product of a diagonal, and the logarithm of its size.
template <class T>
void log_determinant(const T* a, int64_t n, T& sign, T& log) {
  std::vector<T> factors(size_t(n * n));
  std::vector<int64_t> rows(static_cast<size_t>(n));
  dense::lu(a, n, factors.data(), rows.data());
  sign = T(1);
  log = T(0);
  for (int64_t i = 0; i < n; ++i) {
    while (rows[size_t(i)] != i) {
      std::swap(rows[size_t(i)], rows[size_t(rows[size_t(i)])]);
      sign = -sign;
    }
    T d = factors[size_t(i * n + i)];
    double size = std::abs(d);
    sign *= size > 0 ? d / size : T(0);
    log += T(std::log(size));
  }
}

struct LogDeterminant {
  Tensor sign, log;
};
LogDeterminant log_determinants(OpContext& c) {
  DType w = wide(c.output_dtype(0));
  Tensor a = as(c.input(0), w), sign(w, c.output_shape(0)), log(w, c.output_shape(0));
  by_scalar(w, [&]<class T>() {
    T *s = sign.mutable_data<T>(), *l = log.mutable_data<T>();
    if (a.dim(-1) == 0) {
      std::fill_n(s, sign.num_elements(), T(1));
      std::fill_n(l, log.num_elements(), T(0));
    }
    for_each_matrix(a, [&](int64_t i) { log_determinant(part<T>(a, i), a.dim(-1), s[i], l[i]); });
  });
  return {sign, log};
}
void log_determinant_kernel(OpContext& c) {
  LogDeterminant d = log_determinants(c);
  c.set_output(0, as(d.sign, c.output_dtype(0)));
  c.set_output(1, as(d.log, c.output_dtype(1)));
}
void determinant_kernel(OpContext& c) {
  LogDeterminant d = log_determinants(c);
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});
  c.set_output(0, cast(multiply(d.sign, exp(d.log)), c.output_dtype(0)));
}

void lu_kernel(OpContext& c) {
  DType w = wide(c.output_dtype(0));
  Tensor a = as(c.input(0), w), factors = scratch(a, w), rows(int64, c.output_shape(1));
  std::atomic<bool> singular{false};
  by_scalar(w, [&]<class T>() {
    for_each_matrix(a, [&](int64_t i) {
      if (!dense::lu(part<T>(a, i), a.dim(-1), part<T>(factors, i), rows.mutable_data<int64_t>() + i * a.dim(-1))) singular = true;
    });
  });
  if (singular) not_invertible(c);
  c.set_output(0, as(factors, c.output_dtype(0)));
  c.set_output(1, as(rows, c.output_dtype(1)));
}

void qr_kernel(OpContext& c) {
  DType w = wide(c.output_dtype(0));
  Tensor a = as(c.input(0), w), q(w, c.output_shape(0)), r(w, c.output_shape(1));
  by_scalar(w, [&]<class T>() {
    for_each_matrix(a, [&](int64_t i) { dense::qr(part<T>(a, i), a.dim(-2), a.dim(-1), c.bool_attr("full_matrices"), part<T>(q, i), part<T>(r, i)); });
  });
  c.set_output(0, as(q, c.output_dtype(0)));
  c.set_output(1, as(r, c.output_dtype(1)));
}

void eigh_kernel(OpContext& c) {
  DType w = wide(c.output_dtype(0));
  bool vectors = c.bool_attr("compute_v");
  Tensor a = as(c.input(0), w), e(float64, c.output_shape(0)), v(w, c.output_shape(1));
  by_scalar(w, [&]<class T>() {
    for_each_matrix(a, [&](int64_t i) { eigen::eigh(part<T>(a, i), a.dim(-1), e.mutable_data<double>() + i * a.dim(-1), vectors ? part<T>(v, i) : nullptr); });
  });
  c.set_output(0, as(e, c.output_dtype(0)));
  c.set_output(1, as(v, c.output_dtype(1)));
}

void eig_kernel(OpContext& c) {
  bool vectors = c.bool_attr("compute_v");
  Tensor a = as(c.input(0), complex128), e(complex128, c.output_shape(0)), v(complex128, c.output_shape(1));
  for_each_matrix(a, [&](int64_t i) {
    eigen::eig(part<complex128_t>(a, i), a.dim(-1), e.mutable_data<complex128_t>() + i * a.dim(-1), vectors ? part<complex128_t>(v, i) : nullptr);
  });
  c.set_output(0, as(e, c.output_dtype(0)));
  c.set_output(1, as(v, c.output_dtype(1)));
}

void svd_kernel(OpContext& c) {
  DType w = wide(c.output_dtype(1));
  bool vectors = c.bool_attr("compute_uv"), full = c.bool_attr("full_matrices");
  Tensor a = as(c.input(0), w), s(float64, c.output_shape(0)), u(w, c.output_shape(1)), v(w, c.output_shape(2));
  int64_t m = a.dim(-2), n = a.dim(-1);
  by_scalar(w, [&]<class T>() {
    for_each_matrix(a, [&](int64_t i) {
      eigen::svd(part<T>(a, i), m, n, full, s.mutable_data<double>() + i * std::min(m, n), vectors ? part<T>(u, i) : nullptr, vectors ? part<T>(v, i) : nullptr);
    });
  });
  c.set_output(0, as(s, c.output_dtype(0)));
  c.set_output(1, as(u, c.output_dtype(1)));
  c.set_output(2, as(v, c.output_dtype(2)));
}

#define MATRIX_TYPES "T: {double, float, half, complex64, complex128}"
/// MatrixDeterminant: The determinants of square matrices.
/// LogMatrixDeterminant: The signs of the determinants and the logarithms of their absolute values.
/// MatrixInverse: The inverses of square matrices, or of their adjoints.
/// MatrixSolve: x with matrix x = rhs, or with the adjoint matrix.
/// MatrixTriangularSolve: x with matrix x = rhs, of which only the lower or the upper triangle is read, or with the adjoint matrix.
/// SelfAdjointEigV2: Eigenvalues in rising order, and the eigenvectors, of self-adjoint matrices, of which the lower triangle is read.
constexpr OpDef kOps[] = {
    {.name = "Cholesky", .signature = "input: T -> output: T", .attrs = MATRIX_TYPES, .shape = square_shape, .gradient = cholesky_gradient, .kernel = cholesky_kernel},
    {.name = "MatrixInverse", .signature = "input: T -> output: T", .attrs = "adjoint: bool = false; " MATRIX_TYPES, .shape = square_shape,
     .gradient = inverse_gradient, .kernel = inverse_kernel},
    {.name = "MatrixDeterminant", .signature = "input: T -> output: T", .attrs = MATRIX_TYPES, .shape = scalar_shape, .gradient = determinant_gradient,
     .kernel = determinant_kernel},
    {.name = "LogMatrixDeterminant", .signature = "input: T -> sign: T, log_abs_determinant: T", .attrs = MATRIX_TYPES, .shape = scalar_shape,
     .gradient = log_determinant_gradient, .kernel = log_determinant_kernel},
    {.name = "MatrixSolve", .signature = "matrix: T, rhs: T -> output: T", .attrs = "adjoint: bool = false; " MATRIX_TYPES, .shape = solve_shape,
     .gradient = solve_gradient, .kernel = solve_kernel},
    {.name = "MatrixTriangularSolve", .signature = "matrix: T, rhs: T -> output: T", .attrs = "lower: bool = true; adjoint: bool = false; T: {bfloat16, double, float, half, complex64, complex128}",
     .shape = solve_shape, .gradient = triangular_gradient, .kernel = triangular_kernel},
    {.name = "SelfAdjointEigV2", .signature = "input: T -> e: T, v: T", .attrs = "compute_v: bool = true; " MATRIX_TYPES, .shape = eigen_shape,
     .gradient = eigh_gradient, .kernel = eigh_kernel},
    {.name = "Eig", .signature = "input: T -> e: Tout, v: Tout", .attrs = "compute_v: bool = true; T: {float, double, complex64, complex128}; Tout: {complex64, complex128}",
     .shape = eigen_shape, .gradient = eig_gradient, .kernel = eig_kernel},
    {.name = "Qr", .signature = "input: T -> q: T, r: T", .attrs = "full_matrices: bool = false; " MATRIX_TYPES, .shape = qr_shape, .gradient = qr_gradient,
     .kernel = qr_kernel},
    {.name = "Svd", .signature = "input: T -> s: T, u: T, v: T", .attrs = "compute_uv: bool = true; full_matrices: bool = false; " MATRIX_TYPES,
     .shape = svd_shape, .gradient = svd_gradient, .kernel = svd_kernel},
    {.name = "Lu", .signature = "input: T -> lu: T, p: output_idx_type",
     .attrs = "output_idx_type: {int32, int64} = int32; T: {double, float, half, complex64, complex128}", .shape = lu_shape,
     .no_gradient = "TensorFlow declares none", .kernel = lu_kernel},
};

}  // namespace
RUNNEL_OPS(linalg_decompositions, kOps)

}  // namespace runnel::inline v0
