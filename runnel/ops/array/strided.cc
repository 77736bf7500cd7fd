// copy_box: the dimensions are collapsed to the shortest loop nest; its innermost part is a row that memcpy takes, or a
// plane that is transposed tile by tile so that both sides stay in cache.
#include "runnel/ops/array/strided.h"

#include <algorithm>
#include <cstring>

#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 32768;  // elements a task
constexpr int64_t kTile = 16;      // a tile is kTile x kTile elements

struct Nest {
  Dims dims, x, y;  // sizes and both sides' strides, outermost first
};

// Leaves out dimensions of size 1 and joins neighbours that both sides walk through evenly.
Nest collapse(const Dims& dims, const Dims& x, const Dims& y) {
  Nest nest;
  for (int i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    if (!nest.dims.empty() && nest.x.back() == x[i] * dims[i] && nest.y.back() == y[i] * dims[i]) {
      nest.dims.back() *= dims[i];
      nest.x.back() = x[i];
      nest.y.back() = y[i];
    } else {
      nest.dims.push_back(dims[i]);
      nest.x.push_back(x[i]);
      nest.y.push_back(y[i]);
    }
  }
  return nest;
}

template <class T>
void copy_row(const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t n) {
  if (x_stride == 1 && y_stride == 1) {
    std::copy_n(x, n, y);
  } else if (x_stride == 0 && y_stride == 1) {
    std::fill_n(y, n, *x);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * y_stride] = x[i * x_stride];
  }
}

// A plane: x is contiguous along the rows' direction (dimension a), y along b.
template <class T>
void copy_plane(const T* x, int64_t x_b, T* y, int64_t y_a, int64_t a_size, int64_t b_size) {
  for (int64_t a0 = 0; a0 < a_size; a0 += kTile) {
    int64_t a1 = std::min(a0 + kTile, a_size);
    for (int64_t b0 = 0; b0 < b_size; b0 += kTile) {
      int64_t b1 = std::min(b0 + kTile, b_size);
      for (int64_t a = a0; a < a1; ++a)
        for (int64_t b = b0; b < b1; ++b) y[a * y_a + b] = x[b * x_b + a];
    }
  }
}

// Where the walk over the outer dimensions stands.
struct Place {
  int64_t x = 0, y = 0;
};
Place place_of(const Nest& nest, int64_t index) {
  Place p;
  for (int i = nest.dims.size() - 1; i >= 0; --i) {
    int64_t at = index % nest.dims[i];
    index /= nest.dims[i];
    p.x += at * nest.x[i];
    p.y += at * nest.y[i];
  }
  return p;
}

int64_t count(const Dims& dims) {
  int64_t n = 1;
  for (int64_t d : dims) n *= d;
  return n;
}

// Takes dimension i out of the nest.
struct Level {
  int64_t size, x, y;
};
Level take(Nest& nest, int i) {
  Level level{nest.dims[i], nest.x[i], nest.y[i]};
  nest.dims.erase(i);
  nest.x.erase(i);
  nest.y.erase(i);
  return level;
}

// Cuts a level into pieces of at most `piece`, so that one long row or plane is also shared by many threads.
template <class F>
void for_pieces(const Nest& outer, int64_t size, int64_t piece, int64_t work_per_step, F&& f) {
  int64_t pieces = (size + piece - 1) / piece;
  int64_t work = std::max<int64_t>(1, std::min(size, piece) * work_per_step);
  parallel_for(count(outer.dims) * pieces, std::max<int64_t>(1, kGrain / work), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t first = i % pieces * piece;
      f(place_of(outer, i / pieces), first, std::min(piece, size - first));
    }
  });
}

template <class T>
void copy_nest(Nest nest, const T* x, T* y) {
  int rank = nest.dims.size();
  if (rank == 0) {
    *y = *x;
    return;
  }
  Level b = take(nest, rank - 1);
  int a_at = -1;
  for (int i = 0; i < nest.dims.size(); ++i)
    if (nest.x[i] == 1 && nest.dims[i] > 1) a_at = i;
  if (b.y == 1 && b.x != 1 && b.x != 0 && a_at >= 0) {
    Level a = take(nest, a_at);
    for_pieces(nest, a.size, kTile, b.size, [&](Place p, int64_t first, int64_t n) {
      copy_plane(x + p.x + first, b.x, y + p.y + first * a.y, a.y, n, b.size);
    });
  } else {
    for_pieces(nest, b.size, kGrain, 1, [&](Place p, int64_t first, int64_t n) {
      copy_row(x + p.x + first * b.x, b.x, y + p.y + first * b.y, b.y, n);
    });
  }
}

}  // namespace

Dims dense_strides(const Dims& dims) {
  Dims strides(dims.size());
  int64_t stride = 1;
  for (int i = dims.size() - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return strides;
}

void copy_box(DType dtype, const Dims& dims, const void* x, const Dims& x_strides, void* y, const Dims& y_strides) {
  if (count(dims) == 0) return;
  dispatch_storage(dtype, [&]<class T>() {
    copy_nest(collapse(dims, x_strides, y_strides), static_cast<const T*>(x), static_cast<T*>(y));
  });
}

void fill_elements(DType dtype, int64_t n, const void* value, void* y) {
  dispatch_storage(dtype, [&]<class T>() {
    parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
      std::fill_n(static_cast<T*>(y) + begin, end - begin, *static_cast<const T*>(value));
    });
  });
}

}  // namespace runnel::inline v0
