// Complex numbers: parts, conjugates, angles, absolute values.
#include <cmath>

#include "runnel/ops/array.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

DType complex_of(DType real) { return real == float64 ? complex128 : complex64; }
Tensor as_complex(X real) { return complex(real, zeros_like(real)); }

// Complex: two real tensors, pair by pair. The loop counts pairs; run_binary sees to the broadcasting.
template <class T>
uint32_t join_parts(const void* real, const void* imag, void* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    static_cast<std::complex<T>*>(out)[i] = {static_cast<const T*>(real)[i], static_cast<const T*>(imag)[i]};
  return 0;
}
ScalarBinary find_join(DType dtype) { return dtype == float64 ? join_parts<double> : join_parts<float>; }
void complex_kernel(OpContext& c) { run_binary(c, find_join); }

Gradients complex_gradient(const GradientContext& c) {
  return both(c, [&] { return real(c.grad()); }, [&] { return imag(c.grad()); });
}
Gradients real_gradient(const GradientContext& c) { return {as_complex(c.grad())}; }
Gradients imag_gradient(const GradientContext& c) { return {complex(zeros_like(c.grad()), c.grad())}; }
Gradients conj_gradient(const GradientContext& c) { return {conj(c.grad())}; }
// d angle = Im(dx / x)
Gradients angle_gradient(const GradientContext& c) {
  X x = c.input(0);
  return {negative(multiply(as_complex(c.grad()), reciprocal(complex(imag(x), real(x)))))};
}
// d|x| = Re(conj(x) dx) / |x|, and 0 at 0
Gradients abs_gradient(const GradientContext& c) {
  return {divide_no_nan(multiply(as_complex(c.grad()), c.input(0)), as_complex(c.output()))};
}

// Tout has a default of its own, so it may not fit.
void check_parts(const ShapeContext& c, DType complex, DType real) {
  if (complex.real() == real) return;
  fail<errors::NotFoundError>(c.op().name(), cat("Could not find device for node with T=", c.type("T"), ", Tout=", c.type("Tout")),
                              {.hint = "give Tout."});
}
void part_shape(ShapeContext& c) {
  check_parts(c, c.type("T"), c.type("Tout"));
  unary_shape(c);
}
void complex_shape(ShapeContext& c) {
  check_parts(c, c.type("Tout"), c.type("T"));
  binary_shape(c);
}

constexpr const char* kPart = "T: {complex64, complex128} = complex64; Tout: {float, double} = float";

constexpr OpDef part(const char* name, const char* signature, KernelFn kernel, GradientFn gradient) {
  return {.name = name, .signature = signature, .attrs = kPart, .shape = part_shape, .gradient = gradient, .kernel = kernel,
          .traits = {.elementwise = true}};
}

/// ComplexAbs: Absolute values of complex numbers.
constexpr OpDef kOps[] = {
    part("Real", "input: T -> output: Tout", unary_with<[](auto x) { return x.real(); }, Complex>, real_gradient),
    part("Imag", "input: T -> output: Tout", unary_with<[](auto x) { return x.imag(); }, Complex>, imag_gradient),
    part("Angle", "input: T -> output: Tout", unary_with<[](auto x) { return std::arg(x); }, Complex>, angle_gradient),
    part("ComplexAbs", "x: T -> y: Tout", unary_with<[](auto x) { return std::abs(x); }, Complex>, abs_gradient),
    {.name = "Conj", .signature = "input: T -> output: T", .attrs = "T: {complex64, complex128, variant} = complex64",
     .shape = unary_shape, .gradient = conj_gradient, .kernel = unary_with<[](auto x) { return std::conj(x); }, Complex>,
     .traits = {.elementwise = true}},
    {.name = "Complex", .signature = "real: T, imag: T -> out: Tout",
     .attrs = "T: {float, double} = float; Tout: {complex64, complex128} = complex64", .shape = complex_shape,
     .gradient = complex_gradient, .kernel = complex_kernel, .traits = {.elementwise = true}},
};

Tensor run_part(const Op& op, X x) { return run(op, {x}, {{"Tout", x.dtype().real()}}); }

}  // namespace
RUNNEL_OPS(math_complex, kOps)

Tensor conj(const Tensor& x) {
  static const Op& op = get_op("Conj");
  return x.dtype().is_complex() ? run(op, {x}) : x;
}
Tensor real(const Tensor& input) {
  static const Op& op = get_op("Real");
  return input.dtype().is_complex() ? run_part(op, input) : input;
}
Tensor imag(const Tensor& input) {
  static const Op& op = get_op("Imag");
  return input.dtype().is_complex() ? run_part(op, input) : zeros_like(input);
}
Tensor angle(const Tensor& input) {
  static const Op& op = get_op("Angle");
  if (input.dtype().is_complex()) return run_part(op, input);
  return multiply(cast(less(input, 0), input.dtype()), 3.14159265358979323846);
}
Tensor complex_abs(const Tensor& x) {
  static const Op& op = get_op("ComplexAbs");
  return run_part(op, x);
}
Tensor complex(const Operand& real, const Operand& imag) {
  static const Op& op = get_op("Complex");
  Tensor re = real.tensor(), im = imag.tensor();
  bool fits = re.dtype() == im.dtype() && (re.dtype() == float32 || re.dtype() == float64);
  if (!fits) fail<TypeError>("", cat("The `real` and `imag` components have incorrect types: ", re.dtype(), " ", im.dtype()),
                             {.expected = "float32 twice, or float64 twice"});
  return run(op, {re, im}, {{"Tout", complex_of(re.dtype())}});
}

}  // namespace runnel::inline v0
