// The reductions, one row an operator.
#pragma once

#include "runnel/runtime/cpu/reduce_kernels.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

constexpr uint32_t kNumbers = kFloats | kIntegers | kComplex;
static constexpr ReduceRow kReductions[] = {
    reduction_row<Sum, kNumbers>("Sum"),
    reduction_row<Mean, kNumbers>("Mean"),
    reduction_row<Prod, kNumbers>("Prod"),
    reduction_row<Max, kFloats | kIntegers>("Max"),
    reduction_row<Min, kFloats | kIntegers>("Min"),
    reduction_row<Any, kBool>("Any"),
    reduction_row<All, kBool>("All"),
    reduction_row<EuclideanNorm, kNumbers>("EuclideanNorm"),
    reduction_row<SumSquares, kFloats>("SumSquares"),
    reduction_row<SumAbs, kFloats>("SumAbs"),
};

extern const Rows<ReduceRow> reduce_rows_table;
const Rows<ReduceRow> reduce_rows_table = kReductions;

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
