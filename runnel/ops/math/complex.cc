// Complex numbers: parts, conjugates, angles.
#include <cmath>

#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

struct Conj {
  template <class T>
  static T f(T x) {
    return std::conj(x);
  }
};

std::vector<Tensor> conj_gradient(const GradientContext& c) { return {conj(c.grad())}; }

constexpr OpDef kOps[] = {
    {.name = "Conj", .signature = "input: T -> output: T", .attrs = "T: {complex64, complex128, variant} = complex64", .shape = unary_shape,
     .gradient = conj_gradient, .kernel = unary_with<Conj, Complex>, .traits = {.elementwise = true}},
};

}  // namespace
RUNNEL_OPS(math_complex, kOps)

Tensor conj(const Tensor& x) {
  static const Op& op = get_op("Conj");
  return x.dtype().is_complex() ? run(op, {x}) : x;
}

}  // namespace runnel::inline v0
