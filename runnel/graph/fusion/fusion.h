// Fusion: elementwise operator calls that are done in one pass over memory, by blocks that stay in the L1 cache.
// A group of nodes becomes one node _Fused, whose attribute holds the Fusion.
#pragma once

#include <memory>

#include "runnel/graph/graph.h"

namespace runnel::inline v0 {

namespace cpu {
class FusedSteps;
}

class Fusion : public RefCounted {
 public:
  static constexpr int kMaxInputs = 16, kMaxSteps = 64;

  /// True where the node is elementwise and a block kernel computes it, which is then the one that eager calls use.
  static bool takes(const Node& node);
  /// Why a node is neither elementwise nor a reduction that takes() and reduces() know: for explain(). nullptr where it is one.
  static const char* refuses(const Node& node);
  /// True where the node reduces an elementwise value over axes that are known, the last one among them.
  static bool reduces(const Node& node);
  /// How many of the last dimensions a node reduces: what a row is to it. 0 where it reduces others, or all.
  static int reduced_rows(const Node& node);
  static bool keeps_dims(const Node& reduction);
  /// The shape of one number a row, the last `inner` dimensions kept as 1.
  static PartialShape narrow_shape(PartialShape dims, int inner);
  /// An operand that the kernel takes besides the node's inputs: an attribute as a scalar. An empty Tensor where none.
  static Tensor extra_operand(const Node& node);

  /// With `inner` > 0 the steps work on rows: the elements of the last `inner` dimensions. Reductions of rows that keep the
  /// number of dimensions may be added among the steps.
  explicit Fusion(std::span<const DType> inputs, int inner = 0);
  ~Fusion() override;
  /// Adds what a node computes of values: inputs, then results of steps. Returns the result's number.
  int add(const Node& node, const std::vector<int>& operands);
  /// The last output is what a node that reduces() makes of a value.
  void add_reduction(const Node& node, int value);
  /// To be called once, after the last step; outputs of steps.
  void finish(const std::vector<int>& outputs);

  /// Runs it; where the shapes turn out not to fit one loop, operator by operator.
  void run(OpContext& c) const;
  PartialShape output_shape(ShapeContext& c, int output) const;
  /// The operators in order: "Mul+AddV2+Tanh".
  const std::string& text() const { return text_; }
  int num_steps() const;

 private:
  struct Step {
    const Op* op;
    Attrs attrs;
    std::vector<int> operands;
    int op_inputs;      ///< How many of the operands are the operator's inputs.
    bool equal_shapes;  ///< The operator refuses to broadcast.
    Tensor axes{};      ///< Of a reduction.
  };
  struct Loop;
  struct Rows;

  struct Reduction {
    const Op* op = nullptr;
    Attrs attrs;
    Tensor axes;
    SmallVector<int, 8> axis_list{};
    bool keep_dims = false;
    int value = 0;
  };
  bool plan(OpContext& c, Shape& dims) const;
  bool run_rows(OpContext& c) const;
  bool fits_rows(std::span<const Tensor> inputs, Shape& dims, bool* whole) const;
  Tensor place(OpContext& c, int output, const Shape& dims, const cpu::FusedSteps& steps) const;
  int add_row_reduction(const Node& node, int value);
  static int add_step(cpu::FusedSteps& steps, const std::vector<int>& values, const Node& node, const std::vector<int>& operands);
  bool has_enough_rows(const Shape& dims) const;
  PartialShape reduced_shape(const PartialShape& dims) const;
  bool fits(std::span<const Tensor> inputs, Shape& dims) const;
  void run_apart(OpContext& c) const;

  std::vector<DType> types_;  // of the inputs
  int inner_;
  std::vector<Step> steps_;
  std::vector<int> outputs_;
  Reduction reduction_;
  // Either may be missing; rows come first. The lists say which of their values ours are: a sum takes several steps.
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Rows> rows_;
  std::vector<int> loop_values_, row_values_;
  int reduced_rows_ = -1;  // the value of rows_ that the last output is
  std::string text_;
};

}  // namespace runnel::inline v0
