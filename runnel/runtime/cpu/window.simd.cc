// Pooling windows: loops over the channels of one pixel after the other, which are vectors.
#include "runnel/runtime/cpu/simd.h"
#include "runnel/runtime/cpu/window_table.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

template <class T>
static inline T larger(T x, T best) {
  return x > best || x != x ? x : best;
}

template <class T>
void largest(const T* const* x, int count, int64_t n, T* __restrict__ y) {
  if (count == 4) {  // 2 x 2, the commonest
    const T *a = x[0], *b = x[1], *c = x[2], *d = x[3];
    for (int64_t i = 0; i < n; ++i) y[i] = larger(d[i], larger(c[i], larger(b[i], a[i])));
    return;
  }
  for (int64_t i = 0; i < n; ++i) y[i] = x[0][i];
  for (int k = 1; k < count; ++k) {
    const T* row = x[k];
    for (int64_t i = 0; i < n; ++i) y[i] = larger(row[i], y[i]);
  }
}

// One vector of channels from `i` on: get and put are whole or partial loads and stores.
template <class T, class Get, class Put>
RUNNEL_INLINE void largest_grad_vector(const T* const* x, T* const* dx, int count, int64_t i, const T* dy, Get get, Put put) {
  typedef typename Vec<T>::type V;
  V best = get(x[0] + i), incoming = get(dy + i);
  auto at = best != best;  // the pixel, in integers as wide as T
  at ^= at;
  for (int k = 1; k < count; ++k) {
    V here = get(x[k] + i);
    auto wins = here > best;
    at = wins ? at * 0 + k : at;
    best = wins ? here : best;
  }
  for (int k = 0; k < count; ++k) put(dx[k] + i, get(dx[k] + i) + (at == k ? incoming : V{}));
}

template <class T>
void largest_grad(const T* const* x, T* const* dx, int count, int64_t n, const T* dy) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>;
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth)
    largest_grad_vector<T>(x, dx, count, i, dy, [](const T* p) __attribute__((always_inline)) { return load(p); },
                           [](T* p, V v) __attribute__((always_inline)) { store(p, v); });
  if (i == n) return;
  const int rest = int(n - i);
  largest_grad_vector<T>(x, dx, count, i, dy, [rest](const T* p) __attribute__((always_inline)) { return load_part(p, rest); },
                         [rest](T* p, V v) __attribute__((always_inline)) { store_part(p, v, rest); });
}

template <class T>
void mean(const T* const* x, int count, int64_t n, T* __restrict__ y) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[0][i];
  for (int k = 1; k < count; ++k) {
    const T* row = x[k];
    for (int64_t i = 0; i < n; ++i) y[i] += row[i];
  }
  for (int64_t i = 0; i < n; ++i) y[i] /= T(count);
}

template <class T>
void mean_grad(T* const* dx, int count, int64_t n, const T* dy) {
  for (int k = 0; k < count; ++k) {
    T* __restrict__ to = dx[k];
    for (int64_t i = 0; i < n; ++i) to[i] += dy[i] / T(count);
  }
}

template <class T>
static constexpr WindowKernels<T> kernels() {
  return {largest<T>, largest_grad<T>, mean<T>, mean_grad<T>};
}

extern const WindowTable window_table;
constinit const WindowTable window_table = {kernels<float>(), kernels<double>()};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
