// Compares gradients with central differences, first and second order. For tests; float64 and complex128 inputs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

/// A function of tensors to one floating tensor.
using CheckedFunction = std::function<Tensor(const std::vector<Tensor>& inputs)>;

struct GradientCheck {
  double step = 1e-5;
  double tolerance = 1e-6;  ///< Relative to the larger of 1 and the values compared.
  bool second_order = true;
};

/// "" where the tape's gradients of sum(w * f(inputs)), with fixed uneven weights w, agree with differences of f, and
/// where those of the gradient agree with differences of the gradient; otherwise what differs.
std::string check_gradient(const CheckedFunction& f, const std::vector<Tensor>& inputs, const GradientCheck& options = GradientCheck());

}  // namespace runnel::inline v0
