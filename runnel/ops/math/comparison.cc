// Comparisons and logic.
#include <cmath>

#include "runnel/ops/array.h"
#include "runnel/ops/math/text.h"

namespace runnel::inline v0 {

namespace {

constexpr auto kEqual = [](const auto& a, const auto& b) { return a == b; };
constexpr auto kNotEqual = [](const auto& a, const auto& b) { return a != b; };
constexpr auto kGreater = [](auto a, auto b) { return a > b; };
constexpr auto kGreaterEqual = [](auto a, auto b) { return a >= b; };
using Comparable = TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t,
                            complex64_t, complex128_t, bool>;

bool may_broadcast(const PartialShape& a, const PartialShape& b) {
  if (!a.has_rank() || !b.has_rank()) return true;
  for (int i = 1; i <= std::min(a.rank(), b.rank()); ++i) {
    int64_t p = a.dim(-i), q = b.dim(-i);
    if (p != q && p != 1 && q != 1 && p >= 0 && q >= 0) return false;
  }
  return true;
}

// With incompatible_shape_error=false, tensors whose shapes do not fit are simply not equal.
void equal_shape(ShapeContext& c) {
  if (c.bool_attr("incompatible_shape_error")) return binary_shape(c);
  PartialShape a = c.input(0), b = c.input(1);
  if (!may_broadcast(a, b)) c.set_output(0, PartialShape());
  else if (a.is_fully_known() && b.is_fully_known()) binary_shape(c);
}

template <auto F, bool kWhenUnlike>
void equal_kernel(OpContext& c) {
  if (!may_broadcast(c.input(0).shape(), c.input(1).shape()) && !c.bool_attr("incompatible_shape_error"))
    return c.set_output(0, Tensor::scalar(kWhenUnlike));
  if (c.input(0).dtype() == string) return string_binary<F, bool>(c);
  run_binary(c, find_scalar_binary<F, kNeverFaults, Comparable>);
}

constexpr OpDef equality(const char* name, KernelFn kernel) {
  OpDef def = comparison_op(
      name,
      "T: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128, uint16, uint32, uint64, string, bool}; "
      "incompatible_shape_error: bool = true",
      kernel, kCommutative);
  def.shape = equal_shape;
  return def;
}

template <class T>
double distance(const Tensor& x, const Tensor& y, int64_t i) {
  if constexpr (kIsComplex<T>) return std::abs(x.data<T>()[i] - y.data<T>()[i]);
  else return std::abs(double(x.data<T>()[i]) - double(y.data<T>()[i]));
}
void approximate_kernel(OpContext& c) {
  const Tensor &x = c.input(0), &y = c.input(1);
  double tolerance = c.attr<double>("tolerance");
  Tensor& out = c.output();
  dispatch<Numeric>(x.dtype(), "ApproximateEqual", [&]<class T>() {
    for (int64_t i = 0; i < x.num_elements(); ++i) out.mutable_data<bool>()[i] = distance<T>(x, y, i) < tolerance;
  });
}
void same_shape(ShapeContext& c) {
  if (!c.input(0).is_compatible_with(c.input(1)))
    c.invalid(cat("x and y must be of the same shape. x shape: ", bracketed(c.input(0)), ". y shape: ", bracketed(c.input(1))));
  c.set_output(0, c.input(0));
}

constexpr OpDef logic(const char* name, KernelFn kernel) {
  return {.name = name, .signature = "x: bool, y: bool -> z: bool", .shape = binary_shape, .no_gradient = kNotANumber, .kernel = kernel,
          .traits = kCommutative};
}

using Bools = TypeList<bool>;

/// ApproximateEqual: Whether |x - y| < tolerance; x and y have one shape.
constexpr OpDef kOps[] = {
    equality("Equal", equal_kernel<kEqual, false>),
    equality("NotEqual", equal_kernel<kNotEqual, true>),
    comparison_op("Less", kReals, binary_with<[](auto a, auto b) { return a < b; }, Real>),
    comparison_op("LessEqual", kReals, binary_with<[](auto a, auto b) { return a <= b; }, Real>),
    comparison_op("Greater", kReals, binary_with<kGreater, Real>),
    comparison_op("GreaterEqual", kReals, binary_with<kGreaterEqual, Real>),
    {.name = "ApproximateEqual", .signature = "x: T, y: T -> z: bool", .attrs = "T: numeric; tolerance: float = 1e-05", .shape = same_shape,
     .no_gradient = kNotANumber, .kernel = approximate_kernel, .traits = kCommutative},
    logic("LogicalAnd", binary_with<[](bool a, bool b) { return a && b; }, Bools>),
    logic("LogicalOr", binary_with<[](bool a, bool b) { return a || b; }, Bools>),
    {.name = "LogicalNot", .signature = "x: bool -> y: bool", .shape = unary_shape, .no_gradient = kNotANumber,
     .kernel = unary_with<[](bool x) { return !x; }, Bools>, .traits = kElementwise},
};

}  // namespace
RUNNEL_OPS(math_comparison, kOps)

RUNNEL_BINARY(equal, "Equal")
RUNNEL_BINARY(not_equal, "NotEqual")
RUNNEL_BINARY(less, "Less")
RUNNEL_BINARY(less_equal, "LessEqual")
RUNNEL_BINARY(greater, "Greater")
RUNNEL_BINARY(greater_equal, "GreaterEqual")
Tensor logical_and(const Operand& x, const Operand& y) {
  static const Op& op = get_op("LogicalAnd");
  return run(op, {x.tensor(bool_), y.tensor(bool_)});
}
Tensor logical_or(const Operand& x, const Operand& y) {
  static const Op& op = get_op("LogicalOr");
  return run(op, {x.tensor(bool_), y.tensor(bool_)});
}
RUNNEL_UNARY(logical_not, "LogicalNot")

Tensor logical_xor(const Operand& x, const Operand& y) {
  Tensor a = x.tensor(bool_), b = y.tensor(bool_);
  return logical_and(logical_or(a, b), logical_not(logical_and(a, b)));
}
Tensor approximate_equal(const Operand& x, const Operand& y, double tolerance) {
  static const Op& op = get_op("ApproximateEqual");
  return run(op, match(x, y), {{"tolerance", tolerance}});
}

}  // namespace runnel::inline v0
