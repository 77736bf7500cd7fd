// Control flow under tf.*: cond, case, switch_case, while_loop. Run eagerly they are plain C++ control flow; inside a function
// that is traced they become If, Case and While, with functions for their branches and bodies.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

using BranchFunction = std::function<std::vector<Tensor>()>;
using LoopFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>& loop_vars)>;
using LoopCondition = std::function<Tensor(const std::vector<Tensor>& loop_vars)>;

/// true_fn() where the scalar `pred` holds, else false_fn(). Both give tensors of the same number and dtypes.
std::vector<Tensor> cond(const Tensor& pred, const BranchFunction& true_fn, const BranchFunction& false_fn);
Tensor cond(const Tensor& pred, const std::function<Tensor()>& true_fn, const std::function<Tensor()>& false_fn);

/// branch_fns[branch_index](); `default_fn`, or the last branch, for an index outside of their range.
std::vector<Tensor> switch_case(const Tensor& branch_index, const std::vector<BranchFunction>& branch_fns,
                                const BranchFunction& default_fn = nullptr);

/// The function of the first predicate that holds, else `default_fn`.
std::vector<Tensor> case_(const std::vector<std::pair<Tensor, BranchFunction>>& pred_fn_pairs, const BranchFunction& default_fn = nullptr);

struct WhileOptions {
  std::vector<PartialShape> shape_invariants{};    ///< Of each variable, where iterations change its shape.
  std::optional<Tensor> maximum_iterations{};
  int64_t parallel_iterations = 10;                ///< Accepted; iterations run one after another.
};

/// body(loop_vars) again and again while cond(loop_vars) holds.
std::vector<Tensor> while_loop(const LoopCondition& cond, const LoopFunction& body, const std::vector<Tensor>& loop_vars,
                               const WhileOptions& options = WhileOptions());
/// The same of one tensor.
Tensor while_loop(const std::function<Tensor(const Tensor&)>& cond, const std::function<Tensor(const Tensor&)>& body, const Tensor& loop_var,
                  const WhileOptions& options = WhileOptions());

}  // namespace runnel::inline v0
