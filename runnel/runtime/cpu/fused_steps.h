// What fused loops compute, block by block: elementwise kernels over numbered values. FusedLoop and RowLoop run them.
#pragma once

#include <vector>

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/reduce.h"

namespace runnel::inline v0::cpu {

class FusedSteps {
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
  /// The value is written to memory: the outputs of a run, in this order.
  void output(Value value);

  /// Whether an output may lie where an input does that has its dimensions: nothing reads the input after it is written.
  bool may_overwrite(int output, Value input) const;

 protected:
  struct Step {
    UnaryKernel unary{};
    BinaryKernel binary{};
    TernaryKernel ternary{};
    ReduceKernel reduction{};
    int count = 0;          // operands
    Value operands[3] = {0, 0, 0};
    int slot = -1;          // of the result, in the block's working memory
    int output = -1;        // or where it is written
  };
  Value add(const Step& step, DType type);
  /// Gives results their slots. `kept`: a value that is read behind the last step, or -1. A step's result may take the place
  /// of an operand that nothing reads afterwards where `in_place`.
  void assign_slots(Value kept, bool in_place);

  int num_inputs_ = 0;
  std::vector<DType> types_;
  std::vector<Step> steps_;
  std::vector<Value> outputs_;
  int slots_ = 0;         // buffers of one block each
  int slot_bytes_ = 1;    // bytes of an element in a slot: the widest type
};

}  // namespace runnel::inline v0::cpu
