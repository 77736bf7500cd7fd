#include "runnel/runtime/cpu/fused_steps.h"

#include <algorithm>
#include <cstddef>

#include "runnel/base/error.h"

namespace runnel::inline v0::cpu {

FusedSteps::Value FusedSteps::input(DType type) {
  RUNNEL_ASSERT(steps_.empty() && num_inputs_ < kMaxInputs);
  types_.push_back(type);
  return num_inputs_++;
}

FusedSteps::Value FusedSteps::add(const Step& step, DType type) {
  steps_.push_back(step);
  types_.push_back(type);
  return Value(types_.size()) - 1;
}
FusedSteps::Value FusedSteps::unary(const UnaryKernel& kernel, Value x) {
  return add({.unary = kernel, .count = 1, .operands = {x, 0, 0}}, kernel.out);
}
FusedSteps::Value FusedSteps::binary(const BinaryKernel& kernel, Value a, Value b) {
  return add({.binary = kernel, .count = 2, .operands = {a, b, 0}}, kernel.out);
}
FusedSteps::Value FusedSteps::ternary(const TernaryKernel& kernel, Value a, Value b, Value c) {
  return add({.ternary = kernel, .count = 3, .operands = {a, b, c}}, kernel.out);
}

void FusedSteps::output(Value value) {
  RUNNEL_ASSERT(value >= num_inputs_);
  steps_[size_t(value - num_inputs_)].output = int(outputs_.size());
  outputs_.push_back(value);
}

// A slot is free again after the last step that reads it.
void FusedSteps::assign_slots(Value kept, bool in_place) {
  for (DType type : types_) slot_bytes_ = std::max(slot_bytes_, type.size());
  std::vector<int> last_use(types_.size(), -1);
  for (size_t s = 0; s < steps_.size(); ++s)
    for (int k = 0; k < steps_[s].count; ++k) last_use[size_t(steps_[s].operands[k])] = int(s);
  if (kept >= 0) last_use[size_t(kept)] = int(steps_.size());
  std::vector<int> free;
  for (size_t s = 0; s < steps_.size(); ++s) {
    Step& step = steps_[s];
    DType result = types_[size_t(num_inputs_) + s];
    std::vector<int> freed_after;
    for (int k = 0; k < step.count; ++k) {
      Value operand = step.operands[k];
      bool counted = std::find(step.operands, step.operands + k, operand) != step.operands + k;
      if (operand < num_inputs_ || counted || last_use[size_t(operand)] != int(s)) continue;
      int slot = steps_[size_t(operand - num_inputs_)].slot;
      if (slot < 0) continue;
      (in_place && types_[size_t(operand)].size() == result.size() ? free : freed_after).push_back(slot);
    }
    if (step.output < 0) {
      if (free.empty()) free.push_back(slots_++);
      step.slot = free.back();
      free.pop_back();
    }
    free.insert(free.end(), freed_after.begin(), freed_after.end());
  }
}

bool FusedSteps::may_overwrite(int output, Value input) const {
  size_t writer = size_t(outputs_[size_t(output)] - num_inputs_);
  if (types_[size_t(input)].size() != types_[writer + size_t(num_inputs_)].size()) return false;
  for (size_t s = writer + 1; s < steps_.size(); ++s)
    if (std::find(steps_[s].operands, steps_[s].operands + steps_[s].count, input) != steps_[s].operands + steps_[s].count) return false;
  return true;
}

}  // namespace runnel::inline v0::cpu
