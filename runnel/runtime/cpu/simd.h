// What *.simd.cc files include: vectors of the width that the file is being compiled for.
// No standard C++ header, and everything inside the namespace RUNNEL_ISA: an inline function that another file also
// compiles must never be compiled here, or the linker could hand a plain processor the AVX-512 copy.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define RUNNEL_INLINE inline __attribute__((always_inline))

namespace runnel::inline v0::cpu::RUNNEL_ISA {

#if defined(__AVX512F__)
#define RUNNEL_SIMD_BYTES 64
#elif defined(__AVX__)
#define RUNNEL_SIMD_BYTES 32
#else
#define RUNNEL_SIMD_BYTES 16
#endif

/// Vec<T>::type is a vector of kLanes<T> elements; + - * / and comparisons work on it element by element.
template <class T>
struct Vec {
  typedef T type __attribute__((vector_size(RUNNEL_SIMD_BYTES), may_alias));
  typedef T unaligned __attribute__((vector_size(RUNNEL_SIMD_BYTES), aligned(sizeof(T)), may_alias));
};
typedef Vec<float>::type VecF;
typedef Vec<double>::type VecD;

template <class T>
constexpr int kLanes = RUNNEL_SIMD_BYTES / int(sizeof(T));

template <class T>
RUNNEL_INLINE typename Vec<T>::type load(const T* p) {
  return *reinterpret_cast<const typename Vec<T>::unaligned*>(p);
}

template <class T>
RUNNEL_INLINE void store(T* p, typename Vec<T>::type v) {
  *reinterpret_cast<typename Vec<T>::unaligned*>(p) = v;
}

template <class T>
RUNNEL_INLINE typename Vec<T>::type broadcast(T x) {
  return x - typename Vec<T>::type{};  // x - 0, so that the sign of -0 is kept
}

/// a * b + c, in one rounding where the instruction set has it (all but SSE2).
RUNNEL_INLINE VecF fma(VecF a, VecF b, VecF c) {
#if defined(__AVX512F__)
  return (VecF)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
  return (VecF)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__ARM_NEON) && defined(__aarch64__)
  return (VecF)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

RUNNEL_INLINE VecD fma(VecD a, VecD b, VecD c) {
#if defined(__AVX512F__)
  return (VecD)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
  return (VecD)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__ARM_NEON) && defined(__aarch64__)
  return (VecD)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

/// The first `count` elements (0 < count < kLanes<T>), zeros behind them; memory past them is not touched.
#if defined(__AVX512F__)
RUNNEL_INLINE VecF load_part(const float* p, int count) {
  return (VecF)_mm512_maskz_loadu_ps(__mmask16((1u << count) - 1), p);
}
RUNNEL_INLINE VecD load_part(const double* p, int count) {
  return (VecD)_mm512_maskz_loadu_pd(__mmask8((1u << count) - 1), p);
}
RUNNEL_INLINE void store_part(float* p, VecF v, int count) {
  _mm512_mask_storeu_ps(p, __mmask16((1u << count) - 1), (__m512)v);
}
RUNNEL_INLINE void store_part(double* p, VecD v, int count) {
  _mm512_mask_storeu_pd(p, __mmask8((1u << count) - 1), (__m512d)v);
}
#elif defined(__AVX2__)
RUNNEL_INLINE __m256i mask32(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
RUNNEL_INLINE __m256i mask64(int count) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
}
RUNNEL_INLINE VecF load_part(const float* p, int count) { return (VecF)_mm256_maskload_ps(p, mask32(count)); }
RUNNEL_INLINE VecD load_part(const double* p, int count) { return (VecD)_mm256_maskload_pd(p, mask64(count)); }
RUNNEL_INLINE void store_part(float* p, VecF v, int count) { _mm256_maskstore_ps(p, mask32(count), (__m256)v); }
RUNNEL_INLINE void store_part(double* p, VecD v, int count) { _mm256_maskstore_pd(p, mask64(count), (__m256d)v); }
#else
template <class T>
RUNNEL_INLINE typename Vec<T>::type load_part(const T* p, int count) {
  typename Vec<T>::type v{};
  for (int i = 0; i < count; ++i) v[i] = p[i];
  return v;
}
template <class T>
RUNNEL_INLINE void store_part(T* p, typename Vec<T>::type v, int count) {
  for (int i = 0; i < count; ++i) p[i] = v[i];
}
#endif

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
