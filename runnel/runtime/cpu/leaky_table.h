// The kernels of LeakyRelu, as data. C headers only.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

template <class T>
struct LeakyKernels {
  void (*forward)(const T* x, int64_t n, T alpha, T* y);
  void (*gradient)(const T* dy, const T* x, int64_t n, T alpha, T* dx);
};

struct LeakyTable {
  LeakyKernels<float> f32;
  LeakyKernels<double> f64;
};

RUNNEL_ISA_TABLE(LeakyTable, leaky_table)

}  // namespace runnel::inline v0::cpu
