#include "runnel/runtime/cpu/elementwise_families.h"

namespace runnel::inline v0::cpu {

RUNNEL_ISA_TABLE(ElementwiseTable, arithmetic_table)
RUNNEL_ISA_TABLE(ElementwiseTable, compare_table)
RUNNEL_ISA_TABLE(ElementwiseTable, exp_table)
RUNNEL_ISA_TABLE(ElementwiseTable, integer_table)
RUNNEL_ISA_TABLE(ElementwiseTable, simple_table)
RUNNEL_ISA_TABLE(ElementwiseTable, trig_table)
RUNNEL_ISA_TABLE(CastTable, cast_table)
namespace once {
extern const ElementwiseTable arithmetic_table, compare_table, complex_table, integer_table, simple_table, special_table;
extern const CastTable cast_table;
}  // namespace once

std::span<const ElementwiseTable* const> elementwise_families() {
#define RUNNEL_FAMILIES(ISA)                                                                                       \
  {&ISA::arithmetic_table,  &ISA::compare_table,  &ISA::exp_table,      &ISA::integer_table, &ISA::simple_table,   \
   &ISA::trig_table,        &once::special_table, &once::complex_table, &once::arithmetic_table,                   \
   &once::compare_table,    &once::integer_table, &once::simple_table}
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

UnaryBlock find_cast(int from, int to) {
  UnaryBlock common = cast_table().run[from][to];
  return common ? common : once::cast_table.run[from][to];
}

}  // namespace runnel::inline v0::cpu
