// The operations of Keras's module keras.src.ops.linalg.
#include "runnel/keras/ops/linalg.h"
#include "runnel/keras/ops/operation_call.h"

namespace runnel::inline v0::keras::ops {

namespace {
constexpr Operation kRows[] = {
    {"cholesky", "Cholesky", "x* upper=false", call<cholesky>},
    {"cholesky_inverse", "CholeskyInverse", "x* upper=false", call<cholesky_inverse>},
    {"det", "Det", "x*", call<det>},
    {"eig", "Eig", "x*", call<eig>},
    {"eigh", "Eigh", "x*", call<eigh>},
    {"inv", "Inv", "x*", call<inv>},
    {"lstsq", "Lstsq", "a* b* rcond", call<lstsq>},
    {"lu_factor", "LuFactor", "x*", call<lu_factor>},
    {"matrix_rank", "MatrixRank", "x* tol", call<matrix_rank>},
    {"norm", "Norm", "x* ord axis keepdims=false", call<norm>},
    {"pinv", "Pinv", "x* rcond", call<pinv>},
    {"qr", "Qr", "x* mode=\"reduced\"", call<qr>},
    {"solve", "Solve", "a* b*", call<solve>},
    {"solve_triangular", "SolveTriangular", "a* b* lower=false", call<solve_triangular>},
    {"svd", "SVD", "x* full_matrices=true compute_uv=true", call<svd>},
};
}  // namespace

extern const OperationTable linalg_operations;
constinit const OperationTable linalg_operations{"keras.src.ops.linalg", kRows};

}  // namespace runnel::inline v0::keras::ops
