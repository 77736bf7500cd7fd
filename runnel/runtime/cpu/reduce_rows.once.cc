#include "runnel/runtime/cpu/elementwise_once.h"
#include "runnel/runtime/cpu/reduce_kernels.h"

namespace runnel::inline v0::cpu::once {

template <>
struct Accumulator<Complex64> {
  using Lane = Complex64;
  using State = Complex128;
};
template <>
struct Accumulator<Complex128> {
  using Lane = Complex128;
  using State = Complex128;
};

}  // namespace runnel::inline v0::cpu::once

#include "runnel/runtime/cpu/reduce_rows.h"
