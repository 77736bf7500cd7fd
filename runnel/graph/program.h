// Program: what a graph becomes to be run: a flat list of kernel calls over numbered slots.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runnel/graph/graph.h"
#include "runnel/graph/passes/passes.h"
#include "runnel/graph/schedule.h"

namespace runnel::inline v0 {

class Program {
 public:
  /// The memory of one run.
  struct Frame {
    std::vector<Tensor> slots, arguments;
  };
  /// The outputs for these inputs. What the caller moves in may be overwritten. An output may be an input's own handle.
  std::vector<Tensor> run(std::vector<Tensor> inputs) const;
  /// The same with handles of their own for the outputs: a tape can tell them from the inputs.
  std::vector<Tensor> run_for_caller(std::vector<Tensor> inputs) const;

  int num_steps() const { return int(steps_.size()); }
  bool uses_input(int i) const { return uses_input_[size_t(i)]; }
  static constexpr int64_t kAssumedSize = 32;
  /// Bytes of the tensors that a run holds at most at one time, its inputs among them; sizes that only a run tells (the batch's)
  /// count as kAssumedSize.
  int64_t peak_bytes() const { return peak_bytes_; }

 private:
  friend class Compiler;
  friend class ParallelRun;

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
    int first_output;           ///< Outputs have consecutive slots.
    std::vector<int> unused;    ///< Outputs' slots that nobody reads.
    std::vector<Shape> shapes;  ///< Of the outputs, where they follow from shapes that are known; else empty.
    int like = -1;              ///< The input whose shape the only output has in every run, where names tell.
    std::string node;           ///< The node's name, for errors.
    mutable std::shared_ptr<void> kept;  ///< From run to run, by the kernel, under a lock of its own.
  };
  void run_in_order(Frame& frame) const;
  bool runs_in_parallel() const;
  void run_in_parallel(std::vector<Tensor>& slots) const;
  void call_kernel(const Step& step, std::span<const Tensor> arguments, std::vector<Tensor>& slots) const;
  Tensor take(const Operand& operand, std::vector<Tensor>& slots) const;

  std::vector<Step> steps_;
  std::vector<Tensor> constants_;
  std::vector<Operand> outputs_;
  std::vector<int> shared_outputs_;  // those that are inputs, constants, or an earlier output
  std::vector<bool> uses_input_;
  size_t slots_ = 0, inputs_ = 0, most_inputs_ = 0;
  std::unique_ptr<Schedule> schedule_;  // none where the steps run in their order
  std::vector<int> slot_uses_;          // how often each slot is read, by steps and as an output
  int64_t peak_bytes_ = 0;
};

/// Optimises a copy of the graph and resolves its nodes. `inputs` are nodes whose output 0 is given with each run.
std::unique_ptr<Program> compile(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> outputs);

}  // namespace runnel::inline v0
