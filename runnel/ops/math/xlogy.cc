// Products and quotients that are 0 where x is 0, whatever the other factor: the terms of entropies.
#include <cmath>

#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"

namespace runnel::inline v0 {

using math_internal::nonzero_mask;

namespace {

template <class T>
T log1p_of(T x) {
  if constexpr (kIsComplex<T>) return std::log(T(1) + x);
  else return std::log1p(x);
}

constexpr auto kXlogy = [](auto x, auto y) { return x == decltype(x)(0) ? x : x * std::log(y); };
constexpr auto kXlog1py = [](auto x, auto y) { return x == decltype(x)(0) ? x : x * log1p_of(y); };
constexpr auto kXdivy = [](auto x, auto y) { return x == decltype(x)(0) ? x : x / y; };

constexpr OpDef kOps[] = {
    binary_op("Xlogy", kFloatComplex, binary_with<kXlogy, FloatComplex>,
              chain2<[](X x, X y) { return xlogy(nonzero_mask(x), y); }, [](X x, X y) { return xdivy(x, y); }>),
    binary_op("Xlog1py", kFloatComplex, binary_with<kXlog1py, FloatComplex>,
              chain2<[](X x, X y) { return xlog1py(nonzero_mask(x), y); }, [](X x, X y) { return xdivy(x, add(y, 1)); }>),
    binary_op("Xdivy", kFloatComplex, binary_with<kXdivy, FloatComplex>,
              chain2<[](X x, X y) { return xdivy(nonzero_mask(x), y); }, [](X x, X y) { return xdivy(negative(x), square(y)); }>),
};

}  // namespace
RUNNEL_OPS(math_xlogy, kOps)

RUNNEL_BINARY(xlogy, "Xlogy")
RUNNEL_BINARY(xlog1py, "Xlog1py")
RUNNEL_BINARY(xdivy, "Xdivy")

}  // namespace runnel::inline v0
