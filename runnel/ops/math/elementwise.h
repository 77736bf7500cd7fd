// Makers of elementwise operators' definitions: with them a family's card is a table, one row an operator.
#pragma once

#include "runnel/op/gradient_context.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0 {

void unary_shape(ShapeContext& c);
void binary_shape(ShapeContext& c);
/// Runs the block kernel of runtime/cpu of the same name.
void unary_kernel(OpContext& c);
void binary_kernel(OpContext& c);

/// y = f(x), one dtype.
constexpr OpDef unary_op(const char* name, const char* types, GradientFn gradient, const char* no_gradient = nullptr) {
  return {.name = name, .signature = "x: T -> y: T", .attrs = types, .shape = unary_shape, .gradient = gradient,
          .no_gradient = no_gradient, .kernel = unary_kernel, .traits = {.elementwise = true}};
}
/// z = f(x, y), broadcasting, one dtype.
constexpr OpDef binary_op(const char* name, const char* types, GradientFn gradient, const char* no_gradient = nullptr,
                          bool commutative = false) {
  return {.name = name, .signature = "x: T, y: T -> z: T", .attrs = types, .shape = binary_shape, .gradient = gradient,
          .no_gradient = no_gradient, .kernel = binary_kernel, .traits = {.elementwise = true, .commutative = commutative}};
}
/// z = f(x, y) with a bool result.
constexpr OpDef comparison_op(const char* name, const char* types, bool commutative = false) {
  return {.name = name, .signature = "x: T, y: T -> z: bool", .attrs = types, .shape = binary_shape,
          .no_gradient = "its output is not differentiable (bool)", .kernel = binary_kernel,
          .traits = {.elementwise = true, .commutative = commutative}};
}

/// `grad` of the broadcast result, summed back to the shape of `like`.
Tensor unbroadcast(const Tensor& grad, const Tensor& like);

}  // namespace runnel::inline v0
