// Reductions of segments: rows that carry the same id.
#include <algorithm>
#include <limits>

#include "runnel/ops/array.h"
#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"

namespace runnel::inline v0 {

using namespace math_internal;

namespace {

struct SumOf {
  template <class T> static T start() { return T(0); }
  template <class T> static void step(T& so_far, T x) { so_far = T(so_far + x); }
};
struct ProductOf {
  template <class T> static T start() { return T(1); }
  template <class T> static void step(T& so_far, T x) { so_far = T(so_far * x); }
};
// The extremes of an empty segment are the numbers that every other one beats.
struct LargestOf {
  template <class T> static T start() {
    if constexpr (kIsHalf<T>) return std::is_same_v<T, half_t> ? T(-65504.f) : T::from_bits(0xff7f);
    else return std::numeric_limits<T>::lowest();
  }
  template <class T> static void step(T& so_far, T x) { if (so_far < x) so_far = x; }
};
struct SmallestOf {
  template <class T> static T start() {
    if constexpr (kIsHalf<T>) return std::is_same_v<T, half_t> ? T(65504.f) : T::from_bits(0x7f7f);
    else return std::numeric_limits<T>::max();
  }
  template <class T> static void step(T& so_far, T x) { if (x < so_far) so_far = x; }
};

template <class T>
std::vector<int64_t> read_ids(const Tensor& t) {
  return {t.data<T>(), t.data<T>() + t.num_elements()};
}
std::vector<int64_t> ids_of(const Tensor& t) {
  return t.dtype() == int16 ? read_ids<int16_t>(t) : t.dtype() == int32 ? read_ids<int32_t>(t) : read_ids<int64_t>(t);
}

// Folds row i of data into row ids[i] of out; negative ids are left out. touched: rows of each id.
template <class F, class T>
void fold_rows(const Tensor& data, const std::vector<int64_t>& ids, Tensor& out, int64_t inner, std::vector<int64_t>& touched) {
  using A = Accumulator<T>;
  std::vector<A> sums(size_t(out.num_elements()), A(F::template start<T>()));
  const T* x = data.data<T>();
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0) continue;
    ++touched[size_t(ids[i])];
    for (int64_t j = 0; j < inner; ++j) F::step(sums[size_t(ids[i] * inner + j)], A(x[int64_t(i) * inner + j]));
  }
  T* y = out.mutable_data<T>();
  for (size_t i = 0; i < sums.size(); ++i) y[i] = T(sums[i]);
}

// --- sorted ids ------------------------------------------------------------------------------------------------------

void segment_shape(ShapeContext& c) {
  PartialShape data = c.with_rank_at_least(0, 1), ids = c.with_rank(1, 1);
  if (data.has_rank() && data[0] >= 0 && ids[0] >= 0 && data[0] != ids[0])
    c.invalid("segment_ids should be the same size as dimension 0 of input.", {.got = cat(bracketed(ids), " and ", bracketed(data))});
  if (!data.has_rank()) return;
  const Tensor* known = c.constant(1);
  int64_t rows = -1;
  if (known) rows = known->num_elements() == 0 ? 0 : ids_of(*known).back() + 1;
  data.set_dim(0, std::max<int64_t>(rows, -1));
  c.set_output(0, data);
}

void check_sorted(const OpContext& c, const std::vector<int64_t>& ids) {
  if (!ids.empty() && ids.front() < 0) c.invalid("segment ids must be >= 0");
  for (size_t i = 1; i < ids.size(); ++i)
    if (ids[i] < ids[i - 1]) c.invalid("segment ids are not increasing", {.got = cat(ids[i - 1], " before ", ids[i])});
}

template <class T>
void divide_row(T* row, int64_t inner, int64_t by) {
  for (int64_t j = 0; j < inner; ++j) {
    if constexpr (kIsHalf<T>) row[j] = T(float(row[j]) / float(by));
    else row[j] = T(row[j] / T(by));
  }
}
// What ids without a row get: 0 (for the product 1).
template <class T>
void fill_row(T* row, int64_t inner, T value) {
  std::fill(row, row + inner, value);
}

template <class F, bool kMean, class Types>
void segment_kernel(OpContext& c) {
  const Tensor& data = c.input(0);
  std::vector<int64_t> ids = ids_of(c.input(1));
  check_sorted(c, ids);
  Tensor& out = c.output();
  int64_t rows = out.dim(0), inner = rows == 0 ? 0 : out.num_elements() / rows;
  std::vector<int64_t> touched(static_cast<size_t>(rows));
  dispatch<Types>(data.dtype(), c.op().name(), [&]<class T>() {
    fold_rows<F, T>(data, ids, out, inner, touched);
    T* y = out.mutable_data<T>();
    for (int64_t r = 0; r < rows; ++r) {
      if (touched[size_t(r)] == 0) fill_row<T>(y + r * inner, inner, std::is_same_v<F, ProductOf> ? T(1) : T(0));
      else if (kMean) divide_row(y + r * inner, inner, touched[size_t(r)]);
    }
  });
}

// --- ids in any order ------------------------------------------------------------------------------------------------

void unsorted_shape(ShapeContext& c) {
  PartialShape data = c.input(0), ids = c.input(1);
  if (!data.has_rank() || !ids.has_rank()) return;
  if (ids.rank() > data.rank() || !ids.is_compatible_with(data.slice(0, ids.rank())))
    c.invalid(cat("data.shape = ", bracketed(data), " does not start with segment_ids.shape = ", bracketed(ids)));
  const Tensor* count = c.constant(2);
  int64_t rows = -1;
  if (count) {
    rows = count->dtype() == int32 ? count->item<int32_t>() : count->item<int64_t>();
    if (rows < 0) c.invalid(cat("Input num_segments == ", rows, " must not be negative."));
  }
  c.set_output(0, PartialShape({rows}).concatenate(data.slice(ids.rank(), data.rank())));
}

template <class F, class Types>
void unsorted_kernel(OpContext& c) {
  const Tensor& data = c.input(0);
  std::vector<int64_t> ids = ids_of(c.input(1));
  Tensor& out = c.output();
  int64_t rows = out.dim(0), inner = 1;
  for (int d = 1; d < out.rank(); ++d) inner *= out.dim(d);
  for (size_t i = 0; i < ids.size(); ++i)
    if (ids[i] >= rows) c.invalid(cat("segment_ids[", i, "] = ", ids[i], " is out of range [0, ", rows, ")"));
  std::vector<int64_t> touched(static_cast<size_t>(rows));
  dispatch<Types>(data.dtype(), c.op().name(), [&]<class T>() { fold_rows<F, T>(data, ids, out, inner, touched); });
}

// --- gradients -------------------------------------------------------------------------------------------------------

// A condition on ids, with axes of size 1 behind it for the rest of `like`.
Tensor as_wide_as(Tensor condition, const Tensor& ids, const Tensor& like) {
  for (int d = ids.partial_shape().rank(); d < like.partial_shape().rank(); ++d) condition = expand_dims(condition, -1);
  return condition;
}
// Slices of `rows` by id, and zeros for negative ids.
Tensor rows_of(const Tensor& rows, const Tensor& ids) {
  Tensor taken = take(rows, maximum(ids, 0));
  return select(as_wide_as(greater_equal(ids, 0), ids, taken), taken, zeros_like(taken));
}

Gradients sum_gradient(const GradientContext& c) { return {take(c.grad(), c.input(1)), Tensor()}; }
Gradients mean_gradient(const GradientContext& c) {
  X ids = c.input(1);
  Tensor ones = cast(ones_like(ids), c.input(0).dtype());
  Tensor counts = maximum(real(segment_sum(ones, ids)), 1);
  Tensor scaled = divide(take(c.grad(), ids), cast(as_wide_as(take(counts, ids), ids, c.input(0)), c.input(0).dtype()));
  return {scaled, Tensor()};
}
Gradients extreme_gradient(const GradientContext& c) {
  X data = c.input(0), ids = c.input(1);
  Tensor wins = equal(take(c.output(), ids), data);
  Tensor winners = segment_sum(cast(wins, data.dtype()), ids);
  return {select(wins, take(divide_no_nan(c.grad(), winners), ids), zeros_like(data)), Tensor()};
}
// The product of a segment's other elements: with one zero, only that element has a gradient.
template <class Count, class Product>
Gradients product_gradient(const GradientContext& c, Count&& count, Product&& product) {
  X data = c.input(0), ids = c.input(1);
  Tensor is_zero = equal(data, 0);
  Tensor zero_count = count(cast(is_zero, int32));
  Tensor grad = select(greater(zero_count, 1), zeros_like(c.grad()), c.grad());
  Tensor filled = select(is_zero, ones_like(data), data);
  Tensor others = rows_of(product(filled), ids), all = rows_of(c.output(), ids);
  return {multiply(rows_of(grad, ids), conj(select(is_zero, others, divide(all, filled)))), Tensor()};
}
Gradients segment_product_gradient(const GradientContext& c) {
  X ids = c.input(1);
  return product_gradient(c, [&](X x) { return segment_sum(x, ids); }, [&](X x) { return segment_prod(x, ids); });
}
Gradients unsorted_sum_gradient(const GradientContext& c) { return {rows_of(c.grad(), c.input(1)), Tensor(), Tensor()}; }
Gradients unsorted_extreme_gradient(const GradientContext& c) {
  X data = c.input(0), ids = c.input(1);
  Tensor inside = as_wide_as(greater_equal(ids, 0), ids, data);
  Tensor wins = logical_and(equal(rows_of(c.output(), ids), data), inside);
  Tensor winners = unsorted_segment_sum(cast(wins, data.dtype()), ids, c.input(2));
  return {select(wins, rows_of(divide_no_nan(c.grad(), winners), ids), zeros_like(data)), Tensor(), Tensor()};
}
Gradients unsorted_product_gradient(const GradientContext& c) {
  X ids = c.input(1), n = c.input(2);
  Gradients out = product_gradient(c, [&](X x) { return unsorted_segment_sum(x, ids, n); }, [&](X x) { return unsorted_segment_prod(x, ids, n); });
  out.push_back(Tensor());
  return out;
}

// --- cards -----------------------------------------------------------------------------------------------------------

constexpr OpDef sorted(const char* name, const char* attrs, KernelFn kernel, GradientFn gradient) {
  return {.name = name, .signature = "data: T, segment_ids: Tindices -> output: T", .attrs = attrs, .shape = segment_shape,
          .gradient = gradient, .kernel = kernel};
}
constexpr OpDef unsorted(const char* name, const char* attrs, KernelFn kernel, GradientFn gradient) {
  return {.name = name, .signature = "data: T, segment_ids: Tindices, num_segments: Tnumsegments -> output: T", .attrs = attrs,
          .shape = unsorted_shape, .gradient = gradient, .kernel = kernel};
}
constexpr const char* kSorted = "T: numeric; Tindices: index";
constexpr const char* kSortedReal = "T: real; Tindices: index";
constexpr const char* kUnsorted = "T: numeric; Tindices: {int16, int32, int64}; Tnumsegments: index = int32";
constexpr const char* kUnsortedReal = "T: real; Tindices: {int16, int32, int64}; Tnumsegments: index = int32";

constexpr OpDef kOps[] = {
    sorted("SegmentSum", kSorted, segment_kernel<SumOf, false, Numeric>, sum_gradient),
    sorted("SegmentMean", kSorted, segment_kernel<SumOf, true, Numeric>, mean_gradient),
    sorted("SegmentProd", kSorted, segment_kernel<ProductOf, false, Numeric>, segment_product_gradient),
    sorted("SegmentMax", kSortedReal, segment_kernel<LargestOf, false, Real>, extreme_gradient),
    sorted("SegmentMin", kSortedReal, segment_kernel<SmallestOf, false, Real>, extreme_gradient),
    unsorted("UnsortedSegmentSum", kUnsorted, unsorted_kernel<SumOf, Numeric>, unsorted_sum_gradient),
    unsorted("UnsortedSegmentProd", kUnsorted, unsorted_kernel<ProductOf, Numeric>, unsorted_product_gradient),
    unsorted("UnsortedSegmentMax", kUnsortedReal, unsorted_kernel<LargestOf, Real>, unsorted_extreme_gradient),
    unsorted("UnsortedSegmentMin", kUnsortedReal, unsorted_kernel<SmallestOf, Real>, unsorted_extreme_gradient),
};

Tensor counts_of(const Tensor& data, const Tensor& ids, const Operand& num_segments) {
  Tensor counts = maximum(unsorted_segment_sum(cast(ones_like(ids), data.dtype()), ids, num_segments), 1);
  for (int d = ids.partial_shape().rank(); d < data.partial_shape().rank(); ++d) counts = expand_dims(counts, -1);
  return counts;
}

}  // namespace
RUNNEL_OPS(math_segment, kOps)

#define RUNNEL_SEGMENT(FUNCTION, OP)                                       \
  Tensor FUNCTION(const Tensor& data, const Tensor& segment_ids) {         \
    static const Op& op = get_op(OP);                                      \
    return run(op, {data, segment_ids});                                   \
  }
RUNNEL_SEGMENT(segment_sum, "SegmentSum")
RUNNEL_SEGMENT(segment_mean, "SegmentMean")
RUNNEL_SEGMENT(segment_prod, "SegmentProd")
RUNNEL_SEGMENT(segment_max, "SegmentMax")
RUNNEL_SEGMENT(segment_min, "SegmentMin")
#undef RUNNEL_SEGMENT

#define RUNNEL_UNSORTED(FUNCTION, OP)                                                                   \
  Tensor FUNCTION(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments) {         \
    static const Op& op = get_op(OP);                                                                   \
    return run(op, {data, segment_ids, num_segments.tensor()});                                         \
  }
RUNNEL_UNSORTED(unsorted_segment_sum, "UnsortedSegmentSum")
RUNNEL_UNSORTED(unsorted_segment_prod, "UnsortedSegmentProd")
RUNNEL_UNSORTED(unsorted_segment_max, "UnsortedSegmentMax")
RUNNEL_UNSORTED(unsorted_segment_min, "UnsortedSegmentMin")
#undef RUNNEL_UNSORTED

Tensor unsorted_segment_mean(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments) {
  return divide(unsorted_segment_sum(data, segment_ids, num_segments), counts_of(data, segment_ids, num_segments));
}
Tensor unsorted_segment_sqrt_n(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments) {
  return divide(unsorted_segment_sum(data, segment_ids, num_segments), sqrt(counts_of(data, segment_ids, num_segments)));
}

}  // namespace runnel::inline v0
