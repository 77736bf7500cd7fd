// Counting: bincounts, histograms, buckets, confusion matrices, hits among the k best.
#include <algorithm>
#include <cmath>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

int64_t scalar_int(const Tensor& t) { return t.dtype() == int32 ? t.item<int32_t>() : t.item<int64_t>(); }

// --- bincount --------------------------------------------------------------------------------------------------------

void bincount_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  const Tensor* size = c.constant(1);
  if (size && size->num_elements() != 1) c.invalid(cat("size must be a scalar: ", bracketed(size->shape())));
  int64_t n = size ? scalar_int(*size) : -1;
  if (size && n < 0) c.invalid(cat("size (", n, ") must be non-negative"));
  if (!in.has_rank()) return;
  if (in.rank() > 2) c.invalid(cat("Shape must be at most rank 2 but is rank ", in.rank()));
  c.set_output(0, in.rank() == 2 ? PartialShape({in[0], n}) : PartialShape({n}));
}
void old_bincount_shape(ShapeContext& c) {
  const Tensor* size = c.constant(1);
  int64_t n = size ? scalar_int(*size) : -1;
  if (size && n < 0) c.invalid(cat("size (", n, ") must be non-negative"));
  c.set_output(0, PartialShape({n}));
}

template <class I, class T>
void count_row(const OpContext& c, const I* values, int64_t n, const T* weights, T* bins, int64_t size, bool binary) {
  for (int64_t i = 0; i < n; ++i) {
    if (values[i] < 0) c.invalid("Input arr must be non-negative!");
    if (int64_t(values[i]) >= size) continue;
    if (binary) bins[values[i]] = T(1);
    else bins[values[i]] += weights ? weights[i] : T(1);
  }
}

void count(OpContext& c, bool binary) {
  const Tensor &values = c.input(0), &weights = c.input(2);
  Tensor& out = c.output();
  bool weighted = weights.num_elements() > 0;
  if (weighted && weights.num_elements() != values.num_elements())
    c.invalid(cat("weights and arr must have the same shape. Got ", bracketed(weights.shape()), " and ", bracketed(values.shape())));
  int64_t rows = out.rank() == 2 ? out.dim(0) : 1, n = rows == 0 ? 0 : values.num_elements() / rows, size = out.dim(-1);
  dispatch<TypeList<int32_t, int64_t, float, double>>(out.dtype(), c.op().name(), [&]<class T>() {
    std::fill_n(out.mutable_data<T>(), out.num_elements(), T(0));
    dispatch<Indices>(values.dtype(), c.op().name(), [&]<class I>() {
      for (int64_t r = 0; r < rows; ++r)
        count_row(c, values.data<I>() + r * n, n, weighted ? weights.data<T>() + r * n : nullptr, out.mutable_data<T>() + r * size, size, binary);
    });
  });
}
void bincount_kernel(OpContext& c) { count(c, c.bool_attr("binary_output")); }
void old_bincount_kernel(OpContext& c) { count(c, false); }

// --- histogram -------------------------------------------------------------------------------------------------------

void histogram_shape(ShapeContext& c) {
  const Tensor* bins = c.constant(2);
  if (bins && scalar_int(*bins) <= 0) c.invalid(cat("nbins should be a positive number, but got '", scalar_int(*bins), "'"));
  c.set_output(0, PartialShape({bins ? scalar_int(*bins) : -1}));
}
template <class T, class Out>
void fill_bins(const OpContext& c, const Tensor& values, const T* range, Out* bins, int64_t n) {
  if (!(range[0] < range[1]))
    c.invalid(cat("value_range should satisfy value_range[0] < value_range[1], but got '[", double(range[0]), ", ", double(range[1]), "]'"));
  double step = (double(range[1]) - double(range[0])) / double(n);
  std::fill_n(bins, n, Out(0));
  for (T v : values.values<T>()) {
    T inside = v < range[0] ? range[0] : v;
    double place = double(T(inside - range[0])) / step;
    ++bins[place < double(n - 1) ? int64_t(place) : n - 1];
  }
}
void histogram_kernel(OpContext& c) {
  const Tensor &values = c.input(0), &range = c.input(1);
  if (range.num_elements() != 2) c.invalid(cat("value_range should be a vector of 2 elements."), {.got = bracketed(range.shape())});
  Tensor& out = c.output();
  dispatch<TypeList<int32_t, int64_t, float, double>>(values.dtype(), c.op().name(), [&]<class T>() {
    dispatch<Indices>(out.dtype(), c.op().name(), [&]<class Out>() { fill_bins<T>(c, values, range.data<T>(), out.mutable_data<Out>(), out.dim(0)); });
  });
}

// --- buckets ---------------------------------------------------------------------------------------------------------

void bucketize_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }
void bucketize_kernel(OpContext& c) {
  const auto& boundaries = c.attr<std::vector<double>>("boundaries");
  std::vector<float> bounds(boundaries.begin(), boundaries.end());
  if (!std::is_sorted(bounds.begin(), bounds.end())) c.invalid("Expected sorted boundaries");
  Tensor& out = c.output();
  dispatch<TypeList<int32_t, int64_t, float, double>>(c.input(0).dtype(), "Bucketize", [&]<class T>() {
    int32_t* y = out.mutable_data<int32_t>();
    for (T v : c.input(0).values<T>()) *y++ = int32_t(std::upper_bound(bounds.begin(), bounds.end(), v) - bounds.begin());
  });
}

// --- in_top_k --------------------------------------------------------------------------------------------------------

void top_k_shape(ShapeContext& c) {
  PartialShape predictions = c.with_rank(0, 2), targets = c.with_rank(1, 1);
  if (predictions[0] >= 0 && targets[0] >= 0 && predictions[0] != targets[0])
    c.invalid(cat("First dimension of predictions ", predictions[0], " must match length of targets ", targets[0]));
  c.set_output(0, PartialShape({predictions[0] >= 0 ? predictions[0] : targets[0]}));
}
// False where the target is out of range or a prediction that could decide is not finite.
bool among_best(const float* row, int64_t classes, int64_t target, int64_t k) {
  if (target < 0 || target >= classes || !std::isfinite(row[target])) return false;
  int64_t better = 0;
  for (int64_t i = 0; i < classes; ++i) {
    if (!std::isfinite(row[i])) return false;
    if (row[i] > row[target] && ++better > k) break;
  }
  return better < k;
}
void top_k(OpContext& c, int64_t k) {
  const Tensor &predictions = c.input(0), &targets = c.input(1);
  Tensor& out = c.output();
  dispatch<Indices>(targets.dtype(), c.op().name(), [&]<class I>() {
    for (int64_t r = 0; r < out.dim(0); ++r)
      out.mutable_data<bool>()[r] = among_best(predictions.data<float>() + r * predictions.dim(1), predictions.dim(1), targets.data<I>()[r], k);
  });
}
void old_top_k_kernel(OpContext& c) { top_k(c, c.int_attr("k")); }
void top_k_kernel(OpContext& c) { top_k(c, scalar_int(c.input(2))); }

constexpr const char* kCounts = "TensorFlow declares none: it counts";
constexpr const char* kCountTypes = "T: {int32, int64, float, double}";

/// DenseBincount: How often each integer below `size` occurs, or the sum of its weights; of a matrix, row by row.
/// Bucketize: The number of `boundaries` that are not larger than each element.
constexpr OpDef kOps[] = {
    {.name = "DenseBincount", .signature = "input: Tidx, size: Tidx, weights: T -> output: T",
     .attrs = "Tidx: index; T: {int32, int64, float, double}; binary_output: bool = false", .shape = bincount_shape, .no_gradient = kCounts,
     .kernel = bincount_kernel},
    {.name = "Bincount", .signature = "arr: int32, size: int32, weights: T -> bins: T", .attrs = kCountTypes, .shape = old_bincount_shape,
     .no_gradient = kCounts, .kernel = old_bincount_kernel},
    {.name = "HistogramFixedWidth", .signature = "values: T, value_range: T, nbins: int32 -> out: dtype",
     .attrs = "T: {int32, int64, float, double}; dtype: index = int32", .shape = histogram_shape, .no_gradient = kCounts,
     .kernel = histogram_kernel},
    {.name = "Bucketize", .signature = "input: T -> output: int32", .attrs = "T: {int32, int64, float, double}; boundaries: list(float)",
     .shape = bucketize_shape, .no_gradient = kCounts, .kernel = bucketize_kernel},
    {.name = "InTopK", .signature = "predictions: float, targets: T -> precision: bool", .attrs = "k: int; T: index = int32",
     .shape = top_k_shape, .no_gradient = kCounts, .kernel = old_top_k_kernel},
    {.name = "InTopKV2", .signature = "predictions: float, targets: T, k: T -> precision: bool", .attrs = "T: index = int32",
     .shape = top_k_shape, .no_gradient = kCounts, .kernel = top_k_kernel},
};

Tensor as_labels(const Tensor& t) { return cast(t, int64); }

}  // namespace
RUNNEL_OPS(math_counting, kOps)

Tensor bincount(const Tensor& arr, const std::optional<Operand>& weights, const std::optional<Operand>& minlength,
                const std::optional<Operand>& maxlength, DType dtype, std::optional<int64_t> axis, bool binary_output) {
  static const Op& op = get_op("DenseBincount");
  if (axis && *axis != 0 && *axis != -1) fail<ValueError>("", cat("Unsupported value for argument axis=", *axis, ". Only 0 and -1 are currently supported."));
  Tensor values = arr.dtype() == int64 ? arr : cast(arr, int32);
  DType index = values.dtype();
  Tensor any = cast(greater(size(values), 0), index);
  Tensor bins = multiply(any, add(reduce_max(values), 1));
  // The largest of no values is the lowest integer: adding 1 to it and multiplying by 0 gives 0 bins.
  if (minlength) bins = maximum(minlength->tensor(index), bins);
  if (maxlength) bins = minimum(maxlength->tensor(index), bins);
  Tensor given = weights ? weights->tensor() : Tensor(dtype, Shape({0}));
  if (!axis || *axis == 0) {
    values = reshape(values, {-1});
    if (weights) given = reshape(given, {-1});
  }
  return run(op, {values, bins, given}, {{"binary_output", binary_output}});
}

Tensor histogram_fixed_width(const Tensor& values, const Operand& value_range, const Operand& nbins, DType dtype) {
  static const Op& op = get_op("HistogramFixedWidth");
  return run(op, {values, value_range.tensor(value_range.is_weak() ? values.dtype() : DType()), nbins.tensor()}, {{"dtype", dtype}});
}

Tensor histogram_fixed_width_bins(const Tensor& values, const Operand& value_range, const Operand& nbins, DType dtype) {
  Tensor range = value_range.tensor(value_range.is_weak() ? values.dtype() : DType());
  std::vector<Tensor> ends = unstack(range, 2);
  Tensor scaled = truediv(subtract(values, ends[0]), subtract(ends[1], ends[0]));
  Tensor count = nbins.tensor();
  Tensor places = floor(multiply(cast(count, scaled.dtype()), scaled));
  return cast(clip_by_value(places, 0, cast(subtract(count, 1), scaled.dtype())), dtype);
}

Tensor confusion_matrix(const Tensor& labels, const Tensor& predictions, const std::optional<Operand>& num_classes,
                        const std::optional<Operand>& weights, DType dtype) {
  static const Op& scatter = get_op("ScatterNd");
  Tensor rows = as_labels(reshape(labels, {-1})), columns = as_labels(reshape(predictions, {-1}));
  Tensor count = num_classes ? cast(num_classes->tensor(), int64) : add(maximum(reduce_max(rows), reduce_max(columns)), 1);
  Tensor values = weights ? cast(weights->tensor(), dtype) : cast(ones_like(rows), dtype);
  if (!count.is_symbolic() && !rows.is_symbolic() && !columns.is_symbolic()) {
    int64_t n = count.item<int64_t>();
    for (int64_t v : rows.values<int64_t>())
      if (v < 0 || v >= n) fail<errors::InvalidArgumentError>("confusion_matrix", v < 0 ? "`labels` contains negative values" : "`labels` out of bound");
    for (int64_t v : columns.values<int64_t>())
      if (v < 0 || v >= n)
        fail<errors::InvalidArgumentError>("confusion_matrix", v < 0 ? "`predictions` contains negative values" : "`predictions` out of bound");
  }
  return run(scatter, {stack({rows, columns}, 1), values, stack({count, count})});
}

Tensor nn::in_top_k(const Tensor& targets, const Tensor& predictions, const Operand& k) {
  static const Op& op = get_op("InTopKV2");
  return run(op, {predictions, targets, k.tensor(k.is_weak() ? targets.dtype() : DType())});
}

}  // namespace runnel::inline v0
