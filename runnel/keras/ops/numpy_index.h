// keras.ops.numpy: picking, sorting, counting.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include "runnel/op/results.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// Places such that the kth smallest element stands where a sort would put it, smaller ones before, larger ones after it.
/// python: argpartition
Tensor argpartition(const Operand& x, const Operand& kth, std::optional<int64_t> axis = -1);
/// The places that sort() takes its elements from; without `axis` of the flattened tensor.
/// python: argsort
Tensor argsort(const Operand& x, std::optional<int64_t> axis = -1);
/// How often 0, 1, 2, ... occur along the last axis, or the sums of their weights; `minlength` places at least.
/// ValueError for `sparse`: there are no sparse tensors yet.
/// python: bincount
Tensor bincount(const Operand& x, const std::optional<Operand>& weights = {}, int64_t minlength = 0, bool sparse = false);
/// The differences of neighbours along an axis, n times.
/// python: diff
Tensor diff(const Operand& a, int64_t n = 1, int64_t axis = -1);
/// The bin of each element: 0 below bins[0], i between bins[i - 1] and bins[i].
/// python: digitize
Tensor digitize(const Operand& x, const std::vector<double>& bins);
/// Counts in `bins` equal bins of `range` (default: smallest to largest element), and the bins' edges.
/// python: histogram
Results histogram(const Operand& x, int64_t bins = 10, const std::optional<Operand>& range = {});
/// The coordinates of what is not zero, a vector for each axis.
/// python: nonzero
Results nonzero(const Operand& x);
/// Where `values` would be put in to keep a vector sorted: before equal elements ("left") or after them ("right").
/// python: searchsorted
Tensor searchsorted(const Operand& sorted_sequence, const Operand& values, const std::string& side = "left");
/// For each element the choice of the first condition that holds, else `default`.
/// python: select
Tensor select(const Operands& condlist, const Operands& choicelist, const Operand& default_ = 0);
/// Sorted along an axis; without one flattened.
/// python: sort
Tensor sort(const Operand& x, std::optional<int64_t> axis = -1);
/// The slices at `indices` of an axis (default: of the flattened tensor); negative ones count from the end.
/// python: take
Tensor take(const Operand& x, const Operand& indices, std::optional<int64_t> axis = {});
/// For each place of `indices` the element there along the axis; other axes broadcast.
/// python: take_along_axis
Tensor take_along_axis(const Operand& x, const Operand& indices, std::optional<int64_t> axis = {});
/// The different elements (or slices of an axis), and as asked for: where each first stands, which one each element is, how often
/// each occurs. `size`: cut or filled up to so many.
/// python: unique
Results unique(const Operand& x, bool sorted = true, bool return_index = false, bool return_inverse = false, bool return_counts = false,
               std::optional<int64_t> axis = {}, std::optional<int64_t> size = {}, const std::optional<Operand>& fill_value = {});
/// The coordinates of elements numbered in row-major order, a tensor for each axis of `shape`.
/// python: unravel_index
Results unravel_index(const Operand& indices, const std::vector<int64_t>& shape);
/// x1 where the condition holds, else x2; with neither: nonzero(condition).
/// python: where
Results where(const Operand& condition, const std::optional<Operand>& x1 = {}, const std::optional<Operand>& x2 = {});

}  // namespace runnel::inline v0::keras::ops
