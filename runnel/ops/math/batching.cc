// How this family's operators run for a whole batch: see op/batching.h. Elementwise operators need no rule.
#include <algorithm>

#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

namespace {

using Out = std::vector<Batched>;
using C = BatchingContext;

// Bounds of a rank of their own, which the operator itself does not broadcast.
Out clipped(const C& c) {
  if (std::min({c.rank(0), c.rank(1), c.rank(2)}) < 0) return {};
  int rank = c.rank(0);
  return stacked({maximum(minimum(c.aligned(0, rank), c.aligned(2, rank)), c.aligned(1, rank))});
}

// Rows of element i go to the segments from i * num_segments on; those without a segment stay so.
Out unsorted_segments(const C& c) {
  if (c.stacked(2)) return {};
  Tensor data = c.stack(0), ids = c.stack(1), count = cast(c.value(2), ids.dtype());
  Tensor offsets = multiply(cast(range(c.count()), ids.dtype()), count), sizes = shape(ids);
  offsets = reshape(offsets, concat({slice(sizes, {0}, {1}), add(slice(zeros_like(sizes), {1}, {-1}), 1)}, 0));
  ids = where(less(ids, 0), ids, add(ids, offsets));
  Tensor all = run_all(c.op(), {data, ids, multiply(c.value(2), cast(c.count(), c.value(2).dtype()))}, c.attrs())[0];
  Tensor rest = slice(shape(all), {1}, {-1});
  return stacked({reshape(all, with_count(c.count(), concat({expand_dims(cast(c.value(2), int32), 0), rest}, 0)))});
}

constexpr BatchingDef kRules[] = {
    {"Sum", batch_axis_second},    {"Mean", batch_axis_second},   {"Prod", batch_axis_second},    {"Max", batch_axis_second},
    {"Min", batch_axis_second},    {"All", batch_axis_second},    {"Any", batch_axis_second},     {"EuclideanNorm", batch_axis_second},
    {"Cumsum", batch_axis_second}, {"Cumprod", batch_axis_second}, {"CumulativeLogsumexp", batch_axis_second},
    {"ArgMax", batch_axis_second}, {"ArgMin", batch_axis_second}, {"AddN", batch_as_rows},        {"ClipByValue", clipped},
    {"UnsortedSegmentSum", unsorted_segments}, {"UnsortedSegmentProd", unsorted_segments},
    {"UnsortedSegmentMax", unsorted_segments}, {"UnsortedSegmentMin", unsorted_segments},
};

}  // namespace

RUNNEL_BATCHING(math_batching, kRules)

}  // namespace runnel::inline v0
