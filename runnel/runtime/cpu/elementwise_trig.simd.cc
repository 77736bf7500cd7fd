// Trigonometric and hyperbolic functions, and the Gaussian's tail.
#include "runnel/runtime/cpu/elementwise_rows.h"
#include "runnel/runtime/cpu/math_trig.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

// Huge angles go to the C library one by one.
#define RUNNEL_ANGLE_FUNCTION(NAME, FUNCTION)                                         \
  struct NAME {                                                                       \
    template <class T> static T f(T x) { return math::FUNCTION(x); }                  \
    static bool hard(float x) { return !(math::abs(x) < math::kTrigLimit); }          \
    static float slow(float x) { return float(math::FUNCTION(double(x))); }           \
  };
RUNNEL_ANGLE_FUNCTION(Sin, sin)
RUNNEL_ANGLE_FUNCTION(Cos, cos)
RUNNEL_ANGLE_FUNCTION(Tan, tan)

#define RUNNEL_FUNCTION(NAME, FUNCTION) \
  struct NAME {                         \
    template <class T> static T f(T x) { return math::FUNCTION(x); } \
  };
RUNNEL_FUNCTION(Asin, asin)
RUNNEL_FUNCTION(Acos, acos)
RUNNEL_FUNCTION(Atan, atan)
RUNNEL_FUNCTION(Sinh, sinh)
RUNNEL_FUNCTION(Cosh, cosh)
RUNNEL_FUNCTION(Asinh, asinh)
RUNNEL_FUNCTION(Acosh, acosh)
RUNNEL_FUNCTION(Atanh, atanh)
RUNNEL_FUNCTION(Erfc, erfc)

struct Atan2 { template <class T> static T f(T y, T x) { return math::atan2(y, x); } };
struct Pow { template <class T> static T f(T x, T y) { return math::pow(x, y); } };

static constexpr UnaryRow kUnary[] = {
    unary<Sin, kFloats>("Sin"),
    unary<Cos, kFloats>("Cos"),
    unary<Tan, kFloats>("Tan"),
    unary<Asin, kFloats>("Asin"),
    unary<Acos, kFloats>("Acos"),
    unary<Atan, kFloats>("Atan"),
    unary<Sinh, kFloats>("Sinh"),
    unary<Cosh, kFloats>("Cosh"),
    unary<Asinh, kFloats>("Asinh"),
    unary<Acosh, kFloats>("Acosh"),
    unary<Atanh, kFloats>("Atanh"),
    unary<Erfc, kFloats>("Erfc"),
};
static constexpr BinaryRow kBinary[] = {
    heavy_binary<Atan2, kFloats>("Atan2"),
    heavy_binary<Pow, kFloats>("Pow"),
};

extern const ElementwiseTable trig_table;
const ElementwiseTable trig_table = {.unary = kUnary, .binary = kBinary};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
