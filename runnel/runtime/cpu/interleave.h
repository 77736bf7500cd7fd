// Which elements two vectors exchange, block by block: for transpositions, and sums of the lanes of several vectors. For *.simd.cc.
#pragma once

#include "runnel/runtime/cpu/simd.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

// Index of the element that lane i of an interleaving of two vectors takes, with blocks of `Step` elements.
template <int Width, int Step, bool High>
constexpr int interleaved(int i) {
  int block = i / Step, within = i % Step;
  int source = (block / 2) * 2 * Step + (High ? Step : 0) + within;
  return block % 2 == 0 ? source : source + Width;
}

template <int... I>
struct List {};
template <int N, int... I>
struct Count : Count<N - 1, N - 1, I...> {};
template <int... I>
struct Count<0, I...> {
  typedef List<I...> type;
};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
