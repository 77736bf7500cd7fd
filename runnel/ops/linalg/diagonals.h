// The diagonals of a batch of matrices, and the compact form (..., diagonals, length) that holds them.
#pragma once

#include <algorithm>
#include <vector>

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// Diagonals lower to upper: 0 is the main one, positive ones lie above it.
struct Band {
  int64_t lower = 0, upper = 0;
  bool left_above = true, left_below = true;  ///< Which shorter diagonals begin at the left of the compact form.

  bool is_single() const { return lower == upper; }
  int64_t count() const { return upper - lower + 1; }
  /// The length of the longest diagonal of a matrix (rows, columns).
  int64_t longest(int64_t rows, int64_t columns) const {
    return std::min(rows + std::min<int64_t>(upper, 0), columns - std::max<int64_t>(lower, 0));
  }
};

/// From the operator's input `k` (one number, or the lowest and the highest) and its attribute `align`.
Band read_band(const AttrReader& c, const Tensor& k);

/// One diagonal: its elements in a matrix, and where they begin in the compact form.
struct Diagonal {
  int64_t matrix_start, length, compact_start;
};
std::vector<Diagonal> diagonals_of(const Band& band, int64_t rows, int64_t columns);

}  // namespace runnel::inline v0
