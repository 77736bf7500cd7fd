// Which way a product of floats is computed, and by how many tasks. Both follow from the sizes alone.
//   deep     a long sum of a small result: slices of k
//   dot      B transposed, few rows: dot products of rows, nothing packed
//   axpy     one row, or few by a large B: sums of multiples of the rows of B
//   direct, tall   few rows or a small B: tiles that read A and B where they are
//   little, few rows, packed   the rest: B, and A where it pays, are copied into the order in which the tiles read them
//   narrow   few columns: the transposed product, whose rows are few, is computed and turned round
#include "runnel/runtime/cpu/gemm.h"

#include <algorithm>

#include "runnel/runtime/cpu/gemm_packed.h"
#include "runnel/runtime/cpu/gemm_plain.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kSmallMatrix = int64_t(300) << 10;  // elements of B
constexpr int64_t kTallMatrix = int64_t(64) << 10;    // of a B that each tile of rows passes by
constexpr int64_t kDeep = 4096;        // so long a sum of so small a result is cut into slices,
constexpr int64_t kDeepResult = 16384;
constexpr int64_t kMostSlices = 8;
constexpr int64_t kTileDepth = 64;     // of a product that is one tile or two
constexpr int64_t kDotRows = 15;
constexpr int64_t kAxpyColumns = 512;  // summed at a time, to stay in the first cache
constexpr int64_t kFewStrips = 4;        // so few strips of columns alone would not keep several threads busy
constexpr int64_t kOneProduct = 2048;    // multiply-adds that take as long as a product of a batch takes to begin
constexpr int64_t kTurnedDepth = 128;    // so long a sum makes up for turning the result
constexpr int64_t kFewRows = 160;        // at most so many rows: each panel of B is packed just before its use

template <class T>
class Product {
 public:
  explicit Product(const Gemm<T>& args) : of(args), g(of.g), tiles(of.tiles) {}

  void run() {
    if (g.m == 0 || g.n == 0) return;
    if (g.k == 0) return clear_and_finish();
    if (is_tile()) return one_tile();
    if (g.k >= kDeep && g.m * g.n <= kDeepResult) return deep();
    if (is_narrow()) return narrow();
    if (is_dot()) return dot();
    if (is_axpy()) return axpy();
    if (reads_b_in_place()) return is_tall() ? tall() : direct();
    const PackedProduct<T> product(of);
    if (g.m * g.n * g.k <= kTaskWork && g.k <= kBlockDepth && !product.copies_a()) return product.little();
    g.m <= kFewRows ? product.few_rows() : product.packed();
  }

 private:
  const Operands<T> of;
  const Gemm<T>& g;
  const TileKernels<T>& tiles;

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

  // Few rows of A, along k as the rows of B.
  bool is_dot() const { return g.transpose_b && (g.m == 1 || (g.m <= kDotRows && g.k >= 4 * tiles.lanes)); }

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
    parallel_for(g.n, ceil_div(task_grain(g.m * g.k), 8) * 8, [&](int64_t begin, int64_t end) {
      vectors_of(g.c).dot(a, lda, g.b + begin * g.ldb, g.ldb, g.c + begin, g.ldc, g.m, end - begin, g.k);
      finish_rows(0, g.m, begin, end - begin);
    });
  }

  // One row; or, where panels of B are a cache line wide, few rows by a B that does not stay in the cache: it is read once, in long pieces.
  bool is_axpy() const {
    return !g.transpose_b && (g.m == 1 || (g.m <= kAxpyRows && g.n * g.k > kSmallMatrix && of.panel() * int64_t(sizeof(T)) <= 64));
  }
  void axpy() const {
    clear();
    parallel_for(ceil_div(g.n, kAxpyColumns), task_grain(g.m * g.k * kAxpyColumns), [&](int64_t begin, int64_t end) {
      for (int64_t j = begin * kAxpyColumns; j < std::min(end * kAxpyColumns, g.n); j += kAxpyColumns) {
        axpy_columns(j, std::min(kAxpyColumns, g.n - j));
        finish_rows(0, g.m, j, std::min(kAxpyColumns, g.n - j));
      }
    });
  }

  // Several rows of C are summed in a copy: there they may fall on each other's place in the cache.
  void axpy_columns(int64_t first, int64_t columns) const {
    constexpr int64_t kRow = kAxpyColumns + 16;
    Axpy<T> args{.m = g.m, .n = columns, .k = g.k, .x = g.a, .x_row = of.a_row(), .x_step = of.a_step(), .b = g.b + first,
                 .ldb = g.ldb, .y = g.c + first, .ldy = g.ldc};
    if (g.m == 1) return vectors_of(g.c).axpy(args);
    args.y = thread_workspace<T>(g.m * kRow);
    args.ldy = kRow;
    for (int64_t i = 0; i < g.m; ++i) std::copy_n(g.c + i * g.ldc + first, columns, args.y + i * kRow);
    vectors_of(g.c).axpy(args);
    for (int64_t i = 0; i < g.m; ++i) std::copy_n(args.y + i * kRow, columns, g.c + i * g.ldc + first);
  }

  // Few columns for the lanes of a vector: half of them, or more where the turned product reads both matrices where they are.
  bool is_narrow() const {
    constexpr int64_t kFewColumns = 8;
    const int64_t most = (g.transpose_a || g.transpose_b) && g.k >= kTurnedDepth ? std::max<int64_t>(kFewColumns, tiles.lanes - 1) : tiles.lanes / 2;
    return g.n <= most && g.n < g.m;
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

  // B is read where it is while it fits the second cache, or not many rows pass by.
  bool reads_b_in_place() const {
    if (g.transpose_b) return false;
    const int64_t size = g.n * g.k;
    const bool wide = of.panel() * int64_t(sizeof(T)) > 64;  // narrower panels of a large B would be read line by line
    if (!wide && g.m >= 4) return size <= kSmallMatrix;
    return size <= kSmallMatrix || g.m <= tiles.max_rows || (size <= 4 * kSmallMatrix && g.m <= 2 * tiles.max_rows);
  }

  // One tile, or two with one below the other: no work is to be shared out, no length to be divided.
  bool is_tile() const {
    return g.m <= 2 * tiles.max_rows && g.n <= of.panel() && g.k <= kTileDepth && (!g.transpose_b || (g.m > 1 && !is_dot()));
  }
  void one_tile() const {
    Scratch<T, kStackBytes> copy(g.transpose_b ? g.k * of.panel() : 0);
    if (g.transpose_b) packs_of(g.c).transpose(g.b, g.ldb, g.k, g.n, of.panel(), copy.data());
    const int64_t zero = 0, rows = g.m <= tiles.max_rows ? g.m : (g.m + 1) / 2;
    Tile<T> t{.a = g.a, .a_row = of.a_row(), .a_step = of.a_step(), .b = g.transpose_b ? copy.data() : g.b,
              .b_step = g.transpose_b ? of.panel() : g.ldb, .c_row = g.ldc, .k = g.k, .segments = &zero, .segment_count = 1};
    for (int64_t row = 0; row < g.m; row += rows, t.a += rows * of.a_row())
      of.run_tile(t, std::min(rows, g.m - row), row, 0, g.n, true, true);
  }

  // Tasks are strips of columns, times groups of tiles of rows.
  void direct() const {
    const Cut rows = of.row_tiles(g.m);
    const int64_t width = rows.size(0) <= tiles.wide_rows ? 4 * tiles.lanes : 2 * tiles.lanes;
    if (g.m * g.n * g.k <= kTaskWork) {
      for (int64_t j = 0; j < g.n; j += width) direct_strip(rows, 0, rows.count, j, std::min(width, g.n - j));
      return;
    }
    const int64_t strips = ceil_div(g.n, width), most = strips >= kFewStrips ? kTaskTiles : std::min(task_grain(rows.size(0) * width * g.k), kTaskTiles);
    const Cut groups{rows.count, ceil_div(rows.count, most)};
    const int64_t work = ceil_div(g.m, groups.count) * width * g.k;
    parallel_for(strips * groups.count, task_grain(work), [&](int64_t begin, int64_t end) {
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
    const Cut rows = of.row_tiles(g.m);
    parallel_for(rows.count, task_grain(tiles.max_rows * g.n * g.k), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        for (int64_t j = 0; j < g.n; j += of.panel()) {
          const int64_t next = j + of.panel() < g.n ? j + of.panel() : 0;
          fetch_tile(g.c + rows.begin(next ? i : i + 1) * g.ldc + next, g.ldc, rows.size(i));
          direct_strip(rows, i, i + 1, j, std::min(of.panel(), g.n - j));
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
    Tile<T> t{.a_row = of.a_row(), .a_step = of.a_step(), .b = g.b + column, .b_step = g.ldb, .c_row = g.ldc, .k = g.k,
              .segments = &zero, .segment_count = 1};
    for (int64_t i = first; i < last; ++i) {
      const int64_t row = rows.begin(i);
      t.a = g.a + row * of.a_row();
      of.run_tile(t, rows.size(i), row, column, columns, true, true);
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
        part.a += slices.begin(i) * of.a_step();
        part.b += slices.begin(i) * (g.transpose_b ? 1 : g.ldb);
        part.c = sums.data() + i * size;
        part.ldc = g.n;
        part.accumulate = false;
        part.epilogue = {};
        Product(part).run();
      }
    });
    clear();
    for (int64_t slice = 0; slice < slices.count; ++slice) {
      for (int64_t i = 0; i < g.m; ++i) {
        const T* more = sums.data() + slice * size + i * g.n;
        for (int64_t j = 0; j < g.n; ++j) g.c[i * g.ldc + j] += more[j];
      }
    }
    finish_rows(0, g.m, 0, g.n);
  }
};

// Large products share their work among threads; small ones of a batch are dealt out whole.
template <class T>
void float_gemm(const Gemm<T>& args) {
  const Gemm<T> g = with_strides(args);
  if (g.batch == 1) return Product<T>(g).run();
  const int64_t tasks = ceil_div(g.batch, task_grain(g.m * g.n * g.k + kOneProduct));
  const int64_t grain = ceil_div(g.batch, tasks <= 1 ? 1 : tasks + tasks % 2);  // two threads have as much to do
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
