// What all ways of computing a product share: the two matrices as tiles read them, and a tile of the result.
#pragma once

#include <algorithm>

#include "runnel/runtime/cpu/gemm.h"
#include "runnel/runtime/cpu/gemm_tables.h"

namespace runnel::inline v0::cpu {

inline constexpr int64_t kTaskWork = 1 << 19;  // multiply-adds that are worth a task
inline constexpr int64_t kBlockDepth = 256;     // steps of k in a packed block: a panel of B stays in the first cache; twice as many of a large matrix
inline constexpr int64_t kTaskTiles = 16;       // tiles of packed A that a task keeps in the second cache, at most
inline constexpr int64_t kTasksDown = 16;       // so many tasks share the rows of a large matrix
inline constexpr int64_t kLargeMatrix = int64_t(256) << 10;  // of a C that does not stay in the caches

/// Pieces of a work that make a task.
inline int64_t task_grain(int64_t work_of_a_unit) { return std::max<int64_t>(1, kTaskWork / std::max<int64_t>(1, work_of_a_unit)); }

template <class T>
struct Operands {
  const Gemm<T>& g;
  const TileKernels<T>& tiles;
  explicit Operands(const Gemm<T>& args) : g(args), tiles(tiles_of(args.c)) {}

  int64_t a_row() const { return g.transpose_a ? 1 : g.lda; }
  int64_t a_step() const { return g.transpose_a ? g.lda : 1; }
  int64_t panel() const { return 2 * tiles.lanes; }
  Cut row_tiles(int64_t rows) const { return {rows, ceil_div(rows, tiles.max_rows)}; }

  // The tile of C at (row, column) over one block of k.
  void run_tile(Tile<T>& t, int64_t rows, int64_t row, int64_t column, int64_t columns, bool first, bool last) const {
    t.c = g.c + row * g.ldc + column;
    t.columns = int(columns);
    t.load_c = !first || g.accumulate;
    t.bias = last && g.epilogue.bias ? g.epilogue.bias + column : nullptr;
    t.relu = last && g.epilogue.activation == Activation::relu;
    tiles.tile[rows][columns <= tiles.lanes ? 1 : columns <= panel() ? 2 : 4](t);
  }
};

}  // namespace runnel::inline v0::cpu
