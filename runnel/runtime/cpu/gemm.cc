// Which way a product of floats is computed, and by how many tasks. Both follow from the sizes alone.
//   dot      B transposed, few rows: dot products of rows, nothing packed
//   axpy     one row: sums of multiples of the rows of B
//   direct   few rows or small matrices: tiles that read A and B where they are
//   packed   the rest: blocks of A and B are copied into the order in which the tiles read them
//   narrow   few columns: the transposed product, whose rows are few, is computed and turned round
#include "runnel/runtime/cpu/gemm.h"

#include <algorithm>

#include "runnel/runtime/cpu/gemm_kernel.h"
#include "runnel/runtime/cpu/gemm_plain.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kTaskWork = 1 << 19;       // multiply-adds that are worth a task
constexpr int64_t kBlockDepth = 320;         // steps of k in a packed block
constexpr int64_t kBlockRows = 2048;         // rows of A packed at a time
constexpr int64_t kBlockColumns = 4096;      // columns of B packed at a time

const TileKernels<float>& tiles_of(const float*) { return tile_table().f32; }
const TileKernels<double>& tiles_of(const double*) { return tile_table().f64; }
const PackKernels<float>& packs_of(const float*) { return pack_table().f32; }
const PackKernels<double>& packs_of(const double*) { return pack_table().f64; }
const VectorKernels<float>& vectors_of(const float*) { return vector_table().f32; }
const VectorKernels<double>& vectors_of(const double*) { return vector_table().f64; }

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// A length cut into `count` parts that differ by one at most.
struct Cut {
  int64_t length, count;
  int64_t begin(int64_t i) const { return length * i / count; }
  int64_t size(int64_t i) const { return begin(i + 1) - begin(i); }
};

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
    int64_t b_size = g.n * g.k;
    if (!g.transpose_b && (g.m <= 2 * tiles.max_rows || b_size <= 4096)) return direct();
    packed();
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

  void packed() const {
    const Cut depth{g.k, ceil_div(g.k, kBlockDepth)};
    const Cut across{g.n, ceil_div(g.n, kBlockColumns)};
    const Cut down{g.m, ceil_div(g.m, kBlockRows)};
    const int64_t most_k = ceil_div(g.k, depth.count);
    const int64_t most_n = ceil_div(ceil_div(g.n, across.count), panel()) * panel();
    Scratch<T> b_block(most_k * most_n);
    for (int64_t j = 0; j < across.count; ++j) {
      for (int64_t p = 0; p < depth.count; ++p) {
        pack_b(depth, p, across.begin(j), across.size(j), b_block.data());
        for (int64_t i = 0; i < down.count; ++i) {
          multiply_block(depth, p, down.begin(i), down.size(i), across.begin(j), across.size(j), b_block.data());
        }
      }
    }
  }

  void pack_b(const Cut& depth, int64_t p, int64_t first, int64_t columns, T* out) const {
    const int64_t k = depth.size(p), begin_k = depth.begin(p), width = panel();
    const auto& packs = packs_of(g.c);
    parallel_for(ceil_div(columns, width), std::max<int64_t>(1, 65536 / (k * width)), [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j) {
        int64_t column = first + j * width, count = std::min(width, columns - j * width);
        T* to = out + j * width * k;
        if (g.transpose_b) {
          packs.transpose(g.b + column * g.ldb + begin_k, g.ldb, k, count, width, to);
        } else {
          packs.copy(g.b + begin_k * g.ldb + column, g.ldb, k, count, width, to);
        }
      }
    });
  }

  // Rows [first_row, first_row + rows) of C, by tasks of a few tiles times a few panels.
  void multiply_block(const Cut& depth, int64_t p, int64_t first_row, int64_t rows, int64_t first_column,
                      int64_t columns, const T* b) const {
    const Cut tiles_down = row_tiles(rows);
    const int64_t panels = ceil_div(columns, panel()), k = depth.size(p);
    int64_t block_rows = std::min<int64_t>(8, tiles_down.count), block_panels = std::min<int64_t>(8, panels);
    auto tasks = [&] { return ceil_div(tiles_down.count, block_rows) * ceil_div(panels, block_panels); };
    while (tasks() < 16 && block_rows * block_panels * tiles.max_rows * panel() * k > 2 * kTaskWork) {
      int64_t& larger = block_rows >= block_panels ? block_rows : block_panels;
      larger = ceil_div(larger, 2);
    }
    const int64_t across = ceil_div(panels, block_panels);
    parallel_for(tasks(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        int64_t i = task / across * block_rows, j = task % across * block_panels;
        multiply_task(depth, p, tiles_down, i, std::min(i + block_rows, tiles_down.count), first_row, j,
                      std::min(j + block_panels, panels), first_column, columns, b);
      }
    });
  }

  void multiply_task(const Cut& depth, int64_t p, const Cut& tiles_down, int64_t i0, int64_t i1, int64_t first_row,
                     int64_t j0, int64_t j1, int64_t first_column, int64_t columns, const T* b) const {
    const int64_t k = depth.size(p), begin_k = depth.begin(p), width = panel();
    const bool first = p == 0, last = p + 1 == depth.count;
    const int64_t zero = 0;
    Tile<T> t{.a_row = a_row(), .a_step = a_step(), .b_step = width, .c_row = g.ldc, .k = k, .segments = &zero,
              .segment_count = 1};
    for (int64_t j = j0; j < j1; ++j) {
      t.b = b + j * width * k;
      for (int64_t i = i0; i < i1; ++i) {
        int64_t row = first_row + tiles_down.begin(i);
        t.a = g.a + row * a_row() + begin_k * a_step();
        run_tile(t, tiles_down.size(i), row, first_column + j * width, std::min(width, columns - j * width), first, last);
      }
    }
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
