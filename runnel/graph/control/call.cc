// PartitionedCall, StatefulPartitionedCall: calls of functions inside graphs.
#include "runnel/base/error.h"
#include "runnel/graph/control/functional.h"

namespace runnel::inline v0 {

namespace {

void call_shape(ShapeContext& c) {
  const GraphFunction& f = function_attr(c, "f");
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, f.output_shape(i));
}

// Results get handles of their own: a tape must not take one for the argument that the function passes on, or for another one.
void call_kernel(OpContext& c) {
  const GraphFunction& f = function_attr(c, "f");
  std::vector<Tensor> out = f.program(c.num_outputs()).run_for_caller({c.inputs().begin(), c.inputs().end()});
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, std::move(out[size_t(i)]));
}

std::vector<Tensor> call_gradient(const GradientContext& c) {
  GraphFunction& f = function_attr(c, "f");
  int level = f.level_of(outputs_with_gradient(c));
  ensure_level(f, level + 1);
  int count = f.end(level + 1);
  std::vector<Tensor> outputs = with_outputs(c, c.op(), f.output_types(count), output_shapes(f, count));
  const Derivative& d = f.derivative(level);
  std::vector<Tensor> arguments = backward_arguments(f, d, gradients_of(c), c.inputs(), outputs);
  return spread(d, call_function(d.backward, std::move(arguments)), size_t(c.num_inputs()));
}

constexpr const char* kAttrs =
    "Tin: list(type); Tout: list(type); f: func; config: string = ''; config_proto: string = ''; executor_type: string = ''";

/// PartitionedCall: Calls a function that has no effects.
/// StatefulPartitionedCall: Calls a function, which may have effects.
constexpr OpDef kOps[] = {
    {.name = "PartitionedCall", .signature = "args: list(Tin) -> output: list(Tout)", .attrs = kAttrs, .shape = call_shape,
     .gradient = call_gradient, .kernel = call_kernel},
    {.name = "StatefulPartitionedCall", .signature = "args: list(Tin) -> output: list(Tout)", .attrs = kAttrs, .shape = call_shape,
     .gradient = call_gradient, .kernel = call_kernel, .traits = {.stateful = true, .reads_only = true}},
};

}  // namespace
RUNNEL_OPS(control_call, kOps)

}  // namespace runnel::inline v0
