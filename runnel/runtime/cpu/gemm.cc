// Which way a product of floats is computed, and by how many tasks. Both follow from the sizes alone.
//   deep     a long sum of a small result: slices of k
//   dot      B transposed, few rows: dot products of rows, nothing packed
//   axpy     one row: sums of multiples of the rows of B
//   direct, tall   few rows or a small B: tiles that read A and B where they are
//   little, few rows, packed   the rest: B, and A where it pays, are copied into the order in which the tiles read them
//   narrow   few columns: the transposed product, whose rows are few, is computed and turned round
#include "runnel/runtime/cpu/gemm.h"

#include <algorithm>

#include "runnel/runtime/cpu/gemm_plain.h"
#include "runnel/runtime/cpu/gemm_tables.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kTaskWork = 1 << 19;  // multiply-adds that are worth a task
constexpr int64_t kBlockDepth = 256;     // steps of k in a packed block: a panel of B stays in the first cache
constexpr int64_t kBlockColumns = 1024;  // columns of B packed at a time: they stay in the second cache
constexpr int64_t kTaskTiles = 16;       // tiles of packed A that a task keeps in the second cache, at most
constexpr size_t kStackBytes = 8192;     // small copies take no memory from the allocator
constexpr int64_t kTasksDown = 16;       // so many tasks share the rows of a large matrix
constexpr int64_t kFewBytes = 512;       // of the rows of panels of B that are copied together
constexpr int64_t kCopySteps = 32;       // steps of k copied at a time for all tiles, while their cache lines are at hand
constexpr int64_t kSmallMatrix = int64_t(300) << 10;  // elements of B
constexpr int64_t kTallMatrix = int64_t(64) << 10;    // of a B that each tile of rows passes by
constexpr int64_t kLargeMatrix = int64_t(256) << 10;  // of a C that does not stay in the caches
constexpr int64_t kDeep = 4096;        // so long a sum of so small a result is cut into slices,
constexpr int64_t kDeepResult = 16384;
constexpr int64_t kMostSlices = 8;
constexpr int64_t kFewRows = 160;        // at most so many rows: each panel of B is packed just before its use

template <class T>
class Product {
 public:
  explicit Product(const Gemm<T>& args) : g(args), tiles(tiles_of(args.c)) {}

  void run() {
    if (g.m == 0 || g.n == 0) return;
    if (g.k == 0) return clear_and_finish();
    if (is_tile()) return one_tile();
    if (g.k >= kDeep && g.m * g.n <= kDeepResult) return deep();
    if (g.n <= tiles.lanes / 2 && g.n < g.m) return narrow();
    if (g.transpose_b && g.m <= 8 && (g.m == 1 || g.k >= 4 * tiles.lanes)) return dot();
    if (g.m == 1 && !g.transpose_b) return axpy();
    if (reads_b_in_place()) return is_tall() ? tall() : direct();
    if (g.m * g.n * g.k <= kTaskWork && g.k <= kBlockDepth && !copies_a()) return little();
    g.m <= kFewRows ? few_rows() : packed();
  }

 private:
  const Gemm<T> g;
  const TileKernels<T>& tiles;

  int64_t a_row() const { return g.transpose_a ? 1 : g.lda; }
  int64_t a_step() const { return g.transpose_a ? g.lda : 1; }
  int64_t panel() const { return 2 * tiles.lanes; }
  int64_t few_panels() const { return kFewBytes / int64_t(sizeof(T)) / panel(); }
  Cut row_tiles(int64_t rows) const { return {rows, ceil_div(rows, tiles.max_rows)}; }

  // Pieces of `unit` elements that make a task.
  static int64_t grain(int64_t work_of_a_unit) { return std::max<int64_t>(1, kTaskWork / std::max<int64_t>(1, work_of_a_unit)); }

  void clear() const {
    if (g.accumulate) return;
    for (int64_t i = 0; i < g.m; ++i) std::fill_n(g.c + i * g.ldc, g.n, T(0));
  }

  void finish_rows(int64_t begin, int64_t end, int64_t first_column, int64_t columns) const {
    if (!g.epilogue.bias && g.epilogue.activation == Activation::none) return;
    for (int64_t i = begin; i < end; ++i) {
      T* row = g.c + i * g.ldc;
      for (int64_t j = first_column; j < first_column + columns; ++j) row[j] = finish(row[j], j, g.epilogue);
    }
  }

  void clear_and_finish() const {
    clear();
    finish_rows(0, g.m, 0, g.n);
  }

  void dot() const {
    Scratch<T, 4096> copy(g.transpose_a ? g.m * g.k : 0);
    if (g.transpose_a) {
      for (int64_t p = 0; p < g.k; ++p) {
        for (int64_t i = 0; i < g.m; ++i) copy[i * g.k + p] = g.a[p * g.lda + i];
      }
    }
    const T* a = g.transpose_a ? copy.data() : g.a;
    const int64_t lda = g.transpose_a ? g.k : g.lda;
    clear();
    parallel_for(g.n, ceil_div(grain(g.m * g.k), 8) * 8, [&](int64_t begin, int64_t end) {
      vectors_of(g.c).dot(a, lda, g.b + begin * g.ldb, g.ldb, g.c + begin, g.ldc, g.m, end - begin, g.k);
      finish_rows(0, g.m, begin, end - begin);
    });
  }

  void axpy() const {
    clear();
    parallel_for(g.n, ceil_div(grain(g.k), 64) * 64, [&](int64_t begin, int64_t end) {
      vectors_of(g.c).axpy(g.a, a_step(), g.b + begin, g.ldb, g.c + begin, end - begin, g.k);
      finish_rows(0, 1, begin, end - begin);
    });
  }

  void narrow() const {
    Gemm<T> turned{.m = g.n, .n = g.m, .k = g.k, .a = g.b, .b = g.a, .transpose_a = !g.transpose_b,
                   .transpose_b = !g.transpose_a, .lda = g.ldb, .ldb = g.lda};
    if (g.n == 1 && g.ldc == 1 && !g.epilogue.bias) {  // a column that is a row
      turned.c = g.c;
      turned.ldc = g.m;
      turned.accumulate = g.accumulate;
      turned.epilogue.activation = g.epilogue.activation;
      return Product(turned).run();
    }
    Scratch<T, 4096> result(g.m * g.n);
    turned.c = result.data();
    turned.ldc = g.m;
    Product(turned).run();
    for (int64_t i = 0; i < g.m; ++i) {
      T* row = g.c + i * g.ldc;
      for (int64_t j = 0; j < g.n; ++j) row[j] = result[j * g.m + i] + (g.accumulate ? row[j] : T(0));
    }
    finish_rows(0, g.m, 0, g.n);
  }

  // The tile of C at (row, column) over one block of k.
  void run_tile(Tile<T>& t, int64_t rows, int64_t row, int64_t column, int64_t columns, bool first, bool last) const {
    t.c = g.c + row * g.ldc + column;
    t.columns = int(columns);
    t.load_c = !first || g.accumulate;
    t.bias = last && g.epilogue.bias ? g.epilogue.bias + column : nullptr;
    t.relu = last && g.epilogue.activation == Activation::relu;
    int vectors = int(ceil_div(columns, tiles.lanes));
    tiles.tile[rows][vectors <= 2 ? vectors : 4](t);
  }

  // B is read where it is while it fits the second cache, or not many rows pass by.
  bool reads_b_in_place() const {
    if (g.transpose_b) return false;
    const int64_t size = g.n * g.k;
    const bool wide = panel() * int64_t(sizeof(T)) > 64;  // narrower panels of a large B would be read line by line
    if (!wide && g.m >= 4) return size <= kSmallMatrix;
    return size <= kSmallMatrix || g.m <= tiles.max_rows || (size <= 4 * kSmallMatrix && g.m <= 2 * tiles.max_rows);
  }

  // One tile, for which no work is to be shared out.
  bool is_tile() const { return g.m <= tiles.max_rows && g.n <= panel() && g.k <= 64 && !g.transpose_b; }
  void one_tile() const {
    const int64_t zero = 0;
    Tile<T> t{.a = g.a, .a_row = a_row(), .a_step = a_step(), .b = g.b, .b_step = g.ldb, .c_row = g.ldc, .k = g.k,
              .segments = &zero, .segment_count = 1};
    run_tile(t, g.m, 0, 0, g.n, true, true);
  }

  // Tasks are strips of columns, times groups of tiles of rows.
  void direct() const {
    const Cut rows = row_tiles(g.m);
    const int64_t width = rows.size(0) <= tiles.wide_rows ? 4 * tiles.lanes : 2 * tiles.lanes;
    if (g.m * g.n * g.k <= kTaskWork) {
      for (int64_t j = 0; j < g.n; j += width) direct_strip(rows, 0, rows.count, j, std::min(width, g.n - j));
      return;
    }
    const Cut groups{rows.count, ceil_div(rows.count, kTaskTiles)};
    const int64_t strips = ceil_div(g.n, width), work = ceil_div(g.m, groups.count) * width * g.k;
    parallel_for(strips * groups.count, grain(work), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t column = task % strips * width, group = task / strips;
        direct_strip(rows, groups.begin(group), groups.begin(group + 1), column, std::min(width, g.n - column));
      }
    });
  }

  // C is large and B small: each tile of rows passes by all of B, so that memory is written in long pieces.
  bool is_tall() const {
    return g.n * g.k <= kTallMatrix && g.m * g.n >= kLargeMatrix && g.m >= kTasksDown * tiles.max_rows;
  }
  void tall() const {
    const Cut rows = row_tiles(g.m);
    parallel_for(rows.count, grain(tiles.max_rows * g.n * g.k), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        fetch_a(rows.begin(i + 1), rows.size(i), 0, g.k);
        for (int64_t j = 0; j < g.n; j += panel()) {
          const int64_t next = j + panel() < g.n ? j + panel() : 0;
          fetch_tile(g.c + rows.begin(next ? i : i + 1) * g.ldc + next, g.ldc, rows.size(i));
          direct_strip(rows, i, i + 1, j, std::min(panel(), g.n - j));
        }
      }
    });
  }

  // The tiles [first, last) of rows of C at [column, column + columns), up to four vectors; three are two and one.
  void direct_strip(const Cut& rows, int64_t first, int64_t last, int64_t column, int64_t columns) const {
    if (columns > 2 * tiles.lanes && columns <= 3 * tiles.lanes) {
      direct_strip(rows, first, last, column, 2 * tiles.lanes);
      return direct_strip(rows, first, last, column + 2 * tiles.lanes, columns - 2 * tiles.lanes);
    }
    const int64_t zero = 0;
    Tile<T> t{.a_row = a_row(), .a_step = a_step(), .b = g.b + column, .b_step = g.ldb, .c_row = g.ldc, .k = g.k,
              .segments = &zero, .segment_count = 1};
    for (int64_t i = first; i < last; ++i) {
      const int64_t row = rows.begin(i);
      t.a = g.a + row * a_row();
      run_tile(t, rows.size(i), row, column, columns, true, true);
    }
  }

  // Slices of k side by side, each into a result of its own; those are added in order.
  void deep() const {
    const Cut slices{g.k, std::min(kMostSlices, 2 * g.k / kDeep)};
    const int64_t size = g.m * g.n;
    Scratch<T> sums(slices.count * size);
    parallel_for(slices.count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        Gemm<T> part = g;
        part.k = slices.size(i);
        part.a += slices.begin(i) * a_step();
        part.b += slices.begin(i) * (g.transpose_b ? 1 : g.ldb);
        part.c = sums.data() + i * size;
        part.ldc = g.n;
        part.accumulate = false;
        part.epilogue = {};
        Product(part).run();
      }
    });
    clear();
    for (int64_t i = 0; i < slices.count * size; ++i) g.c[i % size / g.n * g.ldc + i % g.n] += sums[i];
    finish_rows(0, g.m, 0, g.n);
  }

  // Whether A is copied: not where few panels pass by it, unless its rows fall on each other's place in the cache or lie far
  // apart in memory.
  bool copies_a() const {
    if (g.n > 4 * panel()) return true;
    const int64_t row = g.lda * int64_t(sizeof(T));
    return !g.transpose_a && (row % 2048 == 0 || (row >= 1024 && g.m * g.k >= kLargeMatrix));
  }

  // Tiles that are copied out of A lie (k, rows): a tile then reads its rows at fixed distances.
  int64_t copied_rows() const { return ceil_div(tiles.max_rows, tiles.lanes) * tiles.lanes; }

  void copy_a(int64_t row, int64_t rows, int64_t k_begin, int64_t k, T* to) const {
    const T* from = g.a + row * a_row() + k_begin * a_step();
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
      packs.transpose(g.b + column * g.ldb + k_begin, g.ldb, k, columns, panel(), to);
    } else {
      packs.copy(g.b + k_begin * g.ldb + column, g.ldb, k, columns, panel(), to);
    }
  }

  Tile<T> tile_over(int64_t k, const int64_t* zero) const {
    return {.a_row = copies_a() ? 1 : a_row(), .a_step = copies_a() ? copied_rows() : a_step(), .b_step = panel(), .c_row = g.ldc, .k = k, .segments = zero, .segment_count = 1};
  }

  // The index-th of the copied tiles, or the same rows where they are.
  const T* tile_of_a(const T* copied, int64_t index, int64_t row, int64_t k_begin, int64_t k) const {
    return copies_a() ? copied + index * k * copied_rows() : g.a + row * a_row() + k_begin * a_step();
  }

  // The panels of B at [column, column + columns), `k` steps each, one behind the other; along the rows of B some steps at a
  // time for all panels, so that memory is read in long pieces.
  void copy_panels(int64_t column, int64_t columns, int64_t k_begin, int64_t k, T* to) const {
    const int64_t steps = g.transpose_b ? k : kCopySteps;
    for (int64_t p = 0; p < k; p += steps) {
      for (int64_t j = 0; j < columns; j += panel())
        copy_b(column + j, std::min(panel(), columns - j), k_begin + p, std::min(steps, k - p), to + j * k + p * panel());
    }
  }

  // Rows of A that the next tile reads where they are.
  void fetch_a(int64_t row, int64_t rows, int64_t k_begin, int64_t k) const {
    if (g.transpose_a) return;
    for (int64_t r = row; r < row + rows; ++r) {
      for (int64_t p = k_begin; p < k_begin + k; p += 64 / int64_t(sizeof(T))) __builtin_prefetch(g.a + r * g.lda + p);
    }
  }

  // No work to be shared out, and no copy of A.
  void little() const {
    const Cut rows = row_tiles(g.m);
    Scratch<T, kStackBytes> b(ceil_div(g.n, panel()) * panel() * g.k);
    copy_panels(0, g.n, 0, g.k, b.data());
    multiply(rows, 0, rows.count, 0, g.n, {g.k, 1}, 0, nullptr, b.data());
  }

  // Few rows: a block of A is copied for all of them, and a few panels of B at a time just before their use.
  void few_rows() const {
    const Cut depth{g.k, ceil_div(g.k, kBlockDepth)}, rows = row_tiles(g.m);
    const int64_t width = std::min(few_panels(), ceil_div(g.n, panel())) * panel();
    Scratch<T, kStackBytes> a(copies_a() ? rows.count * ceil_div(g.k, depth.count) * copied_rows() : 0);
    for (int64_t p = 0; p < depth.count; ++p) {
      copy_tiles(rows, 0, rows.count, depth.begin(p), depth.size(p), a.data());
      parallel_for(ceil_div(g.n, width), grain(g.m * width * depth.size(p)), [&](int64_t begin, int64_t end) {
        const int64_t k = depth.size(p);
        Scratch<T, kStackBytes> b(k * width);
        for (int64_t column = begin * width; column < std::min(end * width, g.n); column += width) {
          const int64_t columns = std::min(width, g.n - column);
          copy_panels(column, columns, depth.begin(p), k, b.data());
          multiply(rows, 0, rows.count, column, columns, depth, p, a.data(), b.data());
        }
      });
    }
  }

  // Tiles [first, last) of rows by the panels of packed B at [column, column + columns).
  void multiply(const Cut& rows, int64_t first, int64_t last, int64_t column, int64_t columns, const Cut& depth, int64_t p,
                const T* a, const T* b) const {
    const int64_t zero = 0, k = depth.size(p);
    const bool copied = copies_a();
    Tile<T> t = tile_over(k, &zero);
    for (int64_t j = 0; j < columns; j += panel()) {
      t.b = b + j * k;
      for (int64_t i = first; i < last; ++i) {
        t.a = tile_of_a(a, i - first, rows.begin(i), depth.begin(p), k);
        if (j == 0 && !copied) fetch_a(rows.begin(i + 1), rows.size(i), depth.begin(p), k);
        if (p > 0 && i + 1 < last) fetch_tile(g.c + rows.begin(i + 1) * g.ldc + column + j, g.ldc, rows.size(i + 1));
        run_tile(t, rows.size(i), rows.begin(i), column + j, std::min(panel(), columns - j), p == 0, p + 1 == depth.count);
      }
    }
  }

  // Blocks of B are packed by all threads; tasks of a few tiles of rows then pass by the panels of a block.
  void packed() const {
    const Cut depth{g.k, ceil_div(g.k, kBlockDepth)}, across{g.n, ceil_div(g.n, kBlockColumns)};
    const int64_t most_panels = ceil_div(ceil_div(g.n, across.count), panel());
    Scratch<T> b(ceil_div(g.k, depth.count) * most_panels * panel());
    for (int64_t j = 0; j < across.count; ++j) {
      for (int64_t p = 0; p < depth.count; ++p) {
        pack_block(across.begin(j), across.size(j), depth.begin(p), depth.size(p), b.data());
        multiply_block(across.begin(j), across.size(j), depth, p, b.data());
      }
    }
  }

  void pack_block(int64_t first, int64_t columns, int64_t k_begin, int64_t k, T* to) const {
    const int64_t width = few_panels() * panel(), grain = std::max<int64_t>(1, 65536 / (k * width));
    parallel_for(ceil_div(columns, width), grain, [&](int64_t begin, int64_t end) {
      const int64_t last = std::min(end * width, columns);
      copy_panels(first + begin * width, last - begin * width, k_begin, k, to + begin * width * k);
    });
  }

  void multiply_block(int64_t first, int64_t columns, const Cut& depth, int64_t p, const T* b) const {
    const Cut rows = row_tiles(g.m);
    const Cut down{rows.count, ceil_div(rows.count, std::clamp(rows.count / kTasksDown, int64_t(1), kTaskTiles))};
    const int64_t k = depth.size(p);
    parallel_for(down.count, grain(ceil_div(g.m, down.count) * columns * k), [&](int64_t begin, int64_t end) {
      Scratch<T> a(copies_a() ? ceil_div(rows.count, down.count) * k * copied_rows() : 0);
      for (int64_t task = begin; task < end; ++task) {
        copy_tiles(rows, down.begin(task), down.begin(task + 1), depth.begin(p), k, a.data());
        multiply(rows, down.begin(task), down.begin(task + 1), first, columns, depth, p, a.data(), b);
      }
    });
  }
};

// Large products share their work among threads; small ones of a batch are dealt out whole.
template <class T>
void float_gemm(const Gemm<T>& args) {
  const Gemm<T> g = with_strides(args);
  if (g.batch == 1) return Product<T>(g).run();
  int64_t grain = std::max<int64_t>(1, kTaskWork / std::max<int64_t>(1, g.m * g.n * g.k));
  parallel_for(g.batch, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Gemm<T> one = g;
      one.a += i * g.stride_a;
      one.b += i * g.stride_b;
      one.c += i * g.stride_c;
      Product<T>(one).run();
    }
  });
}

}  // namespace

void gemm(const Gemm<float>& args) { float_gemm(args); }
void gemm(const Gemm<double>& args) { float_gemm(args); }

}  // namespace runnel::inline v0::cpu
