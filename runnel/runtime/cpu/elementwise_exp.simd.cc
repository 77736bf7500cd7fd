// Exponentials, logarithms and the activations made of them.
#include "runnel/runtime/cpu/elementwise_rows.h"
#include "runnel/runtime/cpu/math.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

struct Exp { template <class T> static T f(T x) { return math::exp(x); } };
struct Expm1 { template <class T> static T f(T x) { return math::expm1(x); } };
struct Log { template <class T> static T f(T x) { return math::log(x); } };
struct Log1p { template <class T> static T f(T x) { return math::log1p(x); } };
struct Tanh { template <class T> static T f(T x) { return math::tanh(x); } };
struct Sigmoid { template <class T> static T f(T x) { return math::sigmoid(x); } };
struct Softplus { template <class T> static T f(T x) { return math::softplus(x); } };
struct Erf { template <class T> static T f(T x) { return math::erf(x); } };
struct Gelu { template <class T> static T f(T x) { return math::gelu(x); } };
struct GeluTanh { template <class T> static T f(T x) { return math::gelu_tanh(x); } };
struct Xlogy { template <class T> static T f(T x, T y) { return x == T(0) ? T(0) : x * math::log(y); } };
struct Xlog1py { template <class T> static T f(T x, T y) { return x == T(0) ? T(0) : x * math::log1p(y); } };

static constexpr UnaryRow kUnary[] = {
    unary<Exp, kFloats>("Exp"),
    unary<Expm1, kFloats>("Expm1"),
    unary<Log, kFloats>("Log"),
    unary<Log1p, kFloats>("Log1p"),
    unary<Tanh, kFloats>("Tanh"),
    unary<Sigmoid, kFloats>("Sigmoid"),
    unary<Softplus, kFloats>("Softplus"),
    unary<Erf, kFloats>("Erf"),
    unary<Gelu, kFloats>("Gelu"),  // these two are no operators of TensorFlow's, but parts of fused ones
    unary<GeluTanh, kFloats>("GeluTanh"),
};
static constexpr BinaryRow kBinary[] = {
    heavy_binary<Xlogy, kFloats>("Xlogy"),
    heavy_binary<Xlog1py, kFloats>("Xlog1py"),
};

extern const ElementwiseTable exp_table;
const ElementwiseTable exp_table = {.unary = kUnary, .binary = kBinary};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
