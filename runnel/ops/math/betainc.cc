// The regularised incomplete beta function.
#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/special_functions.h"

namespace runnel::inline v0 {

namespace {

void betainc_shape(ShapeContext& c) {
  PartialShape out;
  for (int i = 0; i < 3; ++i) {
    PartialShape in = c.input(i);
    if (in.has_rank() && in.rank() == 0) continue;
    if (!out.has_rank() || out.rank() == 0) out = in;
    else if (!out.is_compatible_with(in)) c.invalid(cat("Shapes of inputs are inconsistent: ", bracketed(out), " and ", bracketed(in)));
    else out = out.merge_with(in);
  }
  c.set_output(0, out);
}

void betainc_kernel(OpContext& c) {
  Tensor& out = c.output();
  dispatch<FullFloats>(out.dtype(), "Betainc", [&]<class T>() {
    const T *a = c.input(0).data<T>(), *b = c.input(1).data<T>(), *x = c.input(2).data<T>();
    auto step = [&](int i) { return c.input(i).rank() == 0 ? 0 : 1; };
    for (int64_t i = 0; i < out.num_elements(); ++i)
      out.mutable_data<T>()[i] = T(special::betainc(a[i * step(0)], b[i * step(1)], x[i * step(2)]));
  });
}

// d/dx = x^(a-1) (1-x)^(b-1) / B(a, b). As in TensorFlow there is none for a and b.
Gradients betainc_gradient(const GradientContext& c) {
  X a = c.input(0), b = c.input(1), x = c.input(2);
  Tensor log_beta = subtract(add(lgamma(a), lgamma(b)), lgamma(add(a, b)));
  Tensor density = exp(subtract(add(xlog1py(subtract(b, 1), negative(x)), xlogy(subtract(a, 1), x)), log_beta));
  return {Tensor(), Tensor(), unbroadcast(multiply(c.grad(), density), x)};
}

constexpr OpDef kOps[] = {
    {.name = "Betainc", .signature = "a: T, b: T, x: T -> z: T", .attrs = kFullFloats, .shape = betainc_shape,
     .gradient = betainc_gradient, .kernel = betainc_kernel, .traits = kElementwise},
};

}  // namespace
RUNNEL_OPS(math_betainc, kOps)

Tensor betainc(const Operand& a, const Operand& b, const Operand& x) {
  static const Op& op = get_op("Betainc");
  return run(op, match(a, b, x));
}

}  // namespace runnel::inline v0
