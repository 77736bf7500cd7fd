// Operators that pass their input on: Identity, IdentityN, StopGradient, PreventGradient.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0 {

namespace {

void same_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) c.set_output(i, c.input(i));
}
void pass_kernel(OpContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) c.set_output(i, c.input(i).alias());
}
std::vector<Tensor> pass_gradient(const GradientContext& c) {
  std::vector<Tensor> out;
  for (int i = 0; i < c.num_inputs(); ++i) out.push_back(c.has_grad(i) ? c.grad(i) : Tensor());
  return out;
}
std::vector<Tensor> prevented(const GradientContext& c) {
  fail<errors::InvalidArgumentError>("PreventGradient", cat("Gradient explicitly disabled. Reason: ", c.string_attr("message")), {.hint = "gradients must not flow through this tensor."});
}

/// PreventGradient: The input; asking for its gradient is an error that tells `message`.
constexpr OpDef kOps[] = {
    {.name = "Identity", .signature = "input: T -> output: T", .attrs = "T: type", .shape = same_shape, .gradient = pass_gradient, .kernel = pass_kernel},
    {.name = "IdentityN", .signature = "input: list(T) -> output: list(T)", .attrs = "T: list(type)",
     .shape = same_shape, .gradient = pass_gradient, .kernel = pass_kernel},
    {.name = "StopGradient", .signature = "input: T -> output: T", .attrs = "T: type",
     .shape = same_shape, .no_gradient = "stopping it is its purpose", .kernel = pass_kernel},
    {.name = "PreventGradient", .signature = "input: T -> output: T", .attrs = "T: type; message: string = ''",
     .shape = same_shape, .gradient = prevented, .kernel = pass_kernel},
};

}  // namespace
RUNNEL_OPS(array_identity, kOps)

Tensor identity(const Tensor& input) {
  static const Op& op = get_op("Identity");
  return run(op, {input});
}

Tensor stop_gradient(const Tensor& input) {
  static const Op& op = get_op("StopGradient");
  return run(op, {input});
}

std::vector<Tensor> identity_n(const std::vector<Tensor>& input) {
  static const Op& op = get_op("IdentityN");
  return run_all(op, input);
}

}  // namespace runnel::inline v0
