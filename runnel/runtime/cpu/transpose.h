// Moving elements without looking at them: transposition, copies of strided boxes, gathered rows. Any element size in
// bytes of 1, 2, 4, 8 or 16; everything runs in parallel when large.
#pragma once

#include <cstdint>
#include <span>

namespace runnel::inline v0::cpu {

using Extents = std::span<const int64_t>;

/// y's dimension i is x's dimension permutation[i].
void transpose(const void* x, Extents dims, std::span<const int> permutation, int element_size, void* y);

/// Copies a box of `dims` elements between two strided arrays; strides in elements, of either sign; 0 repeats.
/// Slices, strided slices, reversal, concatenation, stacking, splitting, tiling, padding's inside and roll are calls of it.
void copy_strided(const void* x, Extents x_strides, void* y, Extents y_strides, Extents dims, int element_size);

/// The strides of a dense row-major array.
void dense_strides(Extents dims, int64_t* strides);

/// y = x with before[i] and after[i] copies of *value around dimension i.
void pad(const void* x, Extents dims, Extents before, Extents after, const void* value, int element_size, void* y);

/// y[i, :] = x[indices[i], :] for rows of row_bytes. Returns the first position whose index is outside [0, x_rows), or
/// -1 when all are inside; y's row is zero there.
int64_t gather_rows(const void* x, int64_t x_rows, int64_t row_bytes, const int32_t* indices, int64_t count, void* y);
int64_t gather_rows(const void* x, int64_t x_rows, int64_t row_bytes, const int64_t* indices, int64_t count, void* y);

}  // namespace runnel::inline v0::cpu
