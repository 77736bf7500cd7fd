// The families of elementwise operators: one line for each elementwise_*.simd.cc and each elementwise_*.once.cc.
#pragma once

#include <span>

#include "runnel/runtime/cpu/elementwise_table.h"
#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

/// All families, in the form for this process's instruction set.
std::span<const ElementwiseTable* const> elementwise_families();

/// The conversion between two type codes; null for what is no plain type.
UnaryBlock find_cast(int from, int to);

}  // namespace runnel::inline v0::cpu
