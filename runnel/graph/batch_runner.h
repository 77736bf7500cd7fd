// BatchRunner: operator calls and whole graphs for all elements of a batch at once, by batching rules (op/batching.h). What has
// no rule runs once per element.
#pragma once

#include "runnel/base/error.h"
#include "runnel/graph/graph_function.h"
#include "runnel/op/batching.h"

namespace runnel::inline v0 {

class BatchRunner {
 public:
  /// `count`: the number of elements, an int32 scalar. `loops`: operators without a rule may run once per element.
  BatchRunner(Tensor count, bool loops) : count_(std::move(count)), loops_(loops) {}

  std::vector<Batched> call(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const;
  /// The outputs under new handles, whose gradient is `backward` of one element.
  std::vector<Batched> call_custom(std::span<const Batched> inputs, std::span<const Batched> outputs, Backward backward) const;
  /// (n, ...) of a tensor that elements may share.
  Tensor stack(const Batched& b) const;
  /// True after a call of an operator that has no rule and cannot run once per element either, which is a ValueError.
  bool met_no_rule() const { return met_no_rule_; }

 private:
  std::vector<Batched> loop(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const;
  std::vector<Batched> replay(const GraphFunction& f, size_t outputs, std::span<const Batched> inputs) const;
  std::vector<Batched> run_node(const Node& node, std::span<const Batched> inputs) const;
  // Each gives an empty list where it does not take the call.
  std::vector<Batched> run_control(const Op& op, std::span<const Batched> inputs, const Attrs& attrs) const;
  std::vector<Batched> run_if(std::span<const Batched> inputs, const Attrs& attrs) const;
  std::vector<Batched> run_while(std::span<const Batched> inputs, const Attrs& attrs) const;
  bool find_changing(const GraphFunction& condition, const GraphFunction& body, std::vector<Batched>& variables) const;

  Tensor count_;
  bool loops_;
  mutable bool met_no_rule_ = false;
};

}  // namespace runnel::inline v0
