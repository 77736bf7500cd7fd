#include "runnel/autodiff/gradient_check.h"

#include <cmath>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/text.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

/// Weights between 0.5 and 1.5, none like its neighbour, so that no error of sign or place cancels in the sum.
Tensor uneven(const Tensor& like) {
  Tensor out(like.dtype().real(), like.shape());
  for (int64_t i = 0; i < out.num_elements(); ++i) out.mutable_data<double>()[i] = 0.5 + std::fmod(0.618033988749895 * double(i + 1), 1.0);
  return out;
}

// A real number that depends on every element: real and imaginary parts count differently.
Tensor weighted_sum(const Tensor& y) {
  if (!y.dtype().is_complex()) return reduce_sum(multiply(y, uneven(y)));
  return add(reduce_sum(multiply(real(y), uneven(y))), multiply(0.7, reduce_sum(multiply(imag(y), uneven(y)))));
}

using Scalar = std::function<Tensor(const std::vector<Tensor>&)>;

std::vector<Tensor> gradients_of(const Scalar& f, const std::vector<Tensor>& inputs) {
  GradientTape tape;
  for (const Tensor& x : inputs) tape.watch(x);
  Tensor y = f(inputs);
  return tape.gradient(y, std::vector<Source>(inputs.begin(), inputs.end()));
}

// The doubles of an input: complex numbers count as two.
int64_t doubles_of(const Tensor& x) { return x.num_elements() * (x.dtype().is_complex() ? 2 : 1); }
double value_at(const Scalar& f, std::vector<Tensor> inputs, size_t which, int64_t at, double change) {
  inputs[which] = inputs[which].clone();
  static_cast<double*>(inputs[which].mutable_raw())[at] += change;
  return f(inputs).item<double>();
}

// Compares the tape's gradient of a scalar function with differences.
std::string compare(const char* order, const Scalar& f, const std::vector<Tensor>& inputs, const GradientCheck& options) {
  std::vector<Tensor> grads = gradients_of(f, inputs);
  for (size_t k = 0; k < inputs.size(); ++k) {
    if (!inputs[k].dtype().is_differentiable()) continue;
    if (grads[k] && !(grads[k].shape() == inputs[k].shape()))
      return cat(order, ": the gradient of input ", k, " has shape ", to_text(grads[k].shape()), " for ", to_text(inputs[k].shape()));
    for (int64_t i = 0; i < doubles_of(inputs[k]); ++i) {
      double wanted = (value_at(f, inputs, k, i, options.step) - value_at(f, inputs, k, i, -options.step)) / (2 * options.step);
      double got = grads[k] ? static_cast<const double*>(grads[k].raw())[i] : 0;
      double scale = std::max({1.0, std::abs(wanted), std::abs(got)});
      if (!(std::abs(got - wanted) <= options.tolerance * scale))
        return cat(order, ": input ", k, " at ", i, ": the tape says ", got, ", differences say ", wanted);
    }
  }
  return "";
}

}  // namespace

std::string check_gradient(const CheckedFunction& f, const std::vector<Tensor>& inputs, const GradientCheck& options) {
  Scalar first = [&](const std::vector<Tensor>& x) { return weighted_sum(f(x)); };
  std::string problem = compare("first order", first, inputs, options);
  if (!problem.empty() || !options.second_order) return problem;
  Scalar second = [&](const std::vector<Tensor>& x) {
    Tensor sum;
    for (const Tensor& g : gradients_of(first, x))
      if (g) sum = sum ? add(sum, weighted_sum(g)) : weighted_sum(g);
    return sum ? sum : Tensor::scalar(0.0);
  };
  return compare("second order", second, inputs, options);
}

}  // namespace runnel::inline v0
