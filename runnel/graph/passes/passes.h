// The passes that every function goes through before it becomes a Program. All are exact: results keep their bits.
#pragma once

#include "runnel/graph/passes/body.h"

namespace runnel::inline v0 {

/// Gives the unknown sizes of the body's tensors names (core/named_size.h), the same where they are certainly equal. It comes
/// first, and once: what other passes add or replace keeps the shapes.
void name_sizes(FunctionBody& body);
/// What neither an output nor a change of state needs goes.
int prune(FunctionBody& body);
/// Nodes without effects whose inputs are constants become constants.
int fold_constants(FunctionBody& body);
/// Nodes that compute the same are computed once.
int merge_common(FunctionBody& body);
/// x * 1, x / 1, x - 0, -(-x), casts to the same dtype, reshapes of reshapes, ...: what leaves its input as it is goes.
int simplify_arithmetic(FunctionBody& body);
/// Gradients need no summing where names tell that nothing was broadcast.
int settle_broadcasts(FunctionBody& body);
/// A Reshape whose sizes the names tell, all but one, takes a constant with -1 there: what computed the sizes goes.
int settle_reshapes(FunctionBody& body);
/// Elementwise operators repeat an operand themselves, without a BroadcastTo.
int broadcasts_into_elementwise(FunctionBody& body);
/// MatMul of a transposed matrix reads the matrix transposed instead.
int transposes_into_matmul(FunctionBody& body);

/// Rules that change rounding, each by a bound that its file states. For jit_compile only.
int relax_arithmetic(FunctionBody& body);
/// Bias and relu behind MatMul and Conv2D are done to the product's tiles.
int bias_into_products(FunctionBody& body);
/// The updates of one optimizer's step become one node for many Variables.
int updates_together(FunctionBody& body);
/// Connected elementwise nodes of one shape become one node, which goes through memory once.
int fuse_elementwise(FunctionBody& body);
/// Why what fuse_elementwise would leave alone, or apart, stays so: a line each.
std::vector<std::string> reasons_apart(const FunctionBody& body);
/// An If whose predicate is known by now becomes its branch.
int settle_branches(FunctionBody& body);
/// What each iteration of a loop computes alike is computed once, before it.
int hoist_invariants(FunctionBody& body);

/// All of them, until nothing changes, then fusion. The counts by name, for explain().
struct PassReport {
  std::vector<std::pair<const char*, int>> counts;
  int relaxed = 0;                 ///< Changes of relax_arithmetic.
  std::vector<std::string> fused;  ///< The operators of each fused node: "Mul+AddV2+Tanh".
  std::vector<std::string> apart;  ///< Why the others are not, where asked for.
};
PassReport optimise(FunctionBody& body, bool with_reasons = false);

}  // namespace runnel::inline v0
