// Functions of one operand.
#include <cmath>

#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

struct Neg {
  template <class T>
  static T f(T x) {
    return T(-x);
  }
};
struct Exp {
  template <class T>
  static T f(T x) {
    return std::exp(x);
  }
};

std::vector<Tensor> neg_gradient(const GradientContext& c) { return {negative(c.grad())}; }
std::vector<Tensor> exp_gradient(const GradientContext& c) { return {multiply(c.grad(), conj(c.output()))}; }

constexpr const char* kFloatComplex = "T: {bfloat16, half, float, double, complex64, complex128}";

constexpr OpDef kOps[] = {
    unary_op("Neg", "T: {bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}", neg_gradient, nullptr,
             unary_with<Neg, Numeric>),
    unary_op("Exp", kFloatComplex, exp_gradient, nullptr, unary_with<Exp, FloatComplex>),
};

}  // namespace
RUNNEL_OPS(math_unary, kOps)

#define RUNNEL_UNARY(FUNCTION, OP)        \
  Tensor FUNCTION(const Tensor& x) {      \
    static const Op& op = get_op(OP);     \
    return run(op, {x});                  \
  }
RUNNEL_UNARY(negative, "Neg")
RUNNEL_UNARY(exp, "Exp")
#undef RUNNEL_UNARY

}  // namespace runnel::inline v0
