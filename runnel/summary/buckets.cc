// _HistogramBuckets: what TensorBoard's histograms hold (tensorboard/plugins/histogram/summary_v2.py).
#include <algorithm>
#include <cmath>

#include "runnel/op/op_context.h"
#include "runnel/ops/array.h"
#include "runnel/summary/encodings.h"

namespace runnel::inline v0 {

namespace {

void buckets_shape(ShapeContext& c) {
  c.with_rank(1, 0);
  const Tensor* count = c.constant(1);
  c.set_output(0, PartialShape({count ? std::max(0, *count->data<int32_t>()) : -1, 3}));
}

// The bucket of a value, as its conversion to int32 gives it; below 0 for NaN and what is infinitely far.
int32_t bucket_of(double x, double low, double width, int32_t count) {
  const double place = std::floor((x - low) / width);
  return place < 2147483648. && place >= 0 ? std::min(int32_t(place), count - 1) : -1;
}

void buckets_kernel(OpContext& c) {
  std::span<const double> values = c.input(0).values<double>();
  const int32_t count = *c.input(1).data<int32_t>();
  Tensor& out = c.output();
  std::span<double> rows(out.mutable_data<double>(), size_t(out.num_elements()));
  std::fill(rows.begin(), rows.end(), 0.);
  if (values.empty() || count <= 0) return;
  double low = values[0], high = values[0];
  for (double x : values) low = x < low || std::isnan(x) ? x : low, high = x > high || std::isnan(x) ? x : high;
  const double range = high - low, width = range / count;
  const bool single = range == 0;
  for (int32_t i = 0; i < count; ++i) {
    rows[size_t(3 * i)] = single || i == 0 ? low : low + width * i;
    rows[size_t(3 * i + 1)] = single || i == count - 1 ? high : low + width * (i + 1);
  }
  for (double x : values)
    if (int32_t at = single ? count - 1 : bucket_of(x, low, width, count); at >= 0) ++rows[size_t(3 * at + 2)];
}

/// _HistogramBuckets: Rows (left edge, right edge, number of values) of as many buckets of equal width.
constexpr OpDef kOps[] = {
    {.name = "_HistogramBuckets", .signature = "values: double, count: int32 -> buckets: double", .shape = buckets_shape,
     .no_gradient = "it counts", .kernel = buckets_kernel},
};

}  // namespace
RUNNEL_OPS(summary_buckets, kOps)

Tensor summary::histogram_buckets(const Tensor& data, const Tensor& count) {
  static const Op& op = get_op("_HistogramBuckets");
  return run(op, {cast(stop_gradient(data), float64), count});
}

}  // namespace runnel::inline v0
