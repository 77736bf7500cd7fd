// Which way a product of floats is computed, and by how many tasks. Both follow from the sizes alone.
//   dot      B transposed, few rows: dot products of rows, nothing packed
//   axpy     one row: sums of multiples of the rows of B
//   direct   few rows or small matrices: tiles that read A and B where they are
//   few rows, packed   the rest: blocks of A and B are copied into the order in which the tiles read them
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
constexpr int64_t kBlockDepth = 384;    // steps of k in a packed block
constexpr int64_t kBlockColumns = 4096;  // columns of B packed at a time
constexpr int64_t kTaskPanels = 16;      // panels of packed B that stay in the second cache while rows pass by
constexpr int64_t kTaskTiles = 4;        // tiles of rows of a task
constexpr int64_t kFewRows = 160;        // at most so many rows: each panel of B is packed just before its use

template <class T>
class Product {
 public:
  explicit Product(const Gemm<T>& args) : g(args), tiles(tiles_of(args.c)) {}

  void run() {
    if (g.m == 0 || g.n == 0) return;
    if (g.k == 0) return clear_and_finish();
    if (g.n < tiles.lanes / 2 && g.n < g.m) return narrow();
    if (g.transpose_b && g.m <= 8 && (g.m == 1 || g.k >= 4 * tiles.lanes)) return dot();
    if (g.m == 1 && !g.transpose_b) return axpy();
    if (!g.transpose_b && (g.m <= tiles.max_rows || g.n * g.k <= 4096)) return direct();
    g.m <= kFewRows ? few_rows() : packed();
  }

 private:
  const Gemm<T> g;
  const TileKernels<T>& tiles;

  int64_t a_row() const { return g.transpose_a ? 1 : g.lda; }
  int64_t a_step() const { return g.transpose_a ? g.lda : 1; }
  int64_t panel() const { return 2 * tiles.lanes; }
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

  void direct() const {
    const Cut rows = row_tiles(g.m);
    const int64_t lanes = tiles.lanes, width = ceil_div(g.m, rows.count) <= tiles.wide_rows ? 4 * lanes : 2 * lanes;
    parallel_for(ceil_div(g.n, width), grain(g.m * width * g.k), [&](int64_t begin, int64_t end) {
      for (int64_t column = begin * width; column < std::min(end * width, g.n);) {
        int64_t rest = g.n - column;
        int64_t columns = std::min(rest, rest > 3 * lanes ? width : 2 * lanes);
        direct_strip(rows, column, columns);
        column += columns;
      }
    });
  }

  // All rows of C at [column, column + columns).
  void direct_strip(const Cut& rows, int64_t column, int64_t columns) const {
    const int64_t zero = 0;
    Tile<T> t{.a_row = a_row(), .a_step = a_step(), .b = g.b + column, .b_step = g.ldb, .c_row = g.ldc, .k = g.k,
              .segments = &zero, .segment_count = 1};
    for (int64_t i = 0; i < rows.count; ++i) {
      t.a = g.a + rows.begin(i) * a_row();
      run_tile(t, rows.size(i), rows.begin(i), column, columns, true, true);
    }
  }

  // Where tiles of `k` steps, copied out of A, lie: [k][rows] if A is stored transposed, else [row][k] with rows an odd
  // number of cache lines apart, so that they do not fall on each other's place in the cache.
  int64_t copied_row(int64_t k) const { return g.transpose_a ? 1 : (ceil_div(k, 16) | 1) * 16; }
  int64_t copied_step() const { return g.transpose_a ? ceil_div(tiles.max_rows, tiles.lanes) * tiles.lanes : 1; }
  int64_t copied_tile(int64_t k) const { return g.transpose_a ? k * copied_step() : tiles.max_rows * copied_row(k); }

  void copy_a(int64_t row, int64_t rows, int64_t k_begin, int64_t k, T* to) const {
    const T* from = g.a + row * a_row() + k_begin * a_step();
    if (g.transpose_a) return packs_of(g.c).copy(from, g.lda, k, rows, copied_step(), to);
    for (int64_t r = 0; r < rows; ++r) std::copy_n(from + r * g.lda, k, to + r * copied_row(k));
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
    return {.a_row = copied_row(k), .a_step = copied_step(), .b_step = panel(), .c_row = g.ldc, .k = k, .segments = zero,
            .segment_count = 1};
  }

  // Few rows: all of A is copied once, and each panel of B into the first cache just before its use.
  void few_rows() const {
    const Cut depth{g.k, ceil_div(g.k, kBlockDepth)}, rows = row_tiles(g.m);
    const int64_t most_k = ceil_div(g.k, depth.count), block = rows.count * copied_tile(most_k);
    Scratch<T> a(depth.count * block);
    for (int64_t p = 0; p < depth.count; ++p) {
      for (int64_t i = 0; i < rows.count; ++i) {
        copy_a(rows.begin(i), rows.size(i), depth.begin(p), depth.size(p), a.data() + p * block + i * copied_tile(most_k));
      }
    }
    parallel_for(ceil_div(g.n, panel()), grain(g.m * panel() * g.k), [&](int64_t begin, int64_t end) {
      const int64_t zero = 0;
      Scratch<T> b(most_k * panel());
      for (int64_t column = begin * panel(); column < std::min(end * panel(), g.n); column += panel()) {
        const int64_t columns = std::min(panel(), g.n - column);
        for (int64_t p = 0; p < depth.count; ++p) {
          Tile<T> t = tile_over(depth.size(p), &zero);
          copy_b(column, columns, depth.begin(p), t.k, b.data());
          t.b = b.data();
          for (int64_t i = 0; i < rows.count; ++i) {
            t.a = a.data() + p * block + i * copied_tile(most_k);
            run_tile(t, rows.size(i), rows.begin(i), column, columns, p == 0, p + 1 == depth.count);
          }
        }
      }
    });
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
    const int64_t grain = std::max<int64_t>(1, 65536 / (k * panel()));
    parallel_for(ceil_div(columns, panel()), grain, [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j) {
        copy_b(first + j * panel(), std::min(panel(), columns - j * panel()), k_begin, k, to + j * panel() * k);
      }
    });
  }

  void multiply_block(int64_t first, int64_t columns, const Cut& depth, int64_t p, const T* b) const {
    const Cut rows = row_tiles(g.m);
    const int64_t panels = ceil_div(columns, panel()), task_panels = std::min(kTaskPanels, panels), k = depth.size(p);
    const int64_t task_tiles = std::clamp(grain(tiles.max_rows * task_panels * panel() * k), int64_t(1), kTaskTiles);
    const int64_t down = ceil_div(rows.count, task_tiles);
    parallel_for(down * ceil_div(panels, task_panels), 1, [&](int64_t begin, int64_t end) {
      const int64_t zero = 0;
      Tile<T> t = tile_over(k, &zero);
      Scratch<T> a(copied_tile(k));
      t.a = a.data();
      for (int64_t task = begin; task < end; ++task) {
        const int64_t i0 = task % down * task_tiles, j0 = task / down * task_panels;
        for (int64_t i = i0; i < std::min(i0 + task_tiles, rows.count); ++i) {
          copy_a(rows.begin(i), rows.size(i), depth.begin(p), k, a.data());
          for (int64_t j = j0; j < std::min(j0 + task_panels, panels); ++j) {
            t.b = b + j * panel() * k;
            run_tile(t, rows.size(i), rows.begin(i), first + j * panel(), std::min(panel(), columns - j * panel()), p == 0,
                     p + 1 == depth.count);
          }
        }
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
