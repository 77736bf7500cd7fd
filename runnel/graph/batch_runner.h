// BatchRunner: operator calls and whole graphs for all elements of a batch at once, by batching rules (op/batching.h). What has
// no rule runs once per element.
#pragma once

#include "runnel/base/error.h"
#include "runnel/base/pointer_map.h"
#include "runnel/graph/graph_function.h"
#include "runnel/op/batching.h"

namespace runnel::inline v0 {

class BatchRunner {
 public:
  /// `count`: the number of elements, an int32 scalar. `loops`: operators without a rule may run once per element.
  BatchRunner(Tensor count, bool loops) : count_(std::move(count)), loops_(loops) {}

  std::vector<Batched> call(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const;
  /// From the gradients (n, ...) of a computation's outputs to those of its inputs; no value where there is none.
  using BatchedBackward = std::function<std::vector<Batched>(std::span<const Tensor> grads)>;
  /// The outputs (n, ...) under new handles, whose gradient is `backward`.
  std::vector<Batched> call_custom(std::span<const Batched> inputs, std::span<const Batched> outputs, BatchedBackward backward) const;
  /// (n, ...) of a tensor that elements may share.
  Tensor stack(const Batched& b) const;
  /// True after a call of an operator that has no rule and cannot run once per element either, which is a ValueError.
  bool met_no_rule() const { return *met_no_rule_; }

 private:
  std::vector<Batched> loop(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const;
  std::vector<Batched> replay(const GraphFunction& f, size_t outputs, std::span<const Batched> inputs) const;
  using Values = PointerMap<std::vector<Batched>>;
  std::vector<Batched> run_node(const Node& node, const Values& values) const;
  std::vector<Batched> run_custom(const Node& node, std::span<const Batched> inputs, const Values& values) const;
  // Each gives an empty list where it does not take the call.
  std::vector<Batched> run_control(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const;
  using Branches = std::vector<const GraphFunction*>;
  std::vector<Batched> run_branches(const Branches& branches, std::span<const Batched> inputs, const Attrs& attrs) const;
  std::vector<Batched> run_own_branches(const Branches& branches, std::span<const Batched> inputs, size_t count) const;
  std::vector<Batched> run_while(std::span<const Batched> inputs, const Attrs& attrs) const;
  std::vector<Batched> run_own_loops(const GraphFunction& condition, const GraphFunction& body, std::span<const Batched> inputs) const;
  [[noreturn]] void fail_without_rule(const char* op) const;
  using Step = std::function<std::vector<Batched>(const std::vector<Batched>& variables)>;
  Step step_of(const GraphFunction& body, size_t lists) const;
  bool find_changing(const GraphFunction& condition, const Step& step, std::vector<Batched>& variables) const;

  Tensor count_;
  bool loops_;
  std::shared_ptr<bool> met_no_rule_ = std::make_shared<bool>(false);  // shared with the copies that backward functions keep
};

}  // namespace runnel::inline v0
