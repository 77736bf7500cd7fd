// Operations on the bits of integers.
#include "runnel/ops/bitwise.h"

#include <bit>

#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

// A shift by a negative or too large amount has no meaning; as in TensorFlow it is clamped to the width.
template <class T>
int clamped(T amount) {
  constexpr int kLast = int(sizeof(T)) * 8 - 1;
  if (std::is_signed_v<T> && amount < T(0)) return 0;
  return std::make_unsigned_t<T>(amount) > unsigned(kLast) ? kLast : int(amount);
}
template <class T>
T shift_left(T x, T amount) {
  return T(std::make_unsigned_t<T>(x) << clamped(amount));
}

constexpr OpDef bits(const char* name, KernelFn kernel, Traits traits = kCommutative) {
  return binary_op(name, kIntegers, kernel, nullptr, kNotANumber, traits);
}

/// PopulationCount: The number of bits that are set.
constexpr OpDef kOps[] = {
    bits("BitwiseAnd", binary_with<[](auto a, auto b) { return decltype(a)(a & b); }, Integers>),
    bits("BitwiseOr", binary_with<[](auto a, auto b) { return decltype(a)(a | b); }, Integers>),
    bits("BitwiseXor", binary_with<[](auto a, auto b) { return decltype(a)(a ^ b); }, Integers>),
    bits("LeftShift", binary_with<[](auto a, auto b) { return shift_left(a, b); }, Integers>, kElementwise),
    bits("RightShift", binary_with<[](auto a, auto b) { return decltype(a)(a >> clamped(b)); }, Integers>, kElementwise),
    unary_op("Invert", kIntegers, unary_with<[](auto x) { return decltype(x)(~x); }, Integers>, nullptr, kNotANumber),
    {.name = "PopulationCount", .signature = "x: T -> y: uint8", .attrs = kIntegers, .shape = unary_shape, .no_gradient = kNotANumber,
     .kernel = unary_with<[](auto x) { return uint8_t(std::popcount(std::make_unsigned_t<decltype(x)>(x))); }, Integers>,
     .traits = kElementwise},
};

}  // namespace
RUNNEL_OPS(math_bitwise, kOps)

namespace bitwise {
RUNNEL_BINARY(bitwise_and, "BitwiseAnd")
RUNNEL_BINARY(bitwise_or, "BitwiseOr")
RUNNEL_BINARY(bitwise_xor, "BitwiseXor")
RUNNEL_BINARY(left_shift, "LeftShift")
RUNNEL_BINARY(right_shift, "RightShift")
RUNNEL_UNARY(invert, "Invert")
}  // namespace bitwise

}  // namespace runnel::inline v0
