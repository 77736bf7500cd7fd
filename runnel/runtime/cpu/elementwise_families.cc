#include "runnel/runtime/cpu/elementwise_families.h"

namespace runnel::inline v0::cpu {

RUNNEL_ISA_TABLE(ElementwiseTable, arithmetic_table)
RUNNEL_ISA_TABLE(ElementwiseTable, exp_table)

std::span<const ElementwiseTable* const> elementwise_families() {
#define RUNNEL_FAMILIES(ISA) {&ISA::arithmetic_table, &ISA::exp_table}
  static const ElementwiseTable* const plain[] = RUNNEL_FAMILIES(portable);
#if defined(__x86_64__) || defined(_M_X64)
  static const ElementwiseTable* const with_avx2[] = RUNNEL_FAMILIES(avx2);
  static const ElementwiseTable* const with_avx512[] = RUNNEL_FAMILIES(avx512);
  if (isa() == Isa::avx512) return with_avx512;
  if (isa() == Isa::avx2) return with_avx2;
#endif
#undef RUNNEL_FAMILIES
  return plain;
}

}  // namespace runnel::inline v0::cpu
