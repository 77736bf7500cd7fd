// The ways to divide: true division, towards minus infinity, towards zero, and their remainders.
#include <cmath>

#include "runnel/ops/array.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

template <class T>
T floor_div(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::floor(a / b);
  } else if constexpr (std::is_signed_v<T>) {
    if (b == -1) return T(0 - std::make_unsigned_t<T>(a));  // the lowest number has no opposite: it wraps around
    T q = T(a / b);
    return T(q - (a % b != 0 && (a < 0) != (b < 0)));
  } else {
    return T(a / b);
  }
}
template <class T>
T truncate_mod(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return std::fmod(a, b);
  else if constexpr (std::is_signed_v<T>) return b == -1 ? T(0) : T(a % b);
  else return T(a % b);
}
template <class T>
T floor_mod(T a, T b) {
  T r = truncate_mod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? T(r + b) : r;
}
template <class T>
T truncate_div(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    T q = a / b;
    return q < 0 ? std::ceil(q) : std::floor(q);
  } else if constexpr (std::is_signed_v<T>) {
    return b == -1 ? T(0 - std::make_unsigned_t<T>(a)) : T(a / b);
  } else {
    return T(a / b);
  }
}

Gradients floor_mod_gradient(const GradientContext& c) {
  return both(c, [&] { return c.grad(); }, [&] { return multiply(c.grad(), negative(floordiv(c.input(0), c.input(1)))); });
}

constexpr auto kFloorMod = [](auto a, auto b) { return floor_mod(a, b); };
constexpr auto kTruncateMod = [](auto a, auto b) { return truncate_mod(a, b); };
constexpr const char* kRemainders = "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64, bfloat16, half, float, double}";

constexpr OpDef kOps[] = {
    binary_op("FloorDiv", kAllNumbers, binary_with<[](auto a, auto b) { return floor_div(a, b); }, Real, kFaultsAtZero>, nullptr, kFlat),
    binary_op("TruncateDiv", kAllNumbers, binary_with<[](auto a, auto b) { return truncate_div(a, b); }, Real, kFaultsAtZero>, nullptr, kFlat),
    binary_op("FloorMod", kRemainders, binary_with<kFloorMod, Real, kFaultsAtZero>, floor_mod_gradient),
    binary_op("Mod", "T: {int32, int64, half, bfloat16, float, double, int8, int16, uint8, uint16, uint32, uint64}",
              binary_with<kTruncateMod, Real, kFaultsAtZero>, nullptr, "TensorFlow declares none; use FloorMod"),
    binary_op("TruncateMod", "T: {int32, int64, bfloat16, half, float, double, int8, int16, uint8, uint16, uint32, uint64}",
              binary_with<kTruncateMod, Real, kFaultsAtZero>, nullptr, "TensorFlow declares none; use FloorMod"),
};

// What Python's / makes of integers: float32 of the narrow ones, float64 of the wide ones.
DType quotient_type(DType t, const char* where) {
  if (t.is_floating() || t.is_complex()) return t;
  if (t == int8 || t == uint8 || t == int16 || t == uint16) return float32;
  if (t.is_integer()) return float64;
  fail<TypeError>("", cat("Invalid dtype ", t, " for ", where), {.expected = "an integer, floating or complex dtype"});
}
std::array<Tensor, 2> quotient_operands(const Operand& x, const Operand& y, const char* where) {
  std::array<Tensor, 2> out = match(x, y);
  if (out[0].dtype() != out[1].dtype())
    fail<TypeError>("", cat("`x` and `y` must have the same dtype, got tf.", out[0].dtype(), " != tf.", out[1].dtype()));
  DType type = quotient_type(out[0].dtype(), where);
  if (type == out[0].dtype()) return out;
  return {cast(out[0], type), cast(out[1], type)};
}

}  // namespace
RUNNEL_OPS(math_division, kOps)

RUNNEL_BINARY(realdiv, "RealDiv")
RUNNEL_BINARY(floordiv, "FloorDiv")
RUNNEL_BINARY(mod, "FloorMod")
RUNNEL_BINARY(truncatediv, "TruncateDiv")
RUNNEL_BINARY(truncatemod, "TruncateMod")

Tensor truediv(const Operand& x, const Operand& y) {
  static const Op& op = get_op("RealDiv");
  return run(op, quotient_operands(x, y, "tf.math.truediv"));
}
Tensor divide(const Operand& x, const Operand& y) { return truediv(x, y); }
Tensor divide_no_nan(const Operand& x, const Operand& y) {
  static const Op& op = get_op("DivNoNan");
  return run(op, quotient_operands(x, y, "tf.math.divide_no_nan"));
}

}  // namespace runnel::inline v0
