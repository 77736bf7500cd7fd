// The kernels of the chosen instruction set by element type, and how lengths are cut into parts.
#pragma once

#include "runnel/runtime/cpu/gemm_kernel.h"

namespace runnel::inline v0::cpu {

inline const TileKernels<float>& tiles_of(const float*) { return tile_table().f32; }
inline const TileKernels<double>& tiles_of(const double*) { return tile_table().f64; }
inline const PackKernels<float>& packs_of(const float*) { return pack_table().f32; }
inline const PackKernels<double>& packs_of(const double*) { return pack_table().f64; }
inline const VectorKernels<float>& vectors_of(const float*) { return vector_table().f32; }
inline const VectorKernels<double>& vectors_of(const double*) { return vector_table().f64; }

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Asks for the cache lines of a tile of C, two vectors wide, before it is written or added to.
template <class T>
void fetch_tile(const T* c, int64_t c_row, int64_t rows) {
  constexpr int64_t kLine = 64 / int64_t(sizeof(T));
  for (int64_t r = 0; r < rows; ++r, c += c_row) {
    __builtin_prefetch(c, 1);
    __builtin_prefetch(c + kLine, 1);
  }
}

/// A length cut into `count` parts that differ by one at most, the longer ones first.
struct Cut {
  int64_t count, least, longer;
  Cut(int64_t length, int64_t parts) : count(parts), least(length / parts), longer(length % parts) {}
  int64_t begin(int64_t i) const { return i * least + (i < longer ? i : longer); }
  int64_t size(int64_t i) const { return least + (i < longer ? 1 : 0); }
};

}  // namespace runnel::inline v0::cpu
