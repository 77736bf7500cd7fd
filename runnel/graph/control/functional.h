// What operators have in common that take functions as attributes.
#pragma once

#include "runnel/graph/derivative.h"
#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

inline GraphFunction& function_attr(const AttrReader& c, std::string_view name) { return function_of(c.attr<FunctionAttr>(name)); }

/// One more than the last output that a gradient arrives at.
int outputs_with_gradient(const GradientContext& c);
std::vector<Tensor> gradients_of(const GradientContext& c);

/// The node behind a recorded call in a graph, or nullptr for an eager call.
Node* node_of(const GradientContext& c);
/// All outputs of a call, of which there shall be `dtypes.size()`: a node gets those that it lacks and becomes `op`; a call that is
/// no node runs once more, which only derivatives of higher order than the tapes foretold need.
std::vector<Tensor> with_outputs(const GradientContext& c, const Op& op, const std::vector<DType>& dtypes,
                                 std::span<const PartialShape> shapes);
std::vector<PartialShape> output_shapes(const GraphFunction& f, int count);

/// Functions that take each other's place get the same arguments: `arguments` of their own first, then all that any of them
/// has captured, which is returned.
std::vector<Tensor> unify_captures(std::span<Traced> functions, size_t arguments);

/// The truth of a scalar, as If and While see it.
bool is_true(const Tensor& value);

}  // namespace runnel::inline v0
