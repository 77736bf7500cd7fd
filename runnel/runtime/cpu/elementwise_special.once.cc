// Special functions: scalar code in double, whatever the type.
#define RUNNEL_COMPILED_TYPES kFloats
#include "runnel/runtime/cpu/elementwise_once.h"
#include "runnel/runtime/cpu/special.h"

namespace runnel::inline v0::cpu::once {

#define RUNNEL_FUNCTION(NAME, FUNCTION) \
  struct NAME {                         \
    template <class T> static T f(T x) { return T(special::FUNCTION(double(x))); } \
  };
RUNNEL_FUNCTION(Lgamma, lgamma)
RUNNEL_FUNCTION(Digamma, digamma)
RUNNEL_FUNCTION(Ndtri, ndtri)
RUNNEL_FUNCTION(Erfinv, erfinv)
struct NextAfter { template <class T> static T f(T x, T y) { return std::nextafter(x, y); } };

static constexpr UnaryRow kUnary[] = {
    unary<Lgamma, kFloats>("Lgamma"),
    unary<Digamma, kFloats>("Digamma"),
    unary<Ndtri, kFloats>("Ndtri"),
    unary<Erfinv, kFloats>("Erfinv"),
};
static constexpr BinaryRow kBinary[] = {
    heavy_binary<NextAfter, kFullFloats>("NextAfter"),
};

extern const ElementwiseTable special_table;
const ElementwiseTable special_table = {.unary = kUnary, .binary = kBinary};

}  // namespace runnel::inline v0::cpu::once
