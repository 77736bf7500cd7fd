// Reductions: dimensions are collapsed to alternating kept and reduced ones; the two innermost go to a kernel, and the
// rest is cut into tasks by size alone.
#include "runnel/runtime/cpu/reduce.h"

#include <algorithm>
#include <vector>

#include "runnel/core/shape.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

RUNNEL_ISA_TABLE(Rows<ReduceRow>, reduce_rows_table)
namespace once {
extern const Rows<ReduceRow> reduce_rows_table;
}

namespace {

constexpr int64_t kTaskElements = 131072;  // elements a task takes in
constexpr int64_t kStates = 512;           // outputs a task works on at a time
constexpr int64_t kManyTasks = 64;         // from here on reductions are not cut into pieces

struct Loop {
  int64_t size, stride;
};
using Loops = SmallVector<Loop, 6>;

/// The last kept and the last reduced dimension, and those outside them.
struct Plan {
  Loops kept, reduced;
  Loop inner_kept{1, 1}, inner_reduced{1, 1};
  bool rows = false;  // the reduced dimension is the innermost of all
  int64_t outputs = 1, count = 1;

  int64_t outer_kept() const { return outputs / inner_kept.size; }
};

Plan make_plan(Extents dims, std::span<const int> axes) {
  struct Dim {
    int64_t size;
    bool reduced;
  };
  SmallVector<Dim, 8> joined;
  for (int i = 0; i < int(dims.size()); ++i) {
    bool reduced = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (dims[i] == 1) continue;
    if (!joined.empty() && joined[joined.size() - 1].reduced == reduced) joined[joined.size() - 1].size *= dims[i];
    else joined.push_back({dims[i], reduced});
  }
  Plan plan;
  int64_t stride = 1;
  bool have_kept = false, have_reduced = false;
  plan.rows = !joined.empty() && joined[joined.size() - 1].reduced;
  for (int i = joined.size() - 1; i >= 0; --i) {
    Loop loop{joined[i].size, stride};
    stride *= loop.size;
    bool reduced = joined[i].reduced;
    bool& have = reduced ? have_reduced : have_kept;
    (reduced ? plan.count : plan.outputs) *= loop.size;
    if (!have) (reduced ? plan.inner_reduced : plan.inner_kept) = loop;
    else (reduced ? plan.reduced : plan.kept).push_back(loop);
    have = true;
  }
  return plan;
}

/// Offset of the index-th element of some loops, the first being the innermost.
int64_t offset_of(const Loops& loops, int64_t index) {
  int64_t offset = 0;
  for (const Loop& loop : loops) {
    offset += index % loop.size * loop.stride;
    index /= loop.size;
  }
  return offset;
}

/// x in memory.
struct Array {
  const char* data;
  int64_t element_size;

  void take_rows(const ReduceOps& ops, int64_t offset, int64_t rows, int64_t stride, int64_t run, void* states) const {
    ops.rows(data + offset * element_size, rows, stride, run, states);
  }
  void take_columns(const ReduceOps& ops, int64_t offset, int64_t run, int64_t stride, int64_t columns, void* states) const {
    ops.columns(data + offset * element_size, run, stride, columns, states);
  }
};

/// x as it is computed: several short rows at a time, or a long one in pieces. Pieces hold whole blocks of the kernels, which
/// take in lanes from a row's beginning on, so that the bits are those of an array.
struct Computed {
  ReduceSource source;

  void take_rows(const ReduceOps& ops, int64_t offset, int64_t rows, int64_t stride, int64_t run, void* states) const {
    int64_t together = run == stride ? std::max<int64_t>(1, kSourceBlock / run) : 1;
    for (int64_t r = 0; r < rows; r += together) {
      int64_t count = std::min(together, rows - r);
      void* at = static_cast<char*>(states) + r * ops.state_size;
      if (count > 1) ops.rows(source(offset + r * stride, count * run), count, run, run, at);
      for (int64_t i = 0; count == 1 && i < run; i += kSourceBlock) {
        int64_t n = std::min(kSourceBlock, run - i);
        ops.rows(source(offset + r * stride + i, n), 1, n, n, at);
      }
    }
  }
  void take_columns(const ReduceOps&, int64_t, int64_t, int64_t, int64_t, void*) const {}
};

/// states[k - begin] take in the reduced elements [first, last) of the kept elements [begin, end) of inner_kept.
template <class X>
void take_in(const Plan& plan, const ReduceOps& ops, const X& x, int64_t outer, int64_t begin, int64_t end, int64_t first, int64_t last, void* states) {
  while (first < last) {
    int64_t within = first % plan.inner_reduced.size, run = std::min(plan.inner_reduced.size - within, last - first);
    int64_t offset = outer + offset_of(plan.reduced, first / plan.inner_reduced.size) + within * plan.inner_reduced.stride +
                     begin * plan.inner_kept.stride;
    if (plan.rows) x.take_rows(ops, offset, end - begin, plan.inner_kept.stride, run, states);
    else x.take_columns(ops, offset, run, plan.inner_reduced.stride, end - begin, states);
    first += run;
  }
}

}  // namespace

ReduceKernel reduction(std::string_view op, DType type) {
  for (const Rows<ReduceRow>* rows : {&reduce_rows_table(), &once::reduce_rows_table})
    for (const ReduceRow& row : *rows)
      if (op == row.name && row.ops[type.code()].state_size != 0) return {&row, type};
  return {};
}

namespace {

template <class X>
void run_plan(const Plan& plan, const ReduceKernel& kernel, const X& x, void* y) {
  const ReduceOps& ops = kernel.row->ops[kernel.type.code()];
  if (plan.outputs == 0) return;
  const int64_t element_size = kernel.type.size(), state_size = ops.state_size;
  // One task: `chunk` outputs and `piece` reduced elements.
  int64_t chunk = std::min({plan.inner_kept.size, kStates,
                            plan.rows ? std::max<int64_t>(1, kTaskElements / std::max<int64_t>(1, plan.count)) : kStates});
  int64_t chunks = (plan.inner_kept.size + chunk - 1) / chunk, groups = plan.outer_kept() * chunks;
  int64_t piece = std::max(kTaskElements / chunk, int64_t(1));
  if (groups >= kManyTasks) piece = std::max(plan.count, int64_t(1));
  int64_t pieces = std::max<int64_t>(1, (plan.count + piece - 1) / piece);
  std::vector<char> partial(pieces > 1 ? size_t(pieces * plan.outputs * state_size) : 0);

  auto task = [&](int64_t index) {
    int64_t group = index / pieces, p = index % pieces, outer = group / chunks;
    int64_t begin = group % chunks * chunk, end = std::min(begin + chunk, plan.inner_kept.size);
    int64_t output = outer * plan.inner_kept.size + begin;
    alignas(64) char local[kStates * 16];
    void* states = pieces > 1 ? static_cast<void*>(&partial[size_t((p * plan.outputs + output) * state_size)]) : local;
    ops.init(states, end - begin);
    take_in(plan, ops, x, offset_of(plan.kept, outer), begin, end, p * piece, std::min(p * piece + piece, plan.count), states);
    if (pieces == 1) ops.finish(states, end - begin, plan.count, static_cast<char*>(y) + output * element_size);
  };
  int64_t elements = std::max<int64_t>(1, std::min(piece, plan.count) * chunk);
  parallel_for(groups * pieces, std::max<int64_t>(1, kTaskElements / elements), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) task(i);
  });
  if (pieces == 1) return;
  for (int64_t p = 1; p < pieces; ++p) ops.merge(&partial[size_t(p * plan.outputs * state_size)], plan.outputs, partial.data());
  ops.finish(partial.data(), plan.outputs, plan.count, y);
}

}  // namespace

void run_reduction(const ReduceKernel& kernel, const void* x, Extents dims, std::span<const int> axes, void* y) {
  run_plan(make_plan(dims, axes), kernel, Array{static_cast<const char*>(x), kernel.type.size()}, y);
}

bool run_reduction(const ReduceKernel& kernel, ReduceSource x, Extents dims, std::span<const int> axes, void* y) {
  Plan plan = make_plan(dims, axes);
  if (!plan.rows) return false;
  run_plan(plan, kernel, Computed{x}, y);
  return true;
}

}  // namespace runnel::inline v0::cpu
