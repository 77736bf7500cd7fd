// The tables of reduction kernels, as data. C headers only: shared by the files that are compiled per instruction set.
#pragma once

#include <stdint.h>

#include "runnel/runtime/cpu/elementwise_table.h"

namespace runnel::inline v0::cpu {

/// One reduction for one type. States ("accumulators") may be wider than the elements: double for sums of floats.
struct ReduceOps {
  int state_size = 0;  ///< Bytes; 0 where the operator has no kernel for the type.
  void (*init)(void* states, int64_t n) = nullptr;
  /// states[r] takes in x[r * stride + (0 .. n)], for each of `rows` rows.
  void (*rows)(const void* x, int64_t rows, int64_t stride, int64_t n, void* states) = nullptr;
  /// states[c] takes in x[r * stride + c] for each of `rows` rows, 0 <= c < cols.
  void (*columns)(const void* x, int64_t rows, int64_t stride, int64_t cols, void* states) = nullptr;
  /// states[i] takes in others[i].
  void (*merge)(const void* others, int64_t n, void* states) = nullptr;
  /// y[i] = result of states[i], which took in `count` elements.
  void (*finish)(const void* states, int64_t n, int64_t count, void* y) = nullptr;
};

struct ReduceRow {
  const char* name;
  ReduceOps ops[kTypeCodes];
};

}  // namespace runnel::inline v0::cpu
