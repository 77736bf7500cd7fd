// Functions of complex numbers, and those that take them apart and put them together.
#define RUNNEL_COMPILED_TYPES (kComplex | kFullFloats)
#include "runnel/runtime/cpu/elementwise_once.h"

namespace runnel::inline v0::cpu::once {

#define RUNNEL_FUNCTION(NAME, EXPRESSION)            \
  struct NAME {                                      \
    template <class T> static T f(T x) { return EXPRESSION; } \
  };
RUNNEL_FUNCTION(ComplexExp, std::exp(x))
RUNNEL_FUNCTION(ComplexLog, std::log(x))
RUNNEL_FUNCTION(ComplexTanh, std::tanh(x))
RUNNEL_FUNCTION(ComplexSigmoid, T(1) / (T(1) + std::exp(-x)))
RUNNEL_FUNCTION(ComplexSin, std::sin(x))
RUNNEL_FUNCTION(ComplexCos, std::cos(x))
RUNNEL_FUNCTION(ComplexTan, std::tan(x))
RUNNEL_FUNCTION(ComplexSinh, std::sinh(x))
RUNNEL_FUNCTION(ComplexCosh, std::cosh(x))
RUNNEL_FUNCTION(ComplexAsin, std::asin(x))
RUNNEL_FUNCTION(ComplexAcos, std::acos(x))
RUNNEL_FUNCTION(ComplexAtan, std::atan(x))
RUNNEL_FUNCTION(ComplexAsinh, std::asinh(x))
RUNNEL_FUNCTION(ComplexAcosh, std::acosh(x))
RUNNEL_FUNCTION(ComplexAtanh, std::atanh(x))
RUNNEL_FUNCTION(ComplexSqrt, std::sqrt(x))
RUNNEL_FUNCTION(ComplexRsqrt, T(1) / std::sqrt(x))
RUNNEL_FUNCTION(ComplexSign, is_zero(x) ? T(0) : x / std::abs(x))
RUNNEL_FUNCTION(ComplexConj, std::conj(x))

struct ComplexExpm1 {  // without loss for small x
  template <class T> static T f(T x) {
    auto e = std::expm1(x.real()), s = std::sin(x.imag() / 2);
    return T(e * std::cos(x.imag()) - 2 * s * s, (e + 1) * std::sin(x.imag()));
  }
};
struct ComplexLog1p {
  template <class T> static T f(T x) {
    T one_more = T(1) + x;
    auto r = x.real(), i = x.imag();
    bool small = std::abs(r) < 0.5 && std::abs(i) < 0.5;
    return small ? T(std::log1p(r * (2 + r) + i * i) / 2, std::arg(one_more)) : std::log(one_more);
  }
};
struct Real { template <class T> static auto f(T x) { return x.real(); } };
struct Imag { template <class T> static auto f(T x) { return x.imag(); } };
struct Angle { template <class T> static auto f(T x) { return std::arg(x); } };
struct ComplexAbs { template <class T> static auto f(T x) { return std::abs(x); } };

struct ComplexPow {
  template <class T> static T f(T x, T y) { return is_zero(y) ? T(1) : is_zero(x) ? T(0) : std::pow(x, y); }
};
struct ComplexXlogy { template <class T> static T f(T x, T y) { return is_zero(x) ? T(0) : times(x, std::log(y)); } };
struct ComplexXlog1py {
  template <class T> static T f(T x, T y) { return is_zero(x) ? T(0) : times(x, ComplexLog1p::f(y)); }
};
struct MakeComplex { template <class T> static std::complex<T> f(T re, T im) { return {re, im}; } };

static constexpr UnaryRow kUnary[] = {
    unary<ComplexExp, kComplex>("Exp"),       unary<ComplexExpm1, kComplex>("Expm1"),
    unary<ComplexLog, kComplex>("Log"),       unary<ComplexLog1p, kComplex>("Log1p"),
    unary<ComplexTanh, kComplex>("Tanh"),     unary<ComplexSigmoid, kComplex>("Sigmoid"),
    unary<ComplexSin, kComplex>("Sin"),       unary<ComplexCos, kComplex>("Cos"),
    unary<ComplexTan, kComplex>("Tan"),       unary<ComplexSinh, kComplex>("Sinh"),
    unary<ComplexCosh, kComplex>("Cosh"),     unary<ComplexAsin, kComplex>("Asin"),
    unary<ComplexAcos, kComplex>("Acos"),     unary<ComplexAtan, kComplex>("Atan"),
    unary<ComplexAsinh, kComplex>("Asinh"),   unary<ComplexAcosh, kComplex>("Acosh"),
    unary<ComplexAtanh, kComplex>("Atanh"),   unary<ComplexSqrt, kComplex>("Sqrt"),
    unary<ComplexRsqrt, kComplex>("Rsqrt"),   unary<ComplexSign, kComplex>("Sign"),
    unary<ComplexConj, kComplex>("Conj"),     unary<Real, kComplex>("Real"),
    unary<Imag, kComplex>("Imag"),            unary<Angle, kComplex>("Angle"),
    unary<ComplexAbs, kComplex>("ComplexAbs"),
};
static constexpr BinaryRow kBinary[] = {
    heavy_binary<ComplexPow, kComplex>("Pow"),
    heavy_binary<ComplexXlogy, kComplex>("Xlogy"),
    heavy_binary<ComplexXlog1py, kComplex>("Xlog1py"),
    heavy_binary<MakeComplex, kFullFloats>("Complex"),
};

extern const ElementwiseTable complex_table;
const ElementwiseTable complex_table = {.unary = kUnary, .binary = kBinary};

}  // namespace runnel::inline v0::cpu::once
