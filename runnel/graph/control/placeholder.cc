// Nodes that only graphs have: Placeholder, NoOp.
#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

namespace {

void placeholder_shape(ShapeContext& c) { c.set_output(0, c.attr<PartialShape>("shape")); }
void placeholder_kernel(OpContext& c) { c.invalid(cat("You must feed a value for placeholder tensor with dtype ", c.output_dtype(0).short_name())); }
void nothing(ShapeContext&) {}
void no_kernel(OpContext&) {}

/// NoOp: Does nothing; other operators can wait for it.
/// Placeholder: Stands for a value that is given when the graph runs.
constexpr OpDef kOps[] = {
    {.name = "Placeholder", .signature = " -> output: dtype", .attrs = "dtype: type; shape: shape = none", .shape = placeholder_shape,
     .no_gradient = "it has no input", .kernel = placeholder_kernel},
    {.name = "NoOp", .signature = " -> ", .shape = nothing, .no_gradient = "it has no output", .kernel = no_kernel,
     .traits = {.stateful = true}},
};

}  // namespace
RUNNEL_OPS(control_placeholder, kOps)

}  // namespace runnel::inline v0
