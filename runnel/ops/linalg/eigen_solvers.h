// Eigenvalues and singular values of one matrix, in double precision, by Eigen. Matrices are row-major. Eigen's templates are
// large, so they are made for complex numbers only; real matrices stay real in them.
#pragma once

#include <cstdint>

#include "runnel/core/dtype.h"

namespace runnel::inline v0::eigen {

/// a v = v diag(e), a Hermitian (its lower half counts), e rising. v may be nullptr.
template <class Scalar>
void eigh(const Scalar* a, int64_t n, double* e, Scalar* v);
/// a = u diag(s) v^H, s falling; u and v may be nullptr, and square where `full`.
template <class Scalar>
void svd(const Scalar* a, int64_t rows, int64_t columns, bool full, double* s, Scalar* u, Scalar* v);
/// a v = v diag(e) for any square matrix; v may be nullptr.
void eig(const complex128_t* a, int64_t n, complex128_t* e, complex128_t* v);

}  // namespace runnel::inline v0::eigen
