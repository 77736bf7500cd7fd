// The inner kernels of matrix multiplication and convolution, one table per instruction set.
// Included by *.simd.cc: C headers only.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

constexpr int kTileHalf = 7;

/// One tile of C kept in registers: C (rows, columns) = sum over p of A[i][p] * B[p][j]. Each element is one chain of
/// fused multiply-adds in the order of p, so however a matrix is cut into tiles and k into blocks, the bits are the same. (Not
/// of all products: a long sum of a small result is cut into slices of k that are added up, by m * n and k alone; see gemm.cc.)
/// A is read at a[segments[s] + i * a_row + p * a_step], and a_gap behind that where i >= kTileHalf; the rows of B follow each other through all segments.
template <class T>
struct Tile {
  const T* a;
  int64_t a_row, a_step;
  const T* b;
  int64_t b_step;
  T* c;
  int64_t c_row;
  int64_t k;                ///< Steps in one segment.
  const int64_t* segments;  ///< Offsets into A.
  int64_t segment_count;
  int columns;    ///< At most vectors * lanes of the kernel.
  bool load_c;    ///< Begin with what C holds instead of zero.
  bool relu;      ///< Done last.
  const T* bias;  ///< (columns) or null; added before relu.
  int64_t a_gap;
};

constexpr int kMaxTileRows = 16;
constexpr int kMaxTileVectors = 4;

/// tile[rows][vectors], for 1, 2 and 4 vectors; null where there would be more accumulators than registers.
template <class T>
struct TileKernels {
  using Kernel = void (*)(const Tile<T>&);
  int lanes;      ///< Elements of a vector.
  int max_rows;   ///< Rows of the largest tile that is one or two vectors wide,
  int wide_rows,  ///< four vectors wide,
      tall_rows;  ///< and one vector wide, for rows of A one element apart.
  Kernel tile[kMaxTileRows + 1][kMaxTileVectors + 1];
};
struct TileTable {
  TileKernels<float> f32;
  TileKernels<double> f64;
};
RUNNEL_ISA_TABLE(TileTable, tile_table)

/// Packs a panel of B, stored (k, columns) with rows `ld` apart, or (columns, k) if transposed, into (k, width): zeros
/// behind `columns` up to whole vectors; tiles read nothing behind those. `width` is a multiple of the lanes.
template <class T>
struct PackKernels {
  void (*copy)(const T* b, int64_t ld, int64_t k, int64_t columns, int64_t width, T* packed);
  void (*transpose)(const T* b, int64_t ld, int64_t k, int64_t columns, int64_t width, T* packed);
};
struct PackTable {
  PackKernels<float> f32;
  PackKernels<double> f64;
};
RUNNEL_ISA_TABLE(PackTable, pack_table)

constexpr int kMostDots = 4;

constexpr int kAxpyRows = 16;

/// Y (m, n) += x (m, k; x_row and x_step apart) * B (k, n), for at most kAxpyRows rows of Y: eight rows of B at a time are read from end to end.
template <class T>
struct Axpy {
  int64_t m, n, k;
  const T* x;
  int64_t x_row, x_step;
  const T* b;
  int64_t ldb;
  T* y;
  int64_t ldy;
};

template <class T>
struct VectorKernels {
  /// C (m, n) += A (m, k) * B (n, k) transposed: rows of both run along k. For few rows of A.
  void (*dot)(const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t m, int64_t n, int64_t k);
  void (*axpy)(const Axpy<T>& args);
  /// A tile of any number of rows and at most kMostDots columns, with A along k and B stored (columns, k), rows b_step apart.
  /// Null for doubles, which are too rare for the code that it takes.
  void (*dots)(const Tile<T>& tile, int64_t rows);
};
struct VectorTable {
  VectorKernels<float> f32;
  VectorKernels<double> f64;
};
RUNNEL_ISA_TABLE(VectorTable, vector_table)

}  // namespace runnel::inline v0::cpu
