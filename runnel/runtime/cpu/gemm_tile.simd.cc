// Tiles of C in registers. 14 rows of two vectors fill the 32 registers of AVX-512, 6 rows the 16 of AVX2 and SSE2.
#include "runnel/runtime/cpu/gemm_kernel.h"
#include "runnel/runtime/cpu/simd.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

constexpr int kAhead = 8;  // rows of B that are fetched before they are needed; no processor foresees such long strides

/// Rows of A that lie one element apart, as in a packed tile: at distances that the instructions hold.
struct UnitRows {
  explicit UnitRows(int64_t) {}
  template <class T>
  RUNNEL_INLINE T element(const T* a, const T*, int i) const {
    return a[i];
  }
  /// Steps of A may lie far apart as well: the pixels of a gradient to a filter.
  template <class T>
  RUNNEL_INLINE void fetch(const T* last) const {
    __builtin_prefetch(last);
  }
};

/// Rows of A at any distance; those from kTileHalf on count from a second base. Once, twice and four times the distance are ways
/// of addressing, three and five times it are held: a register for each of the others would leave none for the loop.
struct StridedRows {
  int64_t one, three, five;  // in bytes
  explicit StridedRows(int64_t bytes) : one(bytes), three(3 * bytes), five(5 * bytes) {
    asm("" : "+r"(one), "+r"(three), "+r"(five));  // or the compiler would hold all six
  }
  template <class T>
  RUNNEL_INLINE T element(const T* a, const T* a_half, int i) const {
    const char* base = reinterpret_cast<const char*>(i < kTileHalf ? a : a_half);
    i %= kTileHalf;
    return *reinterpret_cast<const T*>(base + (i == 3 ? three : i == 5 ? five : i == 6 ? 2 * three : i * one));
  }
  template <class T>
  RUNNEL_INLINE void fetch(const T*) const {}
};

/// Adds the products of all segments to the sums.
template <class RowsOfA, class T, int Rows, int Vectors, bool Edge>
RUNNEL_INLINE void add_products(const Tile<T>& t, typename Vec<T>::type (&sum)[Rows][Vectors]) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>, kLast = Vectors - 1;
  const int rest = t.columns - kLast * kWidth;
  const RowsOfA rows(t.a_row * int64_t(sizeof(T)));
  const T* b = t.b;
  const int64_t a_step = t.a_step, b_step = t.b_step;
  for (int64_t s = 0; s < t.segment_count; ++s) {
    const T *a = t.a + t.segments[s], *a_half = a + kTileHalf * t.a_row + t.a_gap;
    for (int64_t p = t.k; p > 0; --p) {
      V bv[Vectors];
#pragma GCC unroll 4
      for (int j = 0; j < Vectors && Vectors > 1; ++j) __builtin_prefetch(b + kAhead * b_step + j * kWidth);
      rows.fetch(a + kAhead * a_step + Rows - 1);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) {
        bv[j] = Edge && j == kLast ? load_part(b + j * kWidth, rest) : load(b + j * kWidth);
      }
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
        V x = broadcast(rows.element(a, a_half, i));
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; ++j) sum[i][j] = fma(x, bv[j], sum[i][j]);
      }
      a += a_step;
      a_half += a_step;
      b += b_step;
    }
  }
}

template <class T, int Rows, int Vectors, bool Edge>
RUNNEL_INLINE void run_tile(const Tile<T>& t) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>;
  constexpr int kLast = Vectors - 1;
  const int rest = t.columns - kLast * kWidth;
  V sum[Rows][Vectors];

#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) {
      const T* c = t.c + i * t.c_row + j * kWidth;
      sum[i][j] = !t.load_c ? V{} : Edge && j == kLast ? load_part(c, rest) : load(c);
    }
  }

  if (Rows > 2 * kTileHalf || (t.a_row == 1 && t.a_gap == 0)) {
    add_products<UnitRows, T, Rows, Vectors, Edge>(t, sum);
  } else {
    add_products<StridedRows, T, Rows, Vectors, Edge>(t, sum);
  }

  if (t.bias) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) {
      const T* p = t.bias + j * kWidth;
      V bias = Edge && j == kLast ? load_part(p, rest) : load(p);
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) sum[i][j] += bias;
    }
  }
  if (t.relu) {
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) sum[i][j] = sum[i][j] < V{} ? V{} : sum[i][j];
    }
  }
  T* c = t.c;
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i, c += t.c_row) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) {
      if (Edge && j == kLast) {
        store_part(c + j * kWidth, sum[i][j], rest);
      } else {
        store(c + j * kWidth, sum[i][j]);
      }
    }
  }
}

template <class T, int Rows, int Vectors>
void tile(const Tile<T>& t) {
  if (t.columns == Vectors * kLanes<T>) {
    run_tile<T, Rows, Vectors, false>(t);
  } else {
    run_tile<T, Rows, Vectors, true>(t);
  }
}

// Accumulators, the vectors of B and one of A must fit the registers.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kRows = 14, kWideRows = 6, kTallRows = 16;
#else
constexpr int kRows = 6, kWideRows = 2, kTallRows = 6;
#endif

template <class T, int Rows>
constexpr void fill(TileKernels<T>& kernels) {
  kernels.tile[Rows][1] = tile<T, Rows, 1>;
  if constexpr (Rows <= kRows) kernels.tile[Rows][2] = tile<T, Rows, 2>;
  if constexpr (Rows <= kWideRows) kernels.tile[Rows][4] = tile<T, Rows, 4>;
  if constexpr (Rows < kTallRows) fill<T, Rows + 1>(kernels);
}

template <class T>
constexpr TileKernels<T> kernels() {
  TileKernels<T> all{};
  all.lanes = kLanes<T>;
  all.max_rows = kRows;
  all.wide_rows = kWideRows;
  all.tall_rows = kTallRows;
  fill<T, 1>(all);
  return all;
}

extern const TileTable tile_table;
constexpr TileTable tile_table = {kernels<float>(), kernels<double>()};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
