// The families of elementwise operators: one line for each elementwise_*.simd.cc and each elementwise_*.once.cc.
#pragma once

#include <span>

#include "runnel/runtime/cpu/elementwise_table.h"
#include "runnel/runtime/cpu/isa.h"

namespace runnel::inline v0::cpu {

/// All families, in the form for this process's instruction set.
std::span<const ElementwiseTable* const> elementwise_families();

}  // namespace runnel::inline v0::cpu
