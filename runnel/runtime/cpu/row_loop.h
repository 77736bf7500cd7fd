// Elementwise kernels and reductions along rows, run on a few rows at a time: softmax, normalisation and the like read and
// write memory once.
//
//   RowLoop loop;                                                // y = x - mean(x, -1, keepdims=True)
//   auto x = loop.input(float32);
//   loop.output(loop.binary(binary("Sub", float32), x, loop.reduce(reduction("Mean", float32), x)));
//   loop.finish();
//   loop.run({{px, {500, 64}}}, {500, 64}, 1, {py});
//
// The kernels are those of the operators themselves, so the bits are those of running them one after the other.
#pragma once

#include <span>

#include "runnel/runtime/cpu/fused_steps.h"

namespace runnel::inline v0::cpu {

class RowLoop : public FusedSteps {
 public:
  /// Longer rows are reduced in pieces, which a row at a time cannot repeat.
  static constexpr int64_t kLongestRow = 131072;

  /// One number a row of x.
  Value reduce(const ReduceKernel& kernel, Value x);
  /// To be called once, after the last output(). run() may then be called from any thread.
  void finish();

  /// A row: the elements of the last `inner` of the dimensions. Inputs broadcast to `dims`. What is computed of reductions
  /// and of inputs with one number a row has one number a row, and so has its output. False, with nothing done, where rows
  /// are too short or too long, or where a reduction's operand or an output is no array of rows.
  bool run(std::span<const Input> inputs, Extents dims, int inner, std::span<void* const> outputs) const;

 private:
  struct Shape;
  class Block;
  bool has_fitting_widths(const Shape& shape) const;
};

}  // namespace runnel::inline v0::cpu
