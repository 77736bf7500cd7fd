// Products with few rows: dot products of rows, and sums of multiples of rows.
#include "runnel/runtime/cpu/gemm_kernel.h"
#include "runnel/runtime/cpu/simd.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

// The halves of v are added until one element is left.
template <class T>
RUNNEL_INLINE T sum_lanes(typename Vec<T>::type v) {
  T lanes[kLanes<T>];
  store(lanes, v);
#pragma GCC unroll 8
  for (int half = kLanes<T> / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

// Each product is one chain of vectors along k whatever Rows and Columns are, so the bits do not depend on the cutting.
template <class T, int Rows, int Columns>
RUNNEL_INLINE void dot_tile(const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t k) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>;
  V sum[Rows][Columns] = {};
  auto step = [&](int64_t p, auto get) __attribute__((always_inline)) {
    V bv[Columns];
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) bv[j] = get(b + j * ldb + p);
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) {
      V x = get(a + i * lda + p);
#pragma GCC unroll 8
      for (int j = 0; j < Columns; ++j) sum[i][j] = fma(x, bv[j], sum[i][j]);
    }
  };
  int64_t p = 0;
  for (; p + kWidth <= k; p += kWidth) step(p, [](const T* x) __attribute__((always_inline)) { return load(x); });
  if (p < k) {
    int rest = int(k - p);
    step(p, [rest](const T* x) __attribute__((always_inline)) { return load_part(x, rest); });
  }
#pragma GCC unroll 4
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) c[i * ldc + j] += sum_lanes<T>(sum[i][j]);
  }
}

template <class T, int Rows, int Columns>
RUNNEL_INLINE void dot_rows(const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t n, int64_t k) {
  int64_t j = 0;
  for (; j + Columns <= n; j += Columns) dot_tile<T, Rows, Columns>(a, lda, b + j * ldb, ldb, c + j, ldc, k);
  for (; j < n; ++j) dot_tile<T, Rows, 1>(a, lda, b + j * ldb, ldb, c + j, ldc, k);
}

// Few columns at a time, so that they stay in the first cache while the rows of A pass by.
template <class T>
void dot(const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t m, int64_t n, int64_t k) {
  constexpr int kColumns = RUNNEL_SIMD_BYTES == 64 ? 4 : 2;
  for (int64_t j = 0; j < n; j += 8, b += 8 * ldb, c += 8) {
    const int64_t columns = n - j < 8 ? n - j : 8;
    int64_t i = 0;
    for (; i + 4 <= m; i += 4) dot_rows<T, 4, kColumns>(a + i * lda, lda, b, ldb, c + i * ldc, ldc, columns, k);
    for (; i + 2 <= m; i += 2) dot_rows<T, 2, 4>(a + i * lda, lda, b, ldb, c + i * ldc, ldc, columns, k);
    if (i < m) dot_rows<T, 1, 8>(a + i * lda, lda, b, ldb, c + i * ldc, ldc, columns, k);
  }
}

// y (n) += x (Rows) * B (Rows, n), in the order of the rows.
template <class T, int Rows>
RUNNEL_INLINE void axpy_rows(const T* x, int64_t x_step, const T* b, int64_t ldb, T* y, int64_t n) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>;
  V xv[Rows];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) xv[i] = broadcast(x[i * x_step]);
  int64_t j = 0;
  for (; j + kWidth <= n; j += kWidth) {
    V sum = load(y + j);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) sum = fma(xv[i], load(b + i * ldb + j), sum);
    store(y + j, sum);
  }
  if (j < n) {
    int rest = int(n - j);
    V sum = load_part(y + j, rest);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) sum = fma(xv[i], load_part(b + i * ldb + j, rest), sum);
    store_part(y + j, sum, rest);
  }
}

template <class T>
void axpy(const T* x, int64_t x_step, const T* b, int64_t ldb, T* y, int64_t n, int64_t k) {
  int64_t p = 0;
  for (; p + 8 <= k; p += 8) axpy_rows<T, 8>(x + p * x_step, x_step, b + p * ldb, ldb, y, n);
  for (; p < k; ++p) axpy_rows<T, 1>(x + p * x_step, x_step, b + p * ldb, ldb, y, n);
}

extern const VectorTable vector_table;
constexpr VectorTable vector_table = {{dot<float>, axpy<float>}, {dot<double>, axpy<double>}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
