// Stateless random operators whose seeds differ from row to row.
#pragma once

#include "runnel/op/batching.h"

namespace runnel::inline v0 {

/// A rule: all rows are drawn by one node, each with its own seed, key or parameters.
std::vector<Batched> each_row(const BatchingContext& c);
/// The same for operators whose input 0 is a shape, which the rows must share.
std::vector<Batched> each_row_of_shape(const BatchingContext& c);

}  // namespace runnel::inline v0
