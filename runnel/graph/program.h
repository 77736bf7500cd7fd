// Program: what a graph becomes to be run: a flat list of kernel calls over numbered slots.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runnel/graph/graph.h"

namespace runnel::inline v0 {

class Program {
 public:
  /// The outputs for these inputs. What the caller moves in may be overwritten.
  std::vector<Tensor> run(std::vector<Tensor> inputs) const;

  int num_steps() const { return int(steps_.size()); }
  bool uses_input(int i) const { return uses_input_[size_t(i)]; }

 private:
  friend class Compiler;

  /// Where an input of a step comes from.
  struct Operand {
    int slot;           ///< >= 0: a slot; < 0: constant number ~slot.
    bool last = false;  ///< Nobody needs the slot afterwards.
  };
  struct Step {
    const Op* op;
    Attrs attrs;
    ResolvedTypes types;
    std::vector<DType> dtypes;
    std::vector<Operand> inputs;
    int first_output;              ///< Outputs have consecutive slots.
    std::vector<int> unused;       ///< Outputs' slots that nobody reads.
    const char* node;              ///< The node's name, for errors.
  };
  void run_step(const Step& step, std::vector<Tensor>& slots, std::vector<Tensor>& arguments) const;
  Tensor take(const Operand& operand, std::vector<Tensor>& slots) const;

  std::vector<Step> steps_;
  std::vector<Tensor> constants_;
  std::vector<Operand> outputs_;
  std::vector<bool> uses_input_;
  std::vector<int> unused_inputs_;
  size_t slots_ = 0, inputs_ = 0, most_inputs_ = 0;
};

/// Leaves out what neither an output nor a change of state needs, and resolves the rest. `inputs` are nodes whose output 0
/// is given with each run.
std::unique_ptr<Program> compile(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> outputs);

}  // namespace runnel::inline v0
