// Makers of elementwise operators' definitions: with them a family's card is a table, one row an operator.
//
// Kernels come from the tables of runtime/cpu by the operator's name; a row may add a scalar function for the types
// that have no vector code (complex numbers, special functions):
//   struct Lgamma { template <class T> static T f(T x) { return std::lgamma(x); } };
//   unary_op("Lgamma", kFloating, lgamma_gradient, nullptr, unary_with<Lgamma, Floating>)
#pragma once

#include "runnel/op/gradient_context.h"
#include "runnel/op/operand.h"
#include "runnel/op/types.h"

namespace runnel::inline v0 {

void unary_shape(ShapeContext& c);
void binary_shape(ShapeContext& c);

/// y[i] = f(x[i]) for n elements, and the same for two operands that step by one element or stay.
using ScalarUnary = void (*)(const void* x, void* y, int64_t n);
using ScalarBinary = uint32_t (*)(const void* a, const void* b, void* y, int64_t n);
/// The scalar loop for a dtype, or nullptr.
using FindUnary = ScalarUnary (*)(DType dtype);
using FindBinary = ScalarBinary (*)(DType dtype);

/// Runs the operator's block of runtime/cpu, or else the scalar loop that `find` gives.
void run_unary(OpContext& c, FindUnary find);
void run_binary(OpContext& c, FindBinary find);
inline void unary_kernel(OpContext& c) { run_unary(c, nullptr); }
inline void binary_kernel(OpContext& c) { run_binary(c, nullptr); }

/// Halves are computed in float and rounded once.
template <class T>
auto widened(T x) {
  if constexpr (kIsHalf<T>) return float(x);
  else return x;
}
template <class T, class R>
using Narrowed = std::conditional_t<kIsHalf<T> && std::is_same_v<R, float>, T, R>;

template <class F, class T>
void scalar_unary(const void* x, void* y, int64_t n) {
  using Out = Narrowed<T, decltype(F::f(widened(T())))>;
  const T* in = static_cast<const T*>(x);
  Out* out = static_cast<Out*>(y);
  for (int64_t i = 0; i < n; ++i) out[i] = Out(F::f(widened(in[i])));
}
template <class F, class T>
uint32_t scalar_binary(const void* a, const void* b, void* y, int64_t n) {
  using Out = Narrowed<T, decltype(F::f(widened(T()), widened(T())))>;
  const T *p = static_cast<const T*>(a), *q = static_cast<const T*>(b);
  Out* out = static_cast<Out*>(y);
  for (int64_t i = 0; i < n; ++i) out[i] = Out(F::f(widened(p[i]), widened(q[i])));
  return 0;
}

template <class F, class Types>
ScalarUnary find_scalar_unary(DType dtype) {
  ScalarUnary found = nullptr;
  auto take = [&]<class T>() { found = scalar_unary<F, T>; };
  try_dispatch(Types{}, dtype, take);
  return found;
}
template <class F, class Types>
ScalarBinary find_scalar_binary(DType dtype) {
  ScalarBinary found = nullptr;
  auto take = [&]<class T>() { found = scalar_binary<F, T>; };
  try_dispatch(Types{}, dtype, take);
  return found;
}

/// Kernels with F::f as the loop for `Types` where runtime/cpu has none.
template <class F, class Types>
void unary_with(OpContext& c) {
  run_unary(c, find_scalar_unary<F, Types>);
}
template <class F, class Types>
void binary_with(OpContext& c) {
  run_binary(c, find_scalar_binary<F, Types>);
}

/// y = f(x), one dtype.
constexpr OpDef unary_op(const char* name, const char* types, GradientFn gradient, const char* no_gradient = nullptr,
                         KernelFn kernel = unary_kernel) {
  return {.name = name, .signature = "x: T -> y: T", .attrs = types, .shape = unary_shape, .gradient = gradient,
          .no_gradient = no_gradient, .kernel = kernel, .traits = {.elementwise = true}};
}
/// z = f(x, y), broadcasting, one dtype.
constexpr OpDef binary_op(const char* name, const char* types, GradientFn gradient, const char* no_gradient = nullptr,
                          bool commutative = false, KernelFn kernel = binary_kernel) {
  return {.name = name, .signature = "x: T, y: T -> z: T", .attrs = types, .shape = binary_shape, .gradient = gradient,
          .no_gradient = no_gradient, .kernel = kernel, .traits = {.elementwise = true, .commutative = commutative}};
}
/// z = f(x, y) with a bool result.
constexpr OpDef comparison_op(const char* name, const char* types, bool commutative = false, KernelFn kernel = binary_kernel) {
  return {.name = name, .signature = "x: T, y: T -> z: bool", .attrs = types, .shape = binary_shape,
          .no_gradient = "its output is not differentiable (bool)", .kernel = kernel,
          .traits = {.elementwise = true, .commutative = commutative}};
}

/// `grad` of the broadcast result, summed back to the shape of `like`.
Tensor unbroadcast(const Tensor& grad, const Tensor& like);

}  // namespace runnel::inline v0
