// Included first by *.once.cc files: the rows of a family for the types that are too rare to compile for each
// instruction set, complex numbers among them.
#pragma once

#define RUNNEL_ISA once
#ifndef RUNNEL_COMPILED_TYPES
#define RUNNEL_COMPILED_TYPES (kAllTypes & ~kCommonTypes)
#endif

#include <complex>

#include "runnel/runtime/cpu/elementwise_table.h"

namespace runnel::inline v0::cpu::once {

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

// Declared before the rows, whose templates call them. By the textbook; the standard's operator* repairs infinities at the price of a call.
template <class T>
static inline std::complex<T> times(std::complex<T> a, std::complex<T> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}
template <class T>
static inline std::complex<T> conjugate(std::complex<T> a) {
  return std::conj(a);
}
template <class T>
static inline std::complex<T> square_root(std::complex<T> a) {
  return std::sqrt(a);
}
template <class T>
static inline bool is_zero(std::complex<T> a) {
  return a.real() == 0 && a.imag() == 0;
}

}  // namespace runnel::inline v0::cpu::once

#include "runnel/runtime/cpu/elementwise_rows.h"

namespace runnel::inline v0::cpu::once {
RUNNEL_TYPE(kComplex64Code, Complex64)
RUNNEL_TYPE(kComplex128Code, Complex128)
template <>
constexpr bool kIsSigned<Complex64> = true;
template <>
constexpr bool kIsSigned<Complex128> = true;
}  // namespace runnel::inline v0::cpu::once
