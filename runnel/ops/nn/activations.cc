// Activations and their gradient operators: Relu, Relu6, LeakyRelu, Elu, Selu, Softplus, Softsign.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/by_name.h"
#include "runnel/ops/nn/map.h"

namespace runnel::inline v0 {

namespace {

constexpr const char* kFloats = "T: {half, bfloat16, float, double}";
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;

float alpha_of(OpContext& c) { return float(c.attr<double>("alpha")); }  // an attribute of TensorFlow has 32 bits
void leaky_relu_kernel(OpContext& c) {
  map_unary<Floating>(c, [alpha = alpha_of(c)](auto x) { return x > 0 ? x : x * decltype(x)(alpha); });
}
void leaky_relu_grad_kernel(OpContext& c) {
  map_binary<Floating>(c, [alpha = alpha_of(c)](auto g, auto x) { return x > 0 ? g : g * decltype(g)(alpha); });
}
// Both inputs have one shape: here nothing is broadcast.
void equal_shapes_kernel(OpContext& c) {
  if (!(c.input(0).shape() == c.input(1).shape())) c.output_shape();  // throws
  binary_kernel(c);
}

// A gradient operator takes the incoming gradient and the activation's input (or output).
Tensor grad_op(const char* name, const Tensor& grad, const Tensor& like, const Attrs& attrs = {}) {
  return run(get_op(name), {grad, like}, attrs);
}
Attrs alpha_of(const GradientContext& c) { return {{"alpha", c.attr<double>("alpha")}}; }

template <const auto& kName>
std::vector<Tensor> from_input(const GradientContext& c) {
  return {grad_op(kName, c.grad(), c.input(0))};
}
template <const auto& kName>
std::vector<Tensor> from_output(const GradientContext& c) {
  return {grad_op(kName, c.grad(), c.output())};
}
// The operators that are linear in pieces: no second derivative.
template <const auto& kName>
std::vector<Tensor> piecewise(const GradientContext& c) {
  return {grad_op(kName, c.grad(), c.input(1)), c.needs(1) ? zeros_like(c.input(1)) : Tensor()};
}
// Elu and Selu take their output y: below zero d(g * (y + a)) / dy = g.
template <const auto& kName>
std::vector<Tensor> exponential(const GradientContext& c) {
  Tensor y = c.input(1), dy;
  if (c.needs(1)) dy = nn::select(less(y, 0.0), multiply(c.grad(), c.input(0)), zeros_like(y));
  return {grad_op(kName, c.grad(), y), dy};
}

constexpr char kReluGrad[] = "ReluGrad", kRelu6Grad[] = "Relu6Grad", kEluGrad[] = "EluGrad", kSeluGrad[] = "SeluGrad",
               kSoftplusGrad[] = "SoftplusGrad", kSoftsignGrad[] = "SoftsignGrad";

std::vector<Tensor> leaky_relu_gradient(const GradientContext& c) {
  return {grad_op("LeakyReluGrad", c.grad(), c.input(0), alpha_of(c))};
}
std::vector<Tensor> leaky_relu_grad_gradient(const GradientContext& c) {
  return {grad_op("LeakyReluGrad", c.grad(), c.input(1), alpha_of(c)), c.needs(1) ? zeros_like(c.input(1)) : Tensor()};
}
// softplus'' = 1 / (e^-x + 2 + e^x)
std::vector<Tensor> softplus_grad_gradient(const GradientContext& c) {
  Tensor x = c.input(1), dx;
  if (c.needs(1)) dx = divide(multiply(c.grad(), c.input(0)), add(add(exp(negative(x)), 2.0), exp(x)));
  return {grad_op(kSoftplusGrad, c.grad(), x), dx};
}
// softsign'' = -2 sign(x) / (1 + |x|)^3
std::vector<Tensor> softsign_grad_gradient(const GradientContext& c) {
  Tensor x = c.input(1), dx;
  if (c.needs(1)) {
    Tensor d = add(abs(x), 1.0);
    dx = divide(multiply(multiply(c.grad(), c.input(0)), multiply(sign(x), -2.0)), multiply(d, multiply(d, d)));
  }
  return {grad_op(kSoftsignGrad, c.grad(), x), dx};
}

constexpr const char* kAlpha = "alpha: float = 0.20000000298023224; T: {half, bfloat16, float, double} = float";

constexpr OpDef activation(const char* name, const char* types, GradientFn gradient, KernelFn kernel) {
  return {.name = name, .signature = "features: T -> activations: T", .attrs = types, .shape = same_shape, .gradient = gradient,
          .kernel = kernel, .traits = {.elementwise = true}};
}
constexpr OpDef activation_gradient(const char* name, const char* signature, const char* types, GradientFn gradient, KernelFn kernel) {
  return {.name = name, .signature = signature, .attrs = types, .shape = merged_shape, .gradient = gradient, .kernel = kernel,
          .traits = {.elementwise = true}};
}
constexpr const char* kOfInput = "gradients: T, features: T -> backprops: T";
constexpr const char* kOfOutput = "gradients: T, outputs: T -> backprops: T";

/// ReluGrad: The gradient of Relu: the gradients where the features are positive, 0 elsewhere.
/// Relu6Grad: The gradient of Relu6: the gradients where the features are between 0 and 6, 0 elsewhere.
/// EluGrad: The gradient of Elu by its outputs.
/// SeluGrad: The gradient of Selu by its outputs.
/// SoftplusGrad: The gradient of Softplus: gradients * sigmoid(features).
/// SoftsignGrad: The gradient of Softsign: gradients / (1 + |features|)².
/// LeakyReluGrad: The gradient of LeakyRelu: the gradients, times alpha where the features are not positive.
constexpr OpDef kOps[] = {
    activation("Relu", kReals, from_output<kReluGrad>, unary_kernel),
    activation("Relu6", kReals, from_output<kRelu6Grad>, unary_kernel),
    activation("LeakyRelu", kAlpha, leaky_relu_gradient, leaky_relu_kernel),
    activation("Elu", kFloats, from_output<kEluGrad>, unary_kernel),
    activation("Selu", kFloats, from_output<kSeluGrad>, unary_kernel),
    activation("Softplus", kFloats, from_input<kSoftplusGrad>, unary_kernel),
    activation("Softsign", kFloats, from_input<kSoftsignGrad>, unary_kernel),
    activation_gradient(kReluGrad, kOfInput, kReals, piecewise<kReluGrad>, equal_shapes_kernel),
    activation_gradient(kRelu6Grad, kOfInput, kReals, piecewise<kRelu6Grad>, equal_shapes_kernel),
    activation_gradient("LeakyReluGrad", kOfInput, kAlpha, leaky_relu_grad_gradient, leaky_relu_grad_kernel),
    activation_gradient(kEluGrad, kOfOutput, kFloats, exponential<kEluGrad>, equal_shapes_kernel),
    activation_gradient(kSeluGrad, kOfOutput, kFloats, exponential<kSeluGrad>, equal_shapes_kernel),
    activation_gradient(kSoftplusGrad, kOfInput, kFloats, softplus_grad_gradient, equal_shapes_kernel),
    activation_gradient(kSoftsignGrad, kOfInput, kFloats, softsign_grad_gradient, equal_shapes_kernel),
};

}  // namespace
RUNNEL_OPS(nn_activations, kOps)

namespace nn {

#define RUNNEL_ACTIVATION(FUNCTION, OP)    \
  Tensor FUNCTION(const Tensor& features) { \
    static const Op& op = get_op(OP);       \
    return run(op, {features});             \
  }
RUNNEL_ACTIVATION(relu, "Relu")
RUNNEL_ACTIVATION(relu6, "Relu6")
RUNNEL_ACTIVATION(elu, "Elu")
RUNNEL_ACTIVATION(selu, "Selu")
RUNNEL_ACTIVATION(softplus, "Softplus")
RUNNEL_ACTIVATION(softsign, "Softsign")
#undef RUNNEL_ACTIVATION

Tensor leaky_relu(const Tensor& features, double alpha) {
  static const Op& op = get_op("LeakyRelu");
  Tensor x = features.dtype().is_integer() ? cast(features, float32) : features;
  return run(op, {x}, {{"alpha", alpha}});
}

Tensor crelu(const Tensor& features, int64_t axis) { return relu(join_along({features, negative(features)}, axis)); }

Tensor gelu(const Tensor& features, bool approximate) {
  const Tensor& x = features;
  // TensorFlow makes the constants in float32 first, also for float64.
  if (!approximate) return multiply(multiply(x, 0.5), add(erf(multiply(x, 0.70710678118654752f)), 1.0));
  Tensor cubic = multiply(multiply(x, multiply(x, x)), 0.044715f);
  return multiply(multiply(x, 0.5), add(tanh(multiply(add(x, cubic), 0.7978845608028654)), 1.0));
}

Tensor silu(const Tensor& features, double beta) {
  return multiply(features, sigmoid(beta == 1.0 ? features : multiply(features, beta)));
}

}  // namespace nn

}  // namespace runnel::inline v0
