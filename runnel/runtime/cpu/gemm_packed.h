// Products whose matrices are copied, block by block, into the order in which tiles read them.
#pragma once

#include "runnel/runtime/cpu/gemm_operands.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

inline constexpr int64_t kBlockColumns = 1024;  // columns of B packed at a time: they stay in the second cache
inline constexpr size_t kStackBytes = 8192;     // small copies take no memory from the allocator
inline constexpr int64_t kFewBytes = 512;       // of the rows of panels of B that are copied together
inline constexpr int64_t kShallow = 64;         // so short a sum leaves little to do for each tile of C but to write it
inline constexpr int64_t kShallowBytes = 16384; // of panels of B that are then copied together, to stay in the first cache
inline constexpr int64_t kCopySteps = 32;       // steps of k copied at a time for all tiles, while their cache lines are at hand

template <class T>
class PackedProduct {
 public:
  explicit PackedProduct(const Operands<T>& operands) : of(operands), g(of.g), tiles(of.tiles) {}

  // No work to be shared out, and no copy of A.
  void little() const {
    const Cut rows = of.row_tiles(g.m);
    Scratch<T, kStackBytes> b(ceil_div(g.n, of.panel()) * of.panel() * g.k);
    copy_panels(0, g.n, 0, g.k, b.data());
    multiply(rows, 0, rows.count, 0, g.n, {g.k, 1}, 0, nullptr, b.data());
  }

  // Few rows: a block of A is copied for all of them, and a few panels of B at a time just before their use.
  void few_rows() const {
    const Cut depth{g.k, ceil_div(g.k, kBlockDepth)}, rows = of.row_tiles(g.m);
    const Cut pieces = few_pieces(depth.size(0));
    Scratch<T, kStackBytes> a(copies_a() ? rows.count * ceil_div(g.k, depth.count) * copied_rows() : 0);
    for (int64_t p = 0; p < depth.count; ++p) {
      copy_tiles(rows, 0, rows.count, depth.begin(p), depth.size(p), a.data());
      parallel_for(pieces.count, ceil_div(pieces.count, few_tasks(depth.size(0))), [&](int64_t begin, int64_t end) {
        T* b = thread_workspace<T>(depth.size(p) * pieces.size(0) * of.panel());
        for (int64_t piece = begin; piece < end; ++piece) {
          const int64_t column = pieces.begin(piece) * of.panel(), columns = std::min(pieces.size(piece) * of.panel(), g.n - column);
          copy_panels(column, columns, depth.begin(p), depth.size(p), b);
          multiply(rows, 0, rows.count, column, columns, depth, p, a.data(), b);
        }
      });
    }
  }

  // Blocks of B are packed by all threads; tasks of a few tiles of rows then pass by the panels of a block.
  void packed() const {
    const Cut depth{g.k, blocks()}, across{g.n, ceil_div(g.n, kBlockColumns)};
    const int64_t most_panels = ceil_div(ceil_div(g.n, across.count), of.panel());
    Scratch<T> b(ceil_div(g.k, depth.count) * most_panels * of.panel());
    for (int64_t j = 0; j < across.count; ++j) {
      for (int64_t p = 0; p < depth.count; ++p) {
        pack_block(across.begin(j), across.size(j), depth.begin(p), depth.size(p), b.data());
        multiply_block(across.begin(j), across.size(j), depth, p, b.data());
      }
    }
  }

  // Whether A is copied: not where few panels pass by it, unless its rows fall on each other's place in the cache or lie far
  // apart in memory.
  bool copies_a() const {
    if (g.n > 4 * of.panel()) return true;
    const int64_t row = g.lda * int64_t(sizeof(T));
    return !g.transpose_a && (row % 2048 == 0 || (row >= 1024 && g.m * g.k >= kLargeMatrix));
  }

 private:
  const Operands<T>& of;
  const Gemm<T>& g;
  const TileKernels<T>& tiles;

  // Tasks over the columns, for a block of k so deep: an even number, so that two threads have as much to do.
  int64_t few_tasks(int64_t k) const {
    const int64_t tasks = (g.m * g.n * k + kTaskWork / 2) / kTaskWork;
    return tasks <= 1 ? 1 : tasks + tasks % 2;
  }
  // Panels of B that are copied together, in as many pieces for each task.
  Cut few_pieces(int64_t k) const {
    const int64_t all = ceil_div(g.n, of.panel()), tasks = few_tasks(k);
    const int64_t most = std::max(few_panels(), kShallowBytes / int64_t(sizeof(T)) / (k * of.panel()));
    return {all, std::min(all, tasks * ceil_div(all, tasks * most))};
  }
  int64_t blocks() const { return ceil_div(g.k, g.n * g.k > kLargeMatrix ? 2 * kBlockDepth : kBlockDepth); }
  int64_t few_panels() const { return kFewBytes / int64_t(sizeof(T)) / of.panel(); }

  void pack_block(int64_t first, int64_t columns, int64_t k_begin, int64_t k, T* to) const {
    const int64_t width = few_panels() * of.panel(), grain = std::max<int64_t>(1, 65536 / (k * width));
    parallel_for(ceil_div(columns, width), grain, [&](int64_t begin, int64_t end) {
      const int64_t last = std::min(end * width, columns);
      copy_panels(first + begin * width, last - begin * width, k_begin, k, to + begin * width * k);
    });
  }

  void multiply_block(int64_t first, int64_t columns, const Cut& depth, int64_t p, const T* b) const {
    const Cut rows = of.row_tiles(g.m);
    const Cut down{rows.count, ceil_div(rows.count, std::clamp(rows.count / kTasksDown, int64_t(1), kTaskTiles))};
    const int64_t k = depth.size(p);
    parallel_for(down.count, task_grain(ceil_div(g.m, down.count) * columns * k), [&](int64_t begin, int64_t end) {
      T* a = thread_workspace<T>(copies_a() ? ceil_div(rows.count, down.count) * k * copied_rows() : 0);
      for (int64_t task = begin; task < end; ++task) {
        copy_tiles(rows, down.begin(task), down.begin(task + 1), depth.begin(p), k, a);
        multiply(rows, down.begin(task), down.begin(task + 1), first, columns, depth, p, a, b);
      }
    });
  }
  // Tiles [first, last) of rows by the panels of packed B at [column, column + columns).
  void multiply(const Cut& rows, int64_t first, int64_t last, int64_t column, int64_t columns, const Cut& depth, int64_t p,
                const T* a, const T* b) const {
    const int64_t zero = 0, k = depth.size(p);
    const bool far = p > 0 || g.m * g.n >= kLargeMatrix;  // from C, which the next tile meets
    Tile<T> t = tile_over(k, &zero);
    if (k <= kShallow && columns * k * int64_t(sizeof(T)) <= 2 * kShallowBytes) return multiply_rows(t, rows, first, last, column, columns, a, b);
    for (int64_t j = 0; j < columns; j += of.panel()) {
      t.b = b + j * k;
      for (int64_t i = first; i < last; ++i) {
        t.a = tile_of_a(a, i - first, rows.begin(i), depth.begin(p), k);
        const bool wraps = i + 1 == last;
        const int64_t next = wraps ? first : i + 1, next_column = wraps ? j + of.panel() : j;
        if (far && next_column < columns) fetch_tile(g.c + rows.begin(next) * g.ldc + column + next_column, g.ldc, rows.size(next));
        of.run_tile(t, rows.size(i), rows.begin(i), column + j, std::min(of.panel(), columns - j), p == 0, p + 1 == depth.count);
      }
    }
  }

  // The same for all of a short sum, row by row of tiles: C is written in long pieces.
  void multiply_rows(Tile<T>& t, const Cut& rows, int64_t first, int64_t last, int64_t column, int64_t columns, const T* a, const T* b) const {
    for (int64_t i = first; i < last; ++i) {
      const int64_t row = rows.begin(i), size = rows.size(i);
      t.a = tile_of_a(a, i - first, row, 0, t.k);
      t.b = b;
      for (int64_t j = 0; j < columns; j += of.panel(), t.b += of.panel() * t.k)
        of.run_tile(t, size, row, column + j, std::min(of.panel(), columns - j), true, true);
    }
  }

  // Tiles that are copied out of A lie (k, rows): a tile then reads its rows at fixed distances.
  int64_t copied_rows() const { return ceil_div(tiles.max_rows, tiles.lanes) * tiles.lanes; }

  void copy_a(int64_t row, int64_t rows, int64_t k_begin, int64_t k, T* to) const {
    const T* from = g.a + row * of.a_row() + k_begin * of.a_step();
    const auto& packs = packs_of(g.c);
    g.transpose_a ? packs.copy(from, g.lda, k, rows, copied_rows(), to) : packs.transpose(from, g.lda, k, rows, copied_rows(), to);
  }

  // The tiles [first, last), `k` steps each, one behind the other. Where k runs across the rows of A, some steps at a time
  // for all tiles, which share cache lines.
  void copy_tiles(const Cut& rows, int64_t first, int64_t last, int64_t k_begin, int64_t k, T* to) const {
    const int64_t steps = g.transpose_a ? kCopySteps : k;
    for (int64_t p = 0; p < k && copies_a(); p += steps) {
      for (int64_t i = first; i < last; ++i) {
        copy_a(rows.begin(i), rows.size(i), k_begin + p, std::min(steps, k - p), to + ((i - first) * k + p) * copied_rows());
      }
    }
  }

  void copy_b(int64_t column, int64_t columns, int64_t k_begin, int64_t k, T* to) const {
    const auto& packs = packs_of(g.c);
    if (g.transpose_b) {
      packs.transpose(g.b + column * g.ldb + k_begin, g.ldb, k, columns, of.panel(), to);
    } else {
      packs.copy(g.b + k_begin * g.ldb + column, g.ldb, k, columns, of.panel(), to);
    }
  }

  Tile<T> tile_over(int64_t k, const int64_t* zero) const {
    return {.a_row = copies_a() ? 1 : of.a_row(), .a_step = copies_a() ? copied_rows() : of.a_step(), .b_step = of.panel(), .c_row = g.ldc, .k = k, .segments = zero, .segment_count = 1};
  }

  // The index-th of the copied tiles, or the same rows where they are.
  const T* tile_of_a(const T* copied, int64_t index, int64_t row, int64_t k_begin, int64_t k) const {
    return copies_a() ? copied + index * k * copied_rows() : g.a + row * of.a_row() + k_begin * of.a_step();
  }

  // The panels of B at [column, column + columns), `k` steps each, one behind the other; along the rows of B some steps at a
  // time for all panels, so that memory is read in long pieces.
  void copy_panels(int64_t column, int64_t columns, int64_t k_begin, int64_t k, T* to) const {
    const int64_t steps = g.transpose_b ? k : kCopySteps;
    for (int64_t p = 0; p < k; p += steps) {
      for (int64_t j = 0; j < columns; j += of.panel())
        copy_b(column + j, std::min(of.panel(), columns - j), k_begin + p, std::min(steps, k - p), to + j * k + p * of.panel());
    }
  }
};

}  // namespace runnel::inline v0::cpu
