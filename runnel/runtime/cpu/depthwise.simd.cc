// Depthwise convolution: each channel by itself, so the channels of a pixel are the vectors.
#include "runnel/runtime/cpu/depthwise_table.h"
#include "runnel/runtime/cpu/simd.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

template <class T, class Get>
RUNNEL_INLINE typename Vec<T>::type sum_of_taps(const T* const* x, const T* const* f, int count, int64_t i, const T* bias, bool relu,
                                                Get get) {
  typedef typename Vec<T>::type V;
  V sum{};
  for (int k = 0; k < count; ++k) sum = fma(get(x[k] + i), get(f[k] + i), sum);
  if (bias) sum += get(bias + i);
  if (relu) sum = sum < V{} ? V{} : sum;
  return sum;
}

template <class T>
void sum(const T* const* x, const T* const* f, int count, int64_t n, const T* bias, bool relu, T* y) {
  constexpr int kWidth = kLanes<T>;
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth)
    store(y + i, sum_of_taps<T>(x, f, count, i, bias, relu, [](const T* p) __attribute__((always_inline)) { return load(p); }));
  if (i == n) return;
  const int rest = int(n - i);
  store_part(y + i, sum_of_taps<T>(x, f, count, i, bias, relu,
                                   [rest](const T* p) __attribute__((always_inline)) { return load_part(p, rest); }), rest);
}

template <class T>
void filter(const T* const* x, T* const* df, int count, int64_t n, const T* dy) {
  constexpr int kWidth = kLanes<T>;
  for (int k = 0; k < count; ++k) {
    int64_t i = 0;
    for (; i + kWidth <= n; i += kWidth) store(df[k] + i, fma(load(x[k] + i), load(dy + i), load(df[k] + i)));
    if (i == n) continue;
    const int rest = int(n - i);
    store_part(df[k] + i, fma(load_part(x[k] + i, rest), load_part(dy + i, rest), load_part(df[k] + i, rest)), rest);
  }
}

extern const DepthwiseTable depthwise_table;
constexpr DepthwiseTable depthwise_table = {{sum<float>, filter<float>}, {sum<double>, filter<double>}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
