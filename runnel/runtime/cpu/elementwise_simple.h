// Signs, rounding, roots, the piecewise activations, and the gradients that TensorFlow gives operators of their own.
#pragma once

#include "runnel/runtime/cpu/elementwise_rows.h"
#include "runnel/runtime/cpu/math.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

struct Abs {
  template <class T> static T f(T x) {
    if constexpr (kIsFloat<T>) return math::abs(x);
    else return x < T(0) ? T(Wrap<T>(0) - Wrap<T>(x)) : x;
  }
};
struct Neg {
  template <class T> static T f(T x) {
    if constexpr (kIsFloat<T>) return -x;
    else return T(Wrap<T>(0) - Wrap<T>(x));
  }
};
struct Sign { template <class T> static T f(T x) { return x > T(0) ? T(1) : x < T(0) ? T(-1) : x == T(0) ? T(0) : x; } };
struct Square { template <class T> static T f(T x) { return times(x, x); } };
struct Sqrt { template <class T> static T f(T x) { return math::sqrt(x); } };
struct Rsqrt { template <class T> static T f(T x) { return T(1) / math::sqrt(x); } };
struct Reciprocal { template <class T> static T f(T x) { return T(1) / x; } };
struct Floor {
  static float f(float x) { return __builtin_floorf(x); }
  static double f(double x) { return __builtin_floor(x); }
};
struct Ceil {
  static float f(float x) { return __builtin_ceilf(x); }
  static double f(double x) { return __builtin_ceil(x); }
};
struct Rint {  // halves to even
  static float f(float x) { return __builtin_rintf(x); }
  static double f(double x) { return __builtin_rint(x); }
  template <class T> static T f(T x) { return x; }
};
struct IsNan { template <class T> static bool f(T x) { return x != x; } };
struct IsInf { template <class T> static bool f(T x) { return math::abs(x) == T(math::kInf); } };
struct IsFinite { template <class T> static bool f(T x) { return math::abs(x) < T(math::kInf); } };

struct Relu { template <class T> static T f(T x) { return x < T(0) ? T(0) : x; } };
struct Relu6 { template <class T> static T f(T x) { return x < T(0) ? T(0) : x > T(6) ? T(6) : x; } };
struct LeakyRelu { template <class T> static T f(T x, T alpha) { return x > T(0) ? x : times(x, alpha); } };
struct Elu { template <class T> static T f(T x) { return x < T(0) ? math::expm1(x) : x; } };
constexpr double kSeluScale = 1.0507009873554804934, kSeluScaleAlpha = 1.7580993408473768600;
struct Selu {
  template <class T> static T f(T x) { return x < T(0) ? T(kSeluScaleAlpha) * math::expm1(x) : T(kSeluScale) * x; }
};
struct Softsign { template <class T> static T f(T x) { return x / (math::abs(x) + T(1)); } };

// Gradients: first the operand that TensorFlow puts first.
struct SigmoidGrad { template <class T> static T f(T y, T dy) { return dy * y * (T(1) - y); } };
struct TanhGrad { template <class T> static T f(T y, T dy) { return dy * (T(1) - y * y); } };
// Nothing comes in, nothing goes out, even where the slope is infinite: where(x > 0, sqrt(x), 0) has a gradient at 0.
struct SqrtGrad { template <class T> static T f(T y, T dy) { return dy == T(0) ? T(0) : dy * T(0.5) / y; } };
struct RsqrtGrad { template <class T> static T f(T y, T dy) { return dy == T(0) ? T(0) : dy * T(-0.5) * (y * y * y); } };
struct ReciprocalGrad { template <class T> static T f(T y, T dy) { return dy == T(0) ? T(0) : -dy * (y * y); } };
struct ReluGrad { template <class T> static T f(T dy, T x) { return x > T(0) ? dy : T(0); } };
struct Relu6Grad { template <class T> static T f(T dy, T x) { return x > T(0) && x < T(6) ? dy : T(0); } };
struct LeakyReluGrad { template <class T> static T f(T dy, T x, T alpha) { return x > T(0) ? dy : times(dy, alpha); } };
struct EluGrad { template <class T> static T f(T dy, T y) { return y < T(0) ? dy * (y + T(1)) : dy; } };
struct SeluGrad {
  template <class T> static T f(T dy, T y) { return y < T(0) ? dy * (y + T(kSeluScaleAlpha)) : dy * T(kSeluScale); }
};
struct SoftplusGrad { template <class T> static T f(T dy, T x) { return dy / (math::exp(-x) + T(1)); } };
struct SoftsignGrad {
  template <class T> static T f(T dy, T x) {
    T s = T(1) + math::abs(x);
    return dy / (s * s);
  }
};

static constexpr UnaryRow kUnary[] = {
    unary<Abs, kFloats | kSigned>("Abs"),
    unary<Neg, kFloats | kSigned | kComplex>("Neg"),
    unary<Sign, kFloats | kSigned>("Sign"),
    unary<Square, kFloats | kIntegers | kComplex>("Square"),
    unary<Sqrt, kFloats>("Sqrt"),
    unary<Rsqrt, kFloats>("Rsqrt"),
    unary<Reciprocal, kFloats | kComplex>("Reciprocal"),
    unary<Reciprocal, kFloats | kComplex>("Inv"),
    unary<Floor, kFloats>("Floor"),
    unary<Ceil, kFloats>("Ceil"),
    unary<Rint, kFloats>("Rint"),
    unary<Rint, kFloats | kSigned>("Round"),
    unary<IsNan, kFloats>("IsNan"),
    unary<IsInf, kFloats>("IsInf"),
    unary<IsFinite, kFloats>("IsFinite"),
    unary<Relu, kFloats | kIntegers>("Relu"),
    unary<Relu6, kFloats | kIntegers>("Relu6"),
    unary<Elu, kFloats>("Elu"),
    unary<Selu, kFloats>("Selu"),
    unary<Softsign, kFloats>("Softsign"),
};
static constexpr BinaryRow kBinary[] = {
    heavy_binary<LeakyRelu, kFloats | kIntegers>("LeakyRelu"),  // x, alpha
    heavy_binary<SigmoidGrad, kFloats | kComplex>("SigmoidGrad"),
    heavy_binary<TanhGrad, kFloats | kComplex>("TanhGrad"),
    heavy_binary<SqrtGrad, kFloats>("SqrtGrad"),
    heavy_binary<RsqrtGrad, kFloats>("RsqrtGrad"),
    heavy_binary<ReciprocalGrad, kFloats>("ReciprocalGrad"),
    heavy_binary<ReciprocalGrad, kFloats>("InvGrad"),
    heavy_binary<ReluGrad, kFloats | kIntegers>("ReluGrad"),
    heavy_binary<Relu6Grad, kFloats | kIntegers>("Relu6Grad"),
    heavy_binary<EluGrad, kFloats>("EluGrad"),
    heavy_binary<SeluGrad, kFloats>("SeluGrad"),
    heavy_binary<SoftplusGrad, kFloats>("SoftplusGrad"),
    heavy_binary<SoftsignGrad, kFloats>("SoftsignGrad"),
};
static constexpr TernaryRow kTernary[] = {
    ternary<LeakyReluGrad, kFloats | kIntegers>("LeakyReluGrad"),  // gradients, features, alpha
};

extern const ElementwiseTable simple_table;
const ElementwiseTable simple_table = {.unary = kUnary, .binary = kBinary, .ternary = kTernary};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
