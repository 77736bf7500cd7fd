// Arithmetic of two operands, broadcasting as NumPy does.
#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

// Gradients with respect to x and y, each only where somebody asks for it.
template <class X, class Y>
std::vector<Tensor> both(const GradientContext& c, X&& for_x, Y&& for_y) {
  return {c.needs(0) ? unbroadcast(for_x(), c.input(0)) : Tensor(), c.needs(1) ? unbroadcast(for_y(), c.input(1)) : Tensor()};
}

std::vector<Tensor> add_gradient(const GradientContext& c) {
  return both(c, [&] { return c.grad(); }, [&] { return c.grad(); });
}
std::vector<Tensor> sub_gradient(const GradientContext& c) {
  return both(c, [&] { return c.grad(); }, [&] { return negative(c.grad()); });
}
// The derivative of a product with complex factors takes their conjugates; conj() is free for real ones.
std::vector<Tensor> mul_gradient(const GradientContext& c) {
  return both(c, [&] { return multiply(c.grad(), conj(c.input(1))); }, [&] { return multiply(c.grad(), conj(c.input(0))); });
}
std::vector<Tensor> div_gradient(const GradientContext& c) {
  Tensor y = conj(c.input(1));
  return both(
      c, [&] { return divide(c.grad(), y); },
      [&] { return multiply(c.grad(), divide(divide(negative(conj(c.input(0))), y), y)); });
}

constexpr const char* kNumeric = "T: {bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, int64, complex64, complex128}";

struct RealDiv {
  template <class T>
  static T f(T a, T b) { return a / b; }
};

constexpr OpDef kOps[] = {
    binary_op("AddV2", kNumeric, add_gradient, nullptr, true),
    binary_op("Sub", kNumeric, sub_gradient),
    binary_op("Mul", kNumeric, mul_gradient, nullptr, true),
    binary_op("RealDiv", kNumeric, div_gradient, nullptr, false, binary_with<RealDiv, FloatComplex>),
};

Tensor call(const Op& op, const Operand& x, const Operand& y) { return run(op, match(x, y)); }

}  // namespace
RUNNEL_OPS(math_binary, kOps)

#define RUNNEL_BINARY(FUNCTION, OP)                          \
  Tensor FUNCTION(const Operand& x, const Operand& y) {      \
    static const Op& op = get_op(OP);                        \
    return call(op, x, y);                                   \
  }
RUNNEL_BINARY(add, "AddV2")
RUNNEL_BINARY(subtract, "Sub")
RUNNEL_BINARY(multiply, "Mul")
#undef RUNNEL_BINARY

Tensor divide(const Operand& x, const Operand& y) {
  static const Op& op = get_op("RealDiv");
  return call(op, x, y);
}

}  // namespace runnel::inline v0
