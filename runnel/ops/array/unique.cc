// Unique, UniqueV2, UniqueWithCounts, UniqueWithCountsV2 and ListDiff: equal slices found by hashing.
#include <algorithm>
#include <bit>
#include <string>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"

namespace runnel::inline v0 {

namespace {

template <class T>
size_t hash_of(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) return std::hash<std::string>()(value);
  else if constexpr (std::is_integral_v<T>) return size_t(value) * 0x9e3779b97f4a7c15u;
  else return std::hash<double>()(double(value));  // equal for 0.0 and -0.0, which are equal
}

// Slices of `width` elements, numbered in the order of their first appearance. Open addressing, at most half full.
template <class T>
class SliceNumbers {
 public:
  SliceNumbers(int64_t width, int64_t most) : width_(width), places_(std::bit_ceil(size_t(2 * most + 1)), -1) {}

  /// The slice's number; a new one where it is not known yet.
  int64_t add(const T* slice) {
    int64_t& place = places_[find_place(slice)];
    if (place < 0) {
      place = int64_t(known_.size());
      known_.push_back(slice);
    }
    return place;
  }
  bool contains(const T* slice) const { return places_[find_place(slice)] >= 0; }
  const std::vector<const T*>& known() const { return known_; }

 private:
  size_t find_place(const T* slice) const {
    size_t hash = 0, mask = places_.size() - 1;
    for (int64_t i = 0; i < width_; ++i) hash = hash * 31 + hash_of(slice[i]);
    for (size_t at = (hash ^ hash >> 32) & mask;; at = (at + 1) & mask)
      if (places_[at] < 0 || std::equal(slice, slice + width_, known_[size_t(places_[at])])) return at;
  }
  int64_t width_;
  std::vector<int64_t> places_;
  std::vector<const T*> known_;
};

using Comparable = TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t, bool, std::string>;

// --- shapes ---

bool has_axis_input(const AttrReader& c) { return c.op().schema().attr_index("Taxis") >= 0; }

// The axis of a call: 0 for a vector. InvalidArgumentError where the input does not fit.
int axis_of(const AttrReader& c, const Tensor* axis, const PartialShape& s) {
  auto invalid = [&](const std::string& what) { fail<errors::InvalidArgumentError>(c.op().name(), what, {.got = cat("input of shape ", bracketed(s))}); };
  if (!axis || axis->num_elements() == 0) {
    if (s.rank() != 1) invalid("unique expects a 1D vector.");
    return 0;
  }
  if (axis->rank() != 1) invalid("axis expects a 1D vector.");
  if (axis->num_elements() > 1) invalid("axis does not support input tensors larger than 1 elements");
  int64_t at = read_int(*axis);
  if (at < -s.rank() || at >= s.rank()) invalid(cat("axis has to be between [0, ", s.rank(), "), but is ", at));
  return int(at < 0 ? at + s.rank() : at);
}
void unique_shape(ShapeContext& c) {
  PartialShape s = c.input(0), numbers({-1});
  const Tensor* axis = has_axis_input(c) ? c.constant(1) : nullptr;
  if (!s.has_rank() || (has_axis_input(c) && !axis)) {
    if (s.has_rank()) c.set_output(0, PartialShape::unknown_dims(s.rank()));
  } else {
    int at = axis_of(c, axis, s);
    numbers = {s[at]};
    s.set_dim(at, -1);
    c.set_output(0, s);
  }
  c.set_output(1, numbers);
  if (c.num_outputs() == 3) c.set_output(2, PartialShape({-1}));
}

// --- kernels ---

// The axis brought to the front, or put back.
Tensor with_axis_first(const Tensor& x, int axis) {
  if (axis == 0) return x;
  Dims perm{axis};
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis) perm.push_back(i);
  return transpose(x, perm);
}
Tensor with_axis_back(const Tensor& x, int axis) {
  if (axis == 0) return x;
  Dims perm;
  for (int i = 1; i < x.rank(); ++i) perm.push_back(i);
  perm.insert(axis, 0);
  return transpose(x, perm);
}
template <class T>
Tensor slices(DType dtype, Dims dims, const std::vector<const T*>& from, int64_t width) {
  dims[0] = int64_t(from.size());
  Tensor y(dtype, Shape(dims));
  T* to = y.mutable_data<T>();
  for (const T* slice : from) to = std::copy_n(slice, width, to);
  return y;
}
template <class T, class Index>
void number_slices(OpContext& c, const Tensor& x, int axis) {
  int64_t n = x.dim(0), width = n == 0 ? 0 : x.num_elements() / n;
  SliceNumbers<T> numbers(width, n);
  Index* index = c.allocate(1, {n}).template mutable_data<Index>();
  std::vector<Index> counts;
  for (int64_t i = 0; i < n; ++i) {
    int64_t number = numbers.add(x.data<T>() + i * width);
    if (size_t(number) == counts.size()) counts.push_back(0);
    ++counts[size_t(number)];
    index[i] = Index(number);
  }
  c.set_output(0, with_axis_back(slices(x.dtype(), x.shape().dims(), numbers.known(), width), axis));
  if (c.num_outputs() == 3) c.set_output(2, Tensor::from(counts));
}
void unique_kernel(OpContext& c) {
  int axis = axis_of(c, has_axis_input(c) ? &c.input(1) : nullptr, c.input(0).shape());
  Tensor x = with_axis_first(c.input(0), axis);
  dispatch<Comparable>(x.dtype(), c.op().name(), [&]<class T>() {
    dispatch<Indices>(c.output_dtype(1), c.op().name(), [&]<class Index>() { number_slices<T, Index>(c, x, axis); });
  });
}

void list_diff_shape(ShapeContext& c) {
  c.with_rank(0, 1);
  c.with_rank(1, 1);
  c.set_output(0, PartialShape({-1}));
  c.set_output(1, PartialShape({-1}));
}
void list_diff_kernel(OpContext& c) {
  c.output_shape();
  const Tensor &x = c.input(0), &y = c.input(1);
  dispatch<Comparable>(x.dtype(), c.op().name(), [&]<class T>() {
    SliceNumbers<T> taken(1, y.num_elements());
    for (int64_t i = 0; i < y.num_elements(); ++i) taken.add(y.data<T>() + i);
    std::vector<const T*> left;
    Dims places;
    for (int64_t i = 0; i < x.num_elements(); ++i) {
      if (taken.contains(x.data<T>() + i)) continue;
      left.push_back(x.data<T>() + i);
      places.push_back(i);
    }
    c.set_output(0, slices(x.dtype(), {0}, left, 1));
    c.set_output(1, int_vector(c.output_dtype(1), places));
  });
}

constexpr const char* kJumps = "TensorFlow declares none: which elements it keeps jumps with their values";
constexpr const char* kAttrs = "T: type; out_idx: index = int32";
constexpr const char* kAxisAttrs = "T: type; Taxis: index = int64; out_idx: index = int32";

/// ListDiff: The values of x that are not in y, and where they stand in x.
constexpr OpDef kOps[] = {
    {.name = "Unique", .signature = "x: T -> y: T, idx: out_idx", .attrs = kAttrs, .shape = unique_shape, .no_gradient = kJumps, .kernel = unique_kernel},
    {.name = "UniqueV2", .signature = "x: T, axis: Taxis -> y: T, idx: out_idx", .attrs = kAxisAttrs, .shape = unique_shape, .no_gradient = kJumps,
     .kernel = unique_kernel},
    {.name = "UniqueWithCounts", .signature = "x: T -> y: T, idx: out_idx, count: out_idx", .attrs = kAttrs, .shape = unique_shape, .no_gradient = kJumps,
     .kernel = unique_kernel},
    {.name = "UniqueWithCountsV2", .signature = "x: T, axis: Taxis -> y: T, idx: out_idx, count: out_idx", .attrs = kAxisAttrs, .shape = unique_shape,
     .no_gradient = kJumps, .kernel = unique_kernel},
    {.name = "ListDiff", .signature = "x: T, y: T -> out: T, idx: out_idx", .attrs = kAttrs, .shape = list_diff_shape, .no_gradient = kJumps,
     .kernel = list_diff_kernel},
};

}  // namespace
RUNNEL_OPS(array_unique, kOps)

Unique unique(const Tensor& x, DType out_idx) {
  static const Op& op = get_op("Unique");
  std::vector<Tensor> out = run_all(op, {x}, {{"out_idx", out_idx}});
  return {out[0], out[1]};
}
UniqueWithCounts unique_with_counts(const Tensor& x, DType out_idx) {
  static const Op& op = get_op("UniqueWithCounts");
  std::vector<Tensor> out = run_all(op, {x}, {{"out_idx", out_idx}});
  return {out[0], out[1], out[2]};
}
ListDiff setdiff1d(const Operand& x, const Operand& y, DType index_dtype) {
  static const Op& op = get_op("ListDiff");
  auto [all, taken] = match(x, y);
  std::vector<Tensor> out = run_all(op, {all, taken}, {{"out_idx", index_dtype}});
  return {out[0], out[1]};
}

}  // namespace runnel::inline v0
