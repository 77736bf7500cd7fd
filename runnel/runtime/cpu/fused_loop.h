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

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/reduce.h"

namespace runnel::inline v0::cpu {

class FusedLoop {
 public:
  /// Number of an input or of a step's result.
  using Value = int;
  struct Input {
    const void* data;
    Extents dims;  ///< Broadcast to the dimensions of the loop.
  };

  static constexpr int kMaxInputs = 16;

  /// The next input; all inputs come before the first step.
  Value input(DType type);
  Value unary(const UnaryKernel& kernel, Value x);
  Value binary(const BinaryKernel& kernel, Value a, Value b);
  Value ternary(const TernaryKernel& kernel, Value a, Value b, Value c);
  /// The value is written to memory: the outputs of run(), in this order.
  void output(Value value);
  /// The value is given to run_and_reduce() besides; at most one.
  void reduce(Value value) { reduced_ = value; }
  /// To be called once, after the last output(): decides where values live. run() may then be called from any thread.
  void finish();

  /// Every output has the dimensions `dims`, to which all inputs broadcast. Returns Fault bits.
  uint32_t run(std::span<const Input> inputs, Extents dims, std::span<void* const> outputs) const;
  /// The same, and y = the reduction of the value of reduce(). False, with nothing done, where the innermost dimension is kept.
  bool run_and_reduce(std::span<const Input> inputs, Extents dims, std::span<void* const> outputs, const ReduceKernel& kernel,
                      std::span<const int> axes, void* y) const;
  /// Whether an output may lie where an input does that has its dimensions: nothing reads the input after it is written.
  bool may_overwrite(int output, Value input) const;

  int num_steps() const { return int(steps_.size()); }
  DType type(Value value) const { return types_[size_t(value)]; }

 private:
  struct Step {
    UnaryKernel unary{};
    BinaryKernel binary{};
    TernaryKernel ternary{};
    int count = 0;          // operands
    Value operands[3] = {0, 0, 0};
    int slot = -1;          // of the result, in the block's working memory
    int output = -1;        // or where it is written
  };
  class Block;

  Value add(const Step& step, DType type);
  bool takes_one(Value input) const;
  void assign_slots();
  uint32_t run_flat(std::span<const Input> inputs, int64_t n, std::span<void* const> outputs) const;

  int num_inputs_ = 0;
  std::vector<DType> types_;
  std::vector<Step> steps_;
  std::vector<Value> outputs_;
  Value reduced_ = -1;
  std::vector<char> takes_one_;  // of each input
  int slots_ = 0;         // buffers of one block each
  int slot_bytes_ = 1;    // bytes of an element in a slot: the widest type
  int64_t block_ = 0;     // elements of a block
};

}  // namespace runnel::inline v0::cpu
