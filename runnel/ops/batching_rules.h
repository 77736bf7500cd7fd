// What batching rules (op/batching.h) of all families are written with.
#pragma once

#include "runnel/op/batching.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

/// The place of an axis of one element behind the batch. Those counted from the end stay.
inline int64_t behind_batch(int64_t axis) { return axis < 0 ? axis : axis + 1; }
/// The same for a tensor of axes.
Tensor behind_batch(const Tensor& axes);
/// (n, sizes...) from sizes.
Tensor with_count(const Tensor& count, const Tensor& sizes);
/// (first, vector...).
Tensor with_first(int64_t first, const Tensor& vector);

/// The operator, with its axis (an input, or an attribute) moved behind the batch. The other inputs are stacked first.
std::vector<Batched> batch_along_axis(const BatchingContext& c, int axis_input);
std::vector<Batched> batch_along_attribute(const BatchingContext& c, const char* axis);
/// A rule: input 1 holds axes.
inline std::vector<Batched> batch_axis_second(const BatchingContext& c) { return batch_along_axis(c, 1); }

/// (n, b, ...) as (n * b, ...), and back.
Tensor merged(const Tensor& t);
Tensor unmerged(const Tensor& t, const Tensor& count);
/// A rule: the elements have a batch of their own in front, with which this one is merged.
std::vector<Batched> batch_merged(const BatchingContext& c);
/// The same where only the first inputs differ from element to element; the rest is shared (else the rule does not take it).
std::vector<Batched> batch_merged_first(const BatchingContext& c, int first);

}  // namespace runnel::inline v0
