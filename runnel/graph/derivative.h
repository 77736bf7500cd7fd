// Differentiating traced graphs: tf.gradients, and the backward functions of GraphFunctions.
#pragma once

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/graph/graph_function.h"

namespace runnel::inline v0 {

/// d(sum of ys weighted by seeds) / d(xs) by a walk over the graph that ys and xs belong to. The result is traced into the
/// graph of this thread. An empty Tensor stands for "not connected".
std::vector<Tensor> graph_gradients(Graph& graph, std::span<const Tensor> ys, std::span<const Tensor> xs, std::span<const Tensor> seeds,
                                    UnconnectedGradients unconnected = UnconnectedGradients::kNone);

/// Makes the results of a function differentiable `level` times.
void ensure_level(GraphFunction& f, int level);
/// The same for functions that take each other's place (the branches of If): their outputs stay alike, so that each has
/// stand-ins for what the others save. Their backward functions take the sums that have arrived at the inputs so far.
void ensure_level(std::span<GraphFunction* const> branches, int level);
/// The same for a loop's body: what changes from one iteration to the next is saved as outputs, even inputs.
void ensure_loop_level(GraphFunction& body, int level);

/// The arguments of derivative.backward: gradients of the differentiable outputs (zeros where none arrived), of a branch the inputs'
/// sums so far (zeros without any), then the saved values from the call's inputs and outputs.
std::vector<Tensor> backward_arguments(const GraphFunction& f, const Derivative& derivative, std::span<const Tensor> grads,
                                       std::span<const Tensor> inputs, std::span<const Tensor> outputs, std::span<const Tensor> sums = {});
/// Whether sums of gradients of this dtype are handed on to a branch.
bool continues_sum(DType dtype);
/// Zeros of the shape that a gradient with respect to t has.
Tensor zeros_for(const Tensor& t);
/// The results of derivative.backward, each at its input's place.
std::vector<Tensor> spread(const Derivative& derivative, const std::vector<Tensor>& results, size_t inputs);

}  // namespace runnel::inline v0
