// Triangular decompositions of one matrix, in double precision. Matrices are row-major; Scalar is double or complex128_t.
#pragma once

#include <cstdint>

#include "runnel/core/dtype.h"

namespace runnel::inline v0::dense {

/// a = l l^H, l lower triangular. False where a is not positive definite.
template <class Scalar>
bool cholesky(const Scalar* a, int64_t n, Scalar* l);
/// p a = l u by partial pivoting: l and u in one matrix, and for each row of it the row of a. False where a is singular.
template <class Scalar>
bool lu(const Scalar* a, int64_t n, Scalar* lu, int64_t* permutation);
/// a x = b, a (n, n) of full rank, b (n, columns). False where a is singular.
template <class Scalar>
bool solve(const Scalar* a, const Scalar* b, int64_t n, int64_t columns, Scalar* x);
/// a = q r, q (rows, size) with size = min(rows, columns), or (rows, rows) where `full`; r (size, columns).
template <class Scalar>
void qr(const Scalar* a, int64_t rows, int64_t columns, bool full, Scalar* q, Scalar* r);
}  // namespace runnel::inline v0::dense
