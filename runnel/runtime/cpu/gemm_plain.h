// Matrix multiplication by plain loops for any element type: integers, complex numbers, and the oracle of the fast paths.
#pragma once

#include <algorithm>
#include <complex>
#include <type_traits>

#include "runnel/runtime/cpu/gemm.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

template <class T>
inline constexpr bool is_complex_v = false;
template <class T>
inline constexpr bool is_complex_v<std::complex<T>> = true;

/// Where integers of type T are multiplied and added: without a sign, so that they wrap around, and no wider than needed.
template <class T>
using Wrapping = std::conditional_t<sizeof(T) <= 4, uint32_t, uint64_t>;

/// a * b, without the checks for NaN that std::complex makes. Integers wrap around.
template <class T>
T product(T a, T b) {
  if constexpr (is_complex_v<T>) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  } else if constexpr (std::is_integral_v<T>) {
    return T(Wrapping<T>(a) * Wrapping<T>(b));
  } else {
    return a * b;
  }
}

template <class T>
T sum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return T(Wrapping<T>(a) + Wrapping<T>(b));
  } else {
    return a + b;
  }
}

template <class T>
T element(const T* matrix, int64_t row, int64_t column, int64_t ld, bool transposed, bool conjugated) {
  T x = transposed ? matrix[column * ld + row] : matrix[row * ld + column];
  if constexpr (is_complex_v<T>) {
    if (conjugated) return std::conj(x);
  }
  return x;
}

/// Zero ld values replaced by those of dense matrices.
template <class T>
Gemm<T> with_strides(Gemm<T> g) {
  if (g.lda == 0) g.lda = g.transpose_a ? g.m : g.k;
  if (g.ldb == 0) g.ldb = g.transpose_b ? g.k : g.n;
  if (g.ldc == 0) g.ldc = g.n;
  return g;
}

template <class T>
T finish(T x, int64_t column, const Epilogue<T>& epilogue) {
  if (epilogue.bias) x = sum(x, epilogue.bias[column]);
  if constexpr (!is_complex_v<T>) {
    if (epilogue.activation == Activation::relu) return x < T(0) ? T(0) : x;
  }
  return x;
}

/// One row of one product: the loop over columns is innermost so that it vectorises unless B is transposed.
template <class T>
void plain_row(const Gemm<T>& g, int64_t row) {
  T* c = g.c + row * g.ldc;
  if (!g.accumulate) std::fill(c, c + g.n, T(0));
  if (g.transpose_b) {
    for (int64_t j = 0; j < g.n; ++j) {
      T total = T(0);
      for (int64_t p = 0; p < g.k; ++p) {
        total = sum(total, product(element(g.a, row, p, g.lda, g.transpose_a, g.conjugate_a),
                                   element(g.b, p, j, g.ldb, true, g.conjugate_b)));
      }
      c[j] = sum(c[j], total);
    }
  } else {
    for (int64_t p = 0; p < g.k; ++p) {
      T x = element(g.a, row, p, g.lda, g.transpose_a, g.conjugate_a);
      for (int64_t j = 0; j < g.n; ++j) c[j] = sum(c[j], product(x, element(g.b, p, j, g.ldb, false, g.conjugate_b)));
    }
  }
  for (int64_t j = 0; j < g.n; ++j) c[j] = finish(c[j], j, g.epilogue);
}

template <class T>
void plain_gemm(const Gemm<T>& args) {
  const Gemm<T> g = with_strides(args);
  int64_t grain = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, g.n * g.k));
  parallel_for(g.batch * g.m, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Gemm<T> one = g;
      int64_t index = i / g.m;
      one.a += index * g.stride_a;
      one.b += index * g.stride_b;
      one.c += index * g.stride_c;
      plain_row(one, i % g.m);
    }
  });
}

}  // namespace runnel::inline v0::cpu
