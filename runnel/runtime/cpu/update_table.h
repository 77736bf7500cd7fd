// The kernels of optimizers' updates, as data. C headers only.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

template <class T>
struct Descent {
  T* var;
  const T* grad;
  T alpha;
};

template <class T>
struct Momentum {
  T* var;
  T* accum;
  const T* grad;
  T rate, momentum;
  bool nesterov;
};

template <class T>
struct Adam {
  T* var;
  T* m;
  T* v;
  const T* grad;
  T alpha, take1, take2, epsilon;  // take: 1 - beta
  const T* squares = nullptr;      // in place of grad^2
};

template <class T>
struct Decay {
  T* var;
  T decay, rate;
};

/// Each runs its step over the elements [begin, end).
template <class T>
struct UpdateKernels {
  void (*descent)(const Descent<T>& step, int64_t begin, int64_t end);
  void (*momentum)(const Momentum<T>& step, int64_t begin, int64_t end);
  void (*adam)(const Adam<T>& step, int64_t begin, int64_t end);
  void (*decay)(const Decay<T>& step, int64_t begin, int64_t end);
};

struct UpdateTable {
  UpdateKernels<float> f32;
  UpdateKernels<double> f64;
};

RUNNEL_ISA_TABLE(UpdateTable, update_table)

}  // namespace runnel::inline v0::cpu
