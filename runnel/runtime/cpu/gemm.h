// Matrix multiplication on plain pointers. Knows no tensor.
#pragma once

#include <complex>
#include <cstdint>

#include "runnel/core/half.h"

namespace runnel::inline v0::cpu {

enum class Activation { none, relu };

/// What happens to an output element after its sum is complete: add bias[column], then the activation.
template <class T>
struct Epilogue {
  const T* bias = nullptr;  ///< (n), or null
  Activation activation = Activation::none;
};

/// C (m, n) = op(A) (m, k) * op(B) (k, n), for `batch` triples of matrices. All row-major; lda, ldb, ldc are the distances
/// between the rows as stored, 0 for dense. A matrix stored transposed is (k, m) or (n, k). C must not overlap A or B.
/// k == 0 gives zeros (or, with accumulate, leaves C as it is), through the epilogue.
/// float16 and bfloat16 are summed in float32 and rounded once. Integers wrap around.
/// The bits depend on the sizes and the instruction set only, not on the number of threads.
template <class T>
struct Gemm {
  int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  const T* b = nullptr;
  T* c = nullptr;
  bool transpose_a = false;
  bool transpose_b = false;
  bool conjugate_a = false;  ///< Complex types only.
  bool conjugate_b = false;
  bool accumulate = false;  ///< Add to what C holds instead of replacing it.
  int64_t lda = 0, ldb = 0, ldc = 0;
  int64_t batch = 1;
  int64_t stride_a = 0, stride_b = 0, stride_c = 0;  ///< Between matrices of the batch; 0 for A or B repeats one matrix.
  Epilogue<T> epilogue{};
};

void gemm(const Gemm<float>& args);
void gemm(const Gemm<double>& args);
void gemm(const Gemm<half_t>& args);
void gemm(const Gemm<bfloat16_t>& args);
void gemm(const Gemm<int8_t>& args);
void gemm(const Gemm<int16_t>& args);
void gemm(const Gemm<int32_t>& args);
void gemm(const Gemm<int64_t>& args);
void gemm(const Gemm<uint8_t>& args);
void gemm(const Gemm<uint16_t>& args);
void gemm(const Gemm<uint32_t>& args);
void gemm(const Gemm<uint64_t>& args);
void gemm(const Gemm<std::complex<float>>& args);
void gemm(const Gemm<std::complex<double>>& args);

}  // namespace runnel::inline v0::cpu
