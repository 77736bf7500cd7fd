// The bodies that stateful and stateless random operators share.
#pragma once

#include "runnel/op/types.h"
#include "runnel/ops/random/distributions.h"
#include "runnel/ops/random/seed.h"

namespace runnel::inline v0 {

using RandomInts = TypeList<int32_t, int64_t, uint32_t, uint64_t>;

enum class RandomKind { kUniform, kNormal, kTruncatedNormal, kFullInt };

inline void fill_output(const Philox& generator, RandomKind kind, Tensor& y, const char* where) {
  int64_t n = y.num_elements();
  if (kind == RandomKind::kFullInt)
    return dispatch<RandomInts>(y.dtype(), where, [&]<class T>() { fill_random(generator, FullInt<T>(), y.mutable_data<T>(), n); });
  dispatch<Floating>(y.dtype(), where, [&]<class T>() {
    T* out = y.mutable_data<T>();
    if (kind == RandomKind::kUniform) fill_random(generator, Uniform<T>(), out, n);
    else if (kind == RandomKind::kNormal) fill_random(generator, Normal<T>(), out, n);
    else fill_random(generator, TruncatedNormal<T>(), out, n);
  });
}

/// Integers in [low, high), the scalar inputs `first` and `first` + 1.
inline void fill_int_output(OpContext& c, const Philox& generator, int first, Tensor& y) {
  if (y.num_elements() == 0) return;
  dispatch<RandomInts>(y.dtype(), c.op().name(), [&]<class T>() {
    T low = c.input(first).item<T>(), high = c.input(first + 1).item<T>();
    if (low >= high) c.invalid(cat("Need minval < maxval, got ", low, " >= ", high));
    fill_random(generator, UniformInt<T>(low, high), y.mutable_data<T>(), y.num_elements());
  });
}

/// The output's shape is input 0.
inline void shape_from_input(ShapeContext& c) {
  Dims dims;
  if (c.constant_ints(0, dims))
    for (int64_t d : dims)
      if (d < 0) c.invalid(cat("Dimension ", d, " must be >= 0"));
  c.set_output(0, c.constant_shape(0));
}

/// Random permutation of [0, n) by exchanges, as TensorFlow's kernels make it; needs (n + 2) / 4 blocks.
template <class Swap>
void shuffle(const Philox& generator, int64_t n, Swap&& swap) {
  PhiloxStream bits(generator);
  for (int64_t i = 0; i + 1 < n; ++i) swap(i, i + int64_t(bits() % uint32_t(n - i)));
}

}  // namespace runnel::inline v0
