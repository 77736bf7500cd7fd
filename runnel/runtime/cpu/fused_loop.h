// A chain of elementwise kernels run block by block: what lies between the steps stays in the L1 cache.
//
//   FusedLoop loop;                                  // y = tanh(x * scale + bias)
//   auto x = loop.input(float32), scale = loop.input(float32), bias = loop.input(float32);
//   auto sum = loop.binary(binary("AddV2", float32), loop.binary(binary("Mul", float32), x, scale), bias);
//   loop.output(loop.unary(unary("Tanh", float32), sum));
//   loop.run({{px, x_dims}, {pscale, {}}, {pbias, {bias_dims}}}, x_dims, {py});
//
// The kernels are those of the operators themselves, so the bits are those of running them one after the other.
#pragma once

#include <span>
#include <vector>

#include "runnel/runtime/cpu/fused_steps.h"

namespace runnel::inline v0::cpu {

class FusedLoop : public FusedSteps {
 public:
  /// The value is given to run_and_reduce() besides; at most one.
  void reduce(Value value) { reduced_ = value; }
  /// To be called once, after the last output(): decides where values live. run() may then be called from any thread.
  void finish();

  /// Every output has the dimensions `dims`, to which all inputs broadcast. Returns Fault bits.
  uint32_t run(std::span<const Input> inputs, Extents dims, std::span<void* const> outputs) const;
  /// The same, and y = the reduction of the value of reduce(). False, with nothing done, where the innermost dimension is kept.
  bool run_and_reduce(std::span<const Input> inputs, Extents dims, std::span<void* const> outputs, const ReduceKernel& kernel,
                      std::span<const int> axes, void* y) const;

 private:
  class Block;

  bool takes_one(Value input) const;
  bool streams(std::span<const Input> inputs, int64_t n, std::span<void* const> outputs) const;
  uint32_t run_flat(std::span<const Input> inputs, int64_t n, std::span<void* const> outputs) const;

  Value reduced_ = -1;
  std::vector<char> takes_one_;  // of each input
  int64_t block_ = 0;            // elements of a block
};

}  // namespace runnel::inline v0::cpu
