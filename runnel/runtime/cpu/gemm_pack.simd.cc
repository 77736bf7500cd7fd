// Copies of panels of B in the order in which tiles read them.
#include "runnel/runtime/cpu/gemm_kernel.h"
#include "runnel/runtime/cpu/interleave.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

template <class T>
void copy_panel(const T* b, int64_t ld, int64_t k, int64_t columns, int64_t width, T* packed) {
  constexpr int kWidth = kLanes<T>;
  if (columns == 2 * kWidth && width == 2 * kWidth) {
    for (int64_t p = 0; p < k; ++p, b += ld, packed += width) {
      __builtin_prefetch(b + 8 * ld);
      __builtin_prefetch(b + 8 * ld + kWidth);
      store(packed, load(b));
      store(packed + kWidth, load(b + kWidth));
    }
    return;
  }
  for (int64_t p = 0; p < k; ++p, b += ld, packed += width) {
    int64_t j = 0;
    for (; j + kWidth <= columns; j += kWidth) store(packed + j, load(b + j));
    if (j < columns) store(packed + j, load_part(b + j, int(columns - j)));
  }
}

template <int Width, int Step, bool High, class V, int... I>
RUNNEL_INLINE V interleave(V a, V b, List<I...>) {
  return __builtin_shufflevector(a, b, interleaved<Width, Step, High>(I)...);
}

// One step of a transposition: rows i and i + Step exchange the blocks of Step elements off the diagonal.
template <class T, int Step>
RUNNEL_INLINE void exchange(typename Vec<T>::type* rows) {
  constexpr int kWidth = kLanes<T>;
  if constexpr (Step < kWidth) {
    typename Count<kWidth>::type lanes;
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) {
      if (i & Step) continue;
      typename Vec<T>::type a = rows[i], b = rows[i + Step];
      rows[i] = interleave<kWidth, Step, false>(a, b, lanes);
      rows[i + Step] = interleave<kWidth, Step, true>(a, b, lanes);
    }
    exchange<T, Step * 2>(rows);
  }
}

template <class T>
void transpose_panel(const T* b, int64_t ld, int64_t k, int64_t columns, int64_t width, T* packed) {
  typedef typename Vec<T>::type V;
  constexpr int kWidth = kLanes<T>;
  for (int64_t first = 0; first < columns; first += kWidth) {
    const int64_t valid = columns - first < kWidth ? columns - first : kWidth;
    const T* source = b + first * ld;
    for (int64_t p = 0; p < k; p += kWidth) {
      const int64_t steps = k - p < kWidth ? k - p : kWidth;
      V rows[kWidth];
#pragma GCC unroll 16
      for (int i = 0; i < kWidth; ++i) {
        const T* row = source + i * ld + p;
        if (i < valid) __builtin_prefetch(row + 4 * kWidth);
        rows[i] = i >= valid ? V{} : steps == kWidth ? load(row) : load_part(row, int(steps));
      }
      exchange<T, 1>(rows);
#pragma GCC unroll 16
      for (int i = 0; i < kWidth; ++i) {
        if (i < steps) store(packed + (p + i) * width + first, rows[i]);
      }
    }
  }
}

extern const PackTable pack_table;
constexpr PackTable pack_table = {{copy_panel<float>, transpose_panel<float>}, {copy_panel<double>, transpose_panel<double>}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
