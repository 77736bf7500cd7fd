// What the fused forms of products and convolutions (_FusedMatMul, _FusedConv2D) do to a result while it is at hand: add
// their third input, the bias, then cut at zero where they say relu.
#pragma once

#include "runnel/op/op_context.h"
#include "runnel/runtime/cpu/gemm.h"

namespace runnel::inline v0 {

template <class T>
cpu::Epilogue<T> epilogue_of(const OpContext& c) {
  if (c.num_inputs() < 3) return {};
  return {c.input(2).data<T>(), c.bool_attr("relu") ? cpu::Activation::relu : cpu::Activation::none};
}

}  // namespace runnel::inline v0
