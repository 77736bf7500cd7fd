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

/// A length cut into `count` parts that differ by one at most.
struct Cut {
  int64_t length, count;
  int64_t begin(int64_t i) const { return length * i / count; }
  int64_t size(int64_t i) const { return begin(i + 1) - begin(i); }
};

}  // namespace runnel::inline v0::cpu
