// The updates of optimizers: each reads and writes a Variable and its slots in one pass.
#include "runnel/ops/state/training.h"

namespace runnel::inline v0 {

namespace {

void no_outputs(ShapeContext&) {}
constexpr const char* kState = "it changes state and has no output";

/// ResourceApplyGradientDescent: Takes alpha * delta from a Variable.
/// ResourceApplyAdam: One step of Adam (Kingma and Ba, 2014) on a Variable and its two moments.
/// KerasApplyAdam: One step of Keras's Adam and its relatives on a Variable and its moments.
/// KerasApplyAdamOfSlices: One step of Keras's Adam with a gradient that is rows at indices.
/// ResourceApplyKerasMomentum: One step of gradient descent with Keras's momentum on a Variable.
/// KerasApplyWeightDecay: Takes var * decay * rate from a Variable.
constexpr OpDef kOps[] = {
    {.name = "ResourceApplyGradientDescent", .signature = "var: resource, alpha: T, delta: T -> ", .attrs = "T: floating; use_locking: bool = false",
     .shape = no_outputs, .no_gradient = kState, .kernel = update_kernel, .traits = {.stateful = true}},
    {.name = "ResourceApplyKerasMomentum", .signature = "var: resource, accum: resource, lr: T, grad: T, momentum: T -> ",
     .attrs = "T: floating; use_locking: bool = false; use_nesterov: bool = false",
     .shape = no_outputs, .no_gradient = kState, .kernel = update_kernel, .traits = {.stateful = true}},
    {.name = "ResourceApplyAdam",
     .signature = "var: resource, m: resource, v: resource, beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T -> ",
     .attrs = "T: floating; use_locking: bool = false; use_nesterov: bool = false",
     .shape = no_outputs, .no_gradient = kState, .kernel = update_kernel, .traits = {.stateful = true}},
    // Ours: Keras rounds 1 - beta, not beta, to the Variable's precision, which a step of 0.001 shows in the fifth digit.
    {.name = "KerasApplyAdam", .signature = "var: resource, m: resource, v: resource, beta1_power: T, beta2_power: T, lr: T, grad: T -> ",
     .attrs = "T: floating; beta1: float; beta2: float; epsilon: float",
     .shape = no_outputs, .no_gradient = kState, .kernel = update_kernel, .traits = {.stateful = true}},
    // The same for the gradient of a lookup, whose squares are the sums of its slices' squares.
    {.name = "KerasApplyAdamOfSlices", .signature = "var: resource, m: resource, v: resource, beta1_power: T, beta2_power: T, lr: T, grad: T, squares: T -> ",
     .attrs = "T: floating; beta1: float; beta2: float; epsilon: float",
     .shape = no_outputs, .no_gradient = kState, .kernel = update_kernel, .traits = {.stateful = true}},
    {.name = "KerasApplyWeightDecay", .signature = "var: resource, rate: T -> ", .attrs = "T: floating; decay: float",
     .shape = no_outputs, .no_gradient = kState, .kernel = update_kernel, .traits = {.stateful = true}},
    // The compiler's: one of the updates above for many Variables (graph/passes/updates_together.cc).
    {.name = "_FusedUpdates", .signature = "args: list(Tin) -> ",
     .attrs = "Tin: list(type); update: string; use_nesterov: bool = false; beta1: float = 0.0; beta2: float = 0.0; epsilon: float = 0.0; decay: float = 0.0",
     .shape = no_outputs, .no_gradient = kState, .kernel = updates_kernel, .traits = {.stateful = true}},
};

}  // namespace
RUNNEL_OPS(state_training, kOps)

}  // namespace runnel::inline v0
