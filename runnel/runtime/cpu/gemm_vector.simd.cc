// Products with few rows: dot products of rows, and sums of multiples of rows.
#include "runnel/runtime/cpu/gemm_kernel.h"
#include "runnel/runtime/cpu/interleave.h"

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

// Halves of two vectors side by side, of 2 * Step elements each: their sums fill one vector.
template <class T, int Step, int... I>
RUNNEL_INLINE typename Vec<T>::type fold(typename Vec<T>::type a, typename Vec<T>::type b, List<I...>) {
  constexpr int kWidth = kLanes<T>;
  return __builtin_shufflevector(a, b, interleaved<kWidth, Step, false>(I)...) +
         __builtin_shufflevector(a, b, interleaved<kWidth, Step, true>(I)...);
}
template <class T, int Step>
RUNNEL_INLINE typename Vec<T>::type fold(typename Vec<T>::type a, typename Vec<T>::type b) {
  return fold<T, Step>(a, b, typename Count<kLanes<T>>::type{});
}
template <class T, int Step>
RUNNEL_INLINE typename Vec<T>::type fold_all(typename Vec<T>::type v) {
  if constexpr (Step > 0) return fold_all<T, Step / 2>(fold<T, Step>(v, v));
  return v;
}

// The sums of the lanes of four vectors, in the order of sum_lanes(), by fewer steps.
template <class T>
RUNNEL_INLINE void sum_four(const typename Vec<T>::type* v, T* sums) {
  constexpr int kWidth = kLanes<T>;
  if constexpr (kWidth >= 4) {
    T lanes[kWidth];
    store(lanes, fold_all<T, kWidth / 8>(fold<T, kWidth / 4>(fold<T, kWidth / 2>(v[0], v[1]), fold<T, kWidth / 2>(v[2], v[3]))));
    sums[0] = lanes[0], sums[1] = lanes[kWidth / 2], sums[2] = lanes[kWidth / 4], sums[3] = lanes[3 * kWidth / 4];
  } else {
    for (int i = 0; i < 4; ++i) sums[i] = sum_lanes<T>(v[i]);
  }
}

// Adds the products of Rows rows of A and Columns rows of B, vector by vector along k. Each sum is one chain whatever Rows and
// Columns are, so the bits do not depend on the cutting.
template <class T, int Rows, int Columns>
RUNNEL_INLINE void add_dots(const T* a, int64_t lda, const T* b, int64_t ldb, int64_t k, typename Vec<T>::type (&sum)[Rows][Columns]) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>;
  auto step = [&](int64_t p, auto get) __attribute__((always_inline)) {
    V bv[Columns];
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) bv[j] = get(b + j * ldb + p);
#pragma GCC unroll 8
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
}

template <class T, int Rows, int Columns>
RUNNEL_INLINE void sum_all(const typename Vec<T>::type (&sum)[Rows][Columns], T (&sums)[Rows * Columns]) {
  constexpr int kSums = Rows * Columns;
#pragma GCC unroll 4
  for (int q = 0; q + 4 <= kSums; q += 4) sum_four<T>(&sum[0][0] + q, sums + q);
#pragma GCC unroll 4
  for (int q = kSums / 4 * 4; q < kSums; ++q) sums[q] = sum_lanes<T>((&sum[0][0])[q]);
}

template <class T, int Rows, int Columns>
RUNNEL_INLINE void dot_tile(const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t k) {
  typename Vec<T>::type sum[Rows][Columns] = {};
  T sums[Rows * Columns];
  add_dots(a, lda, b, ldb, k, sum);
  sum_all<T>(sum, sums);
#pragma GCC unroll 16
  for (int q = 0; q < Rows * Columns; ++q) c[q / Columns * ldc + q % Columns] += sums[q];
}

template <class T, int Rows, int Columns>
RUNNEL_INLINE void dot_pixels(const Tile<T>& t, const T* a, T* c) {
  typename Vec<T>::type sum[Rows][Columns] = {};
  T sums[Rows * Columns];
  for (int64_t s = 0; s < t.segment_count; ++s) add_dots(a + t.segments[s], t.a_row, t.b + s * t.k, t.b_step, t.k, sum);
  sum_all<T>(sum, sums);
#pragma GCC unroll 16
  for (int q = 0; q < Rows * Columns; ++q) {
    const T x = t.bias ? sums[q] + t.bias[q % Columns] : sums[q];
    c[q / Columns * t.c_row + q % Columns] = t.relu && x < T(0) ? T(0) : x;
  }
}

template <int Columns, class T>
RUNNEL_INLINE void dots_of(const Tile<T>& t, int64_t rows) {
  constexpr int kRows = Columns == 1 ? 8 : 4;
  int64_t i = 0;
  for (; i + kRows <= rows; i += kRows) dot_pixels<T, kRows, Columns>(t, t.a + i * t.a_row, t.c + i * t.c_row);
  for (; i < rows; ++i) dot_pixels<T, 1, Columns>(t, t.a + i * t.a_row, t.c + i * t.c_row);
}

void dots(const Tile<float>& t, int64_t rows) {
  if (t.columns == 1) return dots_of<1>(t, rows);
  if (t.columns == 2) return dots_of<2>(t, rows);
  if (t.columns == 3) return dots_of<3>(t, rows);
  dots_of<4>(t, rows);
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

// Y (m, n) += x (m, Rows) * B (Rows, n), in the order of the rows of B, which are read once for all rows of Y.
template <class T, int Rows, class Get, class Put>
RUNNEL_INLINE void axpy_vector(const Axpy<T>& g, const T* x, const T* b, T* y, Get get, Put put) {
  typename Vec<T>::type bv[Rows];
#pragma GCC unroll 8
  for (int p = 0; p < Rows; ++p) bv[p] = get(b + p * g.ldb);
  for (int64_t i = 0; i < g.m; ++i, x += Rows, y += g.ldy) {
    typename Vec<T>::type sum = get(y);
#pragma GCC unroll 8
    for (int p = 0; p < Rows; ++p) sum = fma(broadcast(x[p]), bv[p], sum);
    put(y, sum);
  }
}

template <int Rows, class T>
RUNNEL_INLINE void axpy_rows(const Axpy<T>& g, const T* from, const T* b) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>;
  T x[kAxpyRows * Rows];  // side by side: rows of x may fall on each other's place in the cache
  for (int64_t i = 0; i < g.m; ++i) {
#pragma GCC unroll 8
    for (int p = 0; p < Rows; ++p) x[i * Rows + p] = from[i * g.x_row + p * g.x_step];
  }
  int64_t j = 0;
  for (; j + kWidth <= g.n; j += kWidth) {
    axpy_vector<T, Rows>(g, x, b + j, g.y + j, [](const T* p) __attribute__((always_inline)) { return load(p); },
                         [](T* p, V v) __attribute__((always_inline)) { store(p, v); });
  }
  if (j < g.n) {
    const int rest = int(g.n - j);
    axpy_vector<T, Rows>(g, x, b + j, g.y + j, [rest](const T* p) __attribute__((always_inline)) { return load_part(p, rest); },
                         [rest](T* p, V v) __attribute__((always_inline)) { store_part(p, v, rest); });
  }
}

template <class T>
void axpy(const Axpy<T>& g) {
  int64_t p = 0;
  for (; p + 8 <= g.k; p += 8) axpy_rows<8>(g, g.x + p * g.x_step, g.b + p * g.ldb);
  for (; p < g.k; ++p) axpy_rows<1>(g, g.x + p * g.x_step, g.b + p * g.ldb);
}

extern const VectorTable vector_table;
constexpr VectorTable vector_table = {{dot<float>, axpy<float>, dots}, {dot<double>, axpy<double>, nullptr}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
