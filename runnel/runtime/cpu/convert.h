// Conversion of arrays between element types, for kernels that compute in a wider one.
#pragma once

#include "runnel/runtime/cpu/elementwise.h"

namespace runnel::inline v0::cpu {

/// to[i] = To(from[i]), in parallel when large.
template <class From, class To>
void convert(const From* from, To* to, int64_t count) {
  run_unary(cast(dtype_of<From>(), dtype_of<To>()), from, to, count);
}

}  // namespace runnel::inline v0::cpu
