// Softmax and its relatives, and normalisation: kernels that read a row twice or thrice while it is in the cache.
#include "runnel/runtime/cpu/math.h"
#include "runnel/runtime/cpu/reduce_kernels.h"
#include "runnel/runtime/cpu/row_table.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

constexpr int64_t kPart = 512;  // numbers summed in T before they go into a double

/// Sum of f(i) over [0, n), with f inlined into a loop of vectors by way of a small buffer.
template <class T, class F>
static inline double sum_of(int64_t n, F f) {
  T terms[kPart];
  double total = 0;
  for (int64_t i = 0; i < n; i += kPart) {
    int64_t m = n - i < kPart ? n - i : kPart;
    for (int64_t k = 0; k < m; ++k) terms[k] = f(i + k);
    total = take_lanes<Sum<T>>(terms, m, total);
  }
  return total;
}

/// The largest of the row; NaN if there is one.
template <class T>
static inline T largest(const T* x, int64_t n) {
  return take_lanes<Max<T>>(x, n, Max<T>::identity());
}

/// y = e^(x - largest), and their sum. y may be x.
template <class T>
static inline double exp_shifted(const T* x, int64_t n, T top, T* y) {
  double total = 0;
  for (int64_t i = 0; i < n; i += kPart) {
    int64_t m = n - i < kPart ? n - i : kPart;
    const T* from = x + i;
    T* to = y + i;
    RUNNEL_INDEPENDENT
    for (int64_t k = 0; k < m; ++k) to[k] = math::exp(from[k] - top);
    total = take_lanes<Sum<T>>(to, m, total);
  }
  return total;
}

template <class T>
static void softmax_row(const T* x, int64_t n, T* y) {
  T scale = T(1.0 / exp_shifted(x, n, largest(x, n), y));
  for (int64_t i = 0; i < n; ++i) y[i] *= scale;
}

constexpr int64_t kTogether = 16;  // short rows, whose exponentials are computed in one loop

/// The same for kTogether rows of less than 4 vectors each.
template <class T>
static void softmax_short_rows(const T* x, int64_t n, T* y) {
  T tops[kTogether];
  double sums[kTogether];
  for (int r = 0; r < kTogether; ++r) tops[r] = Max<T>::identity(), sums[r] = 0;
  reduce_short_rows<Max<T>>(x, kTogether, n, n, tops);
  for (int64_t r = 0; r < kTogether; ++r)
    for (int64_t i = 0; i < n; ++i) y[r * n + i] = x[r * n + i] - tops[r];
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < kTogether * n; ++i) y[i] = math::exp(y[i]);
  reduce_short_rows<Sum<T>>(y, kTogether, n, n, sums);
  for (int64_t r = 0; r < kTogether; ++r)
    for (int64_t i = 0; i < n; ++i) y[r * n + i] *= T(1.0 / sums[r]);
}

template <class T>
void softmax(const T* x, int64_t rows, int64_t n, T* y) {
  int64_t r = 0;
  for (; n < 4 * kLanes<T> && r + kTogether <= rows; r += kTogether) softmax_short_rows(x + r * n, n, y + r * n);
  for (; r < rows; ++r) softmax_row(x + r * n, n, y + r * n);
}

/// log(sum(e^(x - top))).
template <class T>
static inline T shifted_log_sum(const T* x, int64_t n, T top) {
  return T(math::log(sum_of<T>(n, [=](int64_t i) { return math::exp(x[i] - top); })));
}

template <class T>
void log_softmax(const T* x, int64_t n, T* y) {
  T top = largest(x, n), rest = shifted_log_sum(x, n, top);
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - top) - rest;
}

template <class T>
T log_sum_exp(const T* x, int64_t n) {
  T top = largest(x, n);
  if (math::abs(top) == T(math::kInf)) return top;  // also of an empty row
  return top + shifted_log_sum(x, n, top);
}

template <class T>
void softmax_grad(const T* dy, const T* y, int64_t n, T* dx) {
  T dot = T(sum_of<T>(n, [=](int64_t i) { return dy[i] * y[i]; }));
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) dx[i] = (dy[i] - dot) * y[i];
}

template <class T>
void moments(const T* x, int64_t n, T* mean, T* variance) {
  T m = T(sum_of<T>(n, [=](int64_t i) { return x[i]; }) / double(n));
  *mean = m;
  *variance = T(sum_of<T>(n, [=](int64_t i) { return (x[i] - m) * (x[i] - m); }) / double(n));
}

template <class T>
void normalize(const T* x, int64_t n, T mean, T scale, const T* gamma, const T* beta, T* y) {
  if (gamma && beta) {
    RUNNEL_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale * gamma[i] + beta[i];
    return;
  }
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale;
  if (gamma)
    for (int64_t i = 0; i < n; ++i) y[i] *= gamma[i];
  if (beta)
    for (int64_t i = 0; i < n; ++i) y[i] += beta[i];
}

template <class T>
T cross_entropy(const T* logits, const T* labels, int64_t n, T* gradient) {
  T top = largest(logits, n), rest = shifted_log_sum(logits, n, top);
  double loss = sum_of<T>(n, [=](int64_t i) {
    return labels[i] == T(0) ? T(0) : labels[i] * (rest - (logits[i] - top));  // 0 * infinity would be NaN
  });
  if (gradient)
    for (int64_t i = 0; i < n; ++i) gradient[i] = math::exp((logits[i] - top) - rest) - labels[i];
  return T(loss);
}

template <class T>
T sparse_cross_entropy(const T* logits, int64_t label, int64_t n, T* gradient) {
  T top = largest(logits, n), rest = shifted_log_sum(logits, n, top);
  T loss = rest - (logits[label] - top);
  if (gradient) {
    for (int64_t i = 0; i < n; ++i) gradient[i] = math::exp((logits[i] - top) - rest);
    gradient[label] -= T(1);
  }
  return loss;
}

template <class H>
void widen_row(const void* x, float* y, int64_t n) {
  widen(static_cast<const H*>(x), y, n);
}
template <class H>
void narrow_row(const float* x, void* y, int64_t n) {
  narrow(x, static_cast<H*>(y), n);
}

template <class T>
static constexpr RowKernels<T> row_kernels() {
  return {softmax<T>, log_softmax<T>, softmax_grad<T>,  log_sum_exp<T>,
          moments<T>, normalize<T>,   cross_entropy<T>, sparse_cross_entropy<T>};
}

extern const RowTable row_table;
constinit const RowTable row_table = {row_kernels<float>(), row_kernels<double>(),
                                      {widen_row<Half>, widen_row<Bfloat16>}, {narrow_row<Half>, narrow_row<Bfloat16>}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
