// vectorized_map: a function of one element, run on a whole batch at once.
#pragma once

#include "runnel/graph/map.h"

namespace runnel::inline v0 {

/// What map_fn gives, by calling `fn` once: each operator in it runs for all rows at once, (n, ...) to (n, ...), by its batching
/// rule (op/batching.h). Operators without a rule run row by row. Where that is impossible as well (lists, say), map_fn takes
/// over if `fallback_to_while_loop`, else ValueError. A result that does not depend on the row is repeated. Where a predicate depends on
/// the row all branches of a cond run, each for the rows that take it, also where none does: TensorFlow runs them too.
std::vector<Tensor> vectorized_map(const RowFunction& fn, const std::vector<Tensor>& elems, bool fallback_to_while_loop = true);
Tensor vectorized_map(const std::function<Tensor(const Tensor&)>& fn, const Tensor& elems, bool fallback_to_while_loop = true);

}  // namespace runnel::inline v0
