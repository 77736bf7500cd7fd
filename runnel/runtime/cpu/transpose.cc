// Moving elements: every function turns into a loop nest over strides whose two innermost loops are specialised.
#include "runnel/runtime/cpu/transpose.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "runnel/core/shape.h"
#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kGrainBytes = 256 * 1024;  // a task moves at least that much
constexpr int64_t kTile = 32;                // elements of a tile's side

struct Wide {
  uint64_t parts[2];
};

struct Loop {
  int64_t size, x, y;  // strides of x and y, in elements
};
using Loops = SmallVector<Loop, 8>;

/// Orders loops by y's stride, largest first, leaves out those of one step and joins those that walk evenly.
Loops collapsed(Extents x_strides, Extents y_strides, Extents dims) {
  Loops loops;
  for (int i = 0; i < int(dims.size()); ++i)
    if (dims[i] != 1) loops.push_back({dims[i], x_strides[i], y_strides[i]});
  std::stable_sort(loops.begin(), loops.end(), [](const Loop& a, const Loop& b) { return std::abs(a.y) > std::abs(b.y); });
  int kept = 0;
  for (int i = 0; i < loops.size(); ++i) {
    Loop loop = loops[i];
    if (kept > 0 && loops[kept - 1].x == loop.x * loop.size && loops[kept - 1].y == loop.y * loop.size) {
      loop.size *= loops[--kept].size;
    }
    loops[kept++] = loop;
  }
  loops.resize(kept);
  return loops;
}

template <class T>
void copy_line(const T* x, T* y, const Loop& loop) {
  if (loop.x == 1 && loop.y == 1) {
    std::memcpy(y, x, size_t(loop.size) * sizeof(T));
  } else if (loop.x == 0 && loop.y == 1) {
    std::fill_n(y, loop.size, *x);
  } else {
    for (int64_t i = 0; i < loop.size; ++i) y[i * loop.y] = x[i * loop.x];
  }
}

/// y is contiguous along `fast`, x along `slow`: square tiles keep both within the cache.
template <class T>
void copy_tiles(const T* x, T* y, const Loop& slow, const Loop& fast) {
  for (int64_t s = 0; s < slow.size; s += kTile) {
    int64_t s_end = std::min(s + kTile, slow.size);
    for (int64_t f = 0; f < fast.size; f += kTile) {
      int64_t f_end = std::min(f + kTile, fast.size);
      for (int64_t i = s; i < s_end; ++i)
        for (int64_t k = f; k < f_end; ++k) y[i * slow.y + k] = x[i + k * fast.x];
    }
  }
}

/// Runs the part of a nest whose first loop is [begin, end).
template <class T>
void copy_nest(const T* x, T* y, const Loop* loops, int count, int64_t begin, int64_t end) {
  Loop first = loops[0];
  x += begin * first.x;
  y += begin * first.y;
  first.size = end - begin;
  if (count == 1) return copy_line(x, y, first);
  if (count == 2 && loops[1].y == 1 && first.x == 1) return copy_tiles(x, y, first, loops[1]);
  for (int64_t i = 0; i < first.size; ++i) copy_nest(x + i * first.x, y + i * first.y, loops + 1, count - 1, 0, loops[1].size);
}

/// Brings the loop along which x is contiguous next to the innermost one, where tiles can use it.
void pair_for_tiles(Loops& loops) {
  int last = loops.size() - 1;
  if (last < 1 || loops[last].y != 1 || loops[last].x == 1) return;
  for (int i = 0; i < last; ++i) {
    if (loops[i].x != 1) continue;
    std::rotate(loops.begin() + i, loops.begin() + i + 1, loops.begin() + last);
    return;
  }
}

template <class T>
void copy_all(const void* x, void* y, const Loops& loops) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(y);
  if (loops.empty()) {
    *to = *from;
    return;
  }
  int64_t inner = 1;
  for (int i = 1; i < loops.size(); ++i) inner *= loops[i].size;
  int64_t grain = std::max<int64_t>(1, kGrainBytes / int64_t(sizeof(T)) / std::max<int64_t>(1, inner));
  if (loops.size() == 2) grain = (grain + kTile - 1) / kTile * kTile;
  parallel_for(loops[0].size, grain,
               [&](int64_t begin, int64_t end) { copy_nest(from, to, loops.begin(), loops.size(), begin, end); });
}

template <class Index>
int64_t gather(const void* x, int64_t x_rows, int64_t row_bytes, const Index* indices, int64_t count, void* y) {
  std::atomic<int64_t> bad{INT64_MAX};
  parallel_for(count, std::max<int64_t>(1, kGrainBytes / std::max<int64_t>(64, row_bytes)), [&](int64_t begin, int64_t end) {
    const char* from = static_cast<const char*>(x);
    char* to = static_cast<char*>(y);
    for (int64_t i = begin; i < end; ++i) {
      int64_t index = int64_t(indices[i]);
      if (index >= 0 && index < x_rows) {
        if (row_bytes == 4) std::memcpy(to + i * 4, from + index * 4, 4);
        else std::memcpy(to + i * row_bytes, from + index * row_bytes, size_t(row_bytes));
        continue;
      }
      std::memset(to + i * row_bytes, 0, size_t(row_bytes));
      int64_t seen = bad.load();
      while (i < seen && !bad.compare_exchange_weak(seen, i)) {
      }
    }
  });
  return bad.load() == INT64_MAX ? -1 : bad.load();
}

}  // namespace

void dense_strides(Extents dims, int64_t* strides) {
  int64_t stride = 1;
  for (int i = int(dims.size()) - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= dims[i];
  }
}

void copy_strided(const void* x, Extents x_strides, void* y, Extents y_strides, Extents dims, int element_size) {
  for (int64_t size : dims)
    if (size == 0) return;
  Loops loops = collapsed(x_strides, y_strides, dims);
  pair_for_tiles(loops);
  switch (element_size) {
    case 1: return copy_all<uint8_t>(x, y, loops);
    case 2: return copy_all<uint16_t>(x, y, loops);
    case 4: return copy_all<uint32_t>(x, y, loops);
    case 8: return copy_all<uint64_t>(x, y, loops);
    default: return copy_all<Wide>(x, y, loops);
  }
}

void transpose(const void* x, Extents dims, std::span<const int> permutation, int element_size, void* y) {
  int rank = int(dims.size());
  Dims x_strides(rank, 0), y_strides(rank, 0), y_dims(rank, 0), strides(rank, 0);
  dense_strides(dims, strides.data());
  for (int i = 0; i < rank; ++i) {
    y_dims[i] = dims[permutation[i]];
    x_strides[i] = strides[permutation[i]];
  }
  dense_strides(y_dims, y_strides.data());
  copy_strided(x, x_strides, y, y_strides, y_dims, element_size);
}

void pad(const void* x, Extents dims, Extents before, Extents after, const void* value, int element_size, void* y) {
  int rank = int(dims.size());
  Dims y_dims(rank, 0), x_strides(rank, 0), y_strides(rank, 0), zeros(rank, 0);
  for (int i = 0; i < rank; ++i) y_dims[i] = before[i] + dims[i] + after[i];
  dense_strides(dims, x_strides.data());
  dense_strides(y_dims, y_strides.data());
  char* to = static_cast<char*>(y);
  // The margins of dimension i: full in the dimensions after it, inside x's part in those before it.
  Dims box(y_dims);
  int64_t origin = 0;
  for (int i = 0; i < rank; ++i) {
    box[i] = before[i];
    copy_strided(value, zeros, to + origin * element_size, y_strides, box, element_size);
    box[i] = after[i];
    copy_strided(value, zeros, to + (origin + (before[i] + dims[i]) * y_strides[i]) * element_size, y_strides, box, element_size);
    box[i] = dims[i];
    origin += before[i] * y_strides[i];
  }
  copy_strided(x, x_strides, to + origin * element_size, y_strides, dims, element_size);
}

int64_t gather_rows(const void* x, int64_t x_rows, int64_t row_bytes, const int32_t* indices, int64_t count, void* y) {
  return gather(x, x_rows, row_bytes, indices, count, y);
}
int64_t gather_rows(const void* x, int64_t x_rows, int64_t row_bytes, const int64_t* indices, int64_t count, void* y) {
  return gather(x, x_rows, row_bytes, indices, count, y);
}

}  // namespace runnel::inline v0::cpu
