// Makers of elementwise operators' definitions: with them a family's card is a table, one row an operator.
//
// Kernels come from the tables of runtime/cpu by the operator's name; a row adds the scalar function, used for the types
// that have no vector code (complex numbers, special functions), and the derivative:
//   unary_op("Sin", kFloatComplex, unary_with<[](auto x) { return std::sin(x); }, FloatComplex>,
//            chain<[](X x, X y) { return cos(x); }>)
#pragma once

#include "runnel/op/gradient_context.h"
#include "runnel/op/operand.h"
#include "runnel/op/types.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

/// `grad` of a broadcast result, summed back to the shape of `like`.
Tensor unbroadcast(const Tensor& grad, const Tensor& like);

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

/// What a pair of elements may be guilty of; the bits of runtime/cpu's Fault.
constexpr uint32_t kDivisionByZeroFault = 1, kNegativePowerFault = 2;

template <auto F, class T>
void scalar_unary(const void* x, void* y, int64_t n) {
  using Out = Narrowed<T, decltype(F(widened(T())))>;
  const T* in = static_cast<const T*>(x);
  Out* out = static_cast<Out*>(y);
  for (int64_t i = 0; i < n; ++i) out[i] = Out(F(widened(in[i])));
}
template <auto F, auto FindFault, class T>
uint32_t scalar_binary(const void* a, const void* b, void* y, int64_t n) {
  using Out = Narrowed<T, decltype(F(widened(T()), widened(T())))>;
  const T *p = static_cast<const T*>(a), *q = static_cast<const T*>(b);
  Out* out = static_cast<Out*>(y);
  uint32_t fault = 0;
  if constexpr (std::is_integral_v<T>)
    for (int64_t i = 0; i < n; ++i) fault |= FindFault(p[i], q[i]);
  if (fault) return fault;
  for (int64_t i = 0; i < n; ++i) out[i] = Out(F(widened(p[i]), widened(q[i])));
  return 0;
}
constexpr auto kNeverFaults = [](auto, auto) { return uint32_t(0); };
constexpr auto kFaultsAtZero = [](auto, auto b) { return b == 0 ? kDivisionByZeroFault : 0; };
constexpr auto kFaultsBelowZero = [](auto, auto b) { return b < 0 ? kNegativePowerFault : 0; };

template <auto F, class Types>
ScalarUnary find_scalar_unary(DType dtype) {
  ScalarUnary found = nullptr;
  auto take = [&]<class T>() { found = scalar_unary<F, T>; };
  try_dispatch(Types{}, dtype, take);
  return found;
}
template <auto F, auto FindFault, class Types>
ScalarBinary find_scalar_binary(DType dtype) {
  ScalarBinary found = nullptr;
  auto take = [&]<class T>() { found = scalar_binary<F, FindFault, T>; };
  try_dispatch(Types{}, dtype, take);
  return found;
}

/// Kernels with the function F as the loop for `Types` where runtime/cpu has none.
template <auto F, class Types>
void unary_with(OpContext& c) {
  run_unary(c, find_scalar_unary<F, Types>);
}
template <auto F, class Types, auto FindFault = kNeverFaults>
void binary_with(OpContext& c) {
  run_binary(c, find_scalar_binary<F, FindFault, Types>);
}

// --- gradients -------------------------------------------------------------------------------------------------------

using X = const Tensor&;
using Gradients = std::vector<Tensor>;

/// dx = dy * derivative(x, y). Complex functions are analytic here: the conjugates of x and y are passed.
template <auto Derivative>
Gradients chain(const GradientContext& c) {
  return {multiply(c.grad(), Derivative(conj(c.input(0)), conj(c.output())))};
}

/// Gradients with respect to x and y, each only where somebody asks for it, summed to the operands' shapes.
template <class ForX, class ForY>
Gradients both(const GradientContext& c, ForX&& for_x, ForY&& for_y) {
  return {c.needs(0) ? unbroadcast(for_x(), c.input(0)) : Tensor(), c.needs(1) ? unbroadcast(for_y(), c.input(1)) : Tensor()};
}
/// The same from two partial derivatives, functions of the conjugates of (x, y).
template <auto ByX, auto ByY>
Gradients chain2(const GradientContext& c) {
  Tensor x = conj(c.input(0)), y = conj(c.input(1));
  return both(c, [&] { return multiply(c.grad(), ByX(x, y)); }, [&] { return multiply(c.grad(), ByY(x, y)); });
}

constexpr const char* kFlat = "it is constant between jumps";
constexpr const char* kNotANumber = "its output is not differentiable (bool or integer)";

constexpr const char* kFloating = "T: {bfloat16, half, float, double}";
constexpr const char* kFullFloats = "T: {float, double}";
constexpr const char* kFloatComplex = "T: {bfloat16, half, float, double, complex64, complex128}";
constexpr const char* kSignedNumbers = "T: {bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}";
constexpr const char* kAllNumbers =
    "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}";
constexpr const char* kReals = "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64}";
constexpr const char* kIntegers = "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}";

using FullFloats = TypeList<float, double>;
using SignedNumbers = TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, complex64_t, complex128_t>;
using SignedReals = TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t>;

// --- rows ------------------------------------------------------------------------------------------------------------

/// y = f(x), one dtype.
constexpr OpDef unary_op(const char* name, const char* types, KernelFn kernel, GradientFn gradient, const char* no_gradient = nullptr) {
  return {.name = name, .signature = "x: T -> y: T", .attrs = types, .shape = unary_shape, .gradient = gradient,
          .no_gradient = no_gradient, .kernel = kernel, .traits = {.elementwise = true}};
}
/// y = f(x) with a bool result.
constexpr OpDef predicate_op(const char* name, const char* types, KernelFn kernel) {
  return {.name = name, .signature = "x: T -> y: bool", .attrs = types, .shape = unary_shape, .no_gradient = kNotANumber,
          .kernel = kernel, .traits = {.elementwise = true}};
}
constexpr Traits kElementwise{.elementwise = true}, kCommutative{.elementwise = true, .commutative = true};
/// z = f(x, y), broadcasting, one dtype.
constexpr OpDef binary_op(const char* name, const char* types, KernelFn kernel, GradientFn gradient, const char* no_gradient = nullptr,
                          Traits traits = kElementwise, const char* signature = "x: T, y: T -> z: T") {
  return {.name = name, .signature = signature, .attrs = types, .shape = binary_shape, .gradient = gradient,
          .no_gradient = no_gradient, .kernel = kernel, .traits = traits};
}
/// The gradient operator of y = f(x) that TensorFlow has: z = f'(y) dy.
constexpr OpDef gradient_op(const char* name, KernelFn kernel, GradientFn gradient) {
  return binary_op(name, kFloatComplex, kernel, gradient, nullptr, kElementwise, "y: T, dy: T -> z: T");
}
/// z = f(x, y) with a bool result.
constexpr OpDef comparison_op(const char* name, const char* types, KernelFn kernel, Traits traits = kElementwise) {
  return {.name = name, .signature = "x: T, y: T -> z: bool", .attrs = types, .shape = binary_shape,
          .no_gradient = kNotANumber, .kernel = kernel, .traits = traits};
}

}  // namespace runnel::inline v0

// The public function of a unary or binary operator.
#define RUNNEL_UNARY(FUNCTION, OP)    \
  Tensor FUNCTION(const Tensor& x) {  \
    static const Op& op = get_op(OP); \
    return run(op, {x});              \
  }
#define RUNNEL_BINARY(FUNCTION, OP)                     \
  Tensor FUNCTION(const Operand& x, const Operand& y) { \
    static const Op& op = get_op(OP);                   \
    return run(op, match(x, y));                        \
  }
