#include "runnel/ops/array/slice_spec.h"

#include <algorithm>

#include "runnel/ops/array/ints.h"

namespace runnel::inline v0 {

namespace {

enum Action { kSlice, kNewAxis, kIndex, kWhole };

// One step of reading the index: what it does, and which entry of begin/end/strides it takes.
struct Item {
  Action action;
  int entry;
};

[[noreturn]] void invalid(const AttrReader& c, const std::string& what) { fail<errors::InvalidArgumentError>(c.op().name(), what); }

// The index with its ellipsis spelled out.
std::vector<Item> items_of(const AttrReader& c, int count, int rank) {
  auto bit = [&](const char* mask, int i) { return i < 63 && (c.int_attr(mask) >> i & 1); };
  int ellipsis = -1, taken = 0;
  for (int i = 0; i < count; ++i) {
    if (bit("ellipsis_mask", i)) {
      if (ellipsis >= 0) invalid(c, "Multiple ellipses in slice spec not allowed");
      ellipsis = i;
    } else if (!bit("new_axis_mask", i)) {
      ++taken;
    }
  }
  if (taken > 0 && rank == 0) invalid(c, "Attempting to slice scalar input.");
  if (taken > rank) invalid(c, cat("Index out of range using input dim ", rank, "; input has only ", rank, " dims"));
  std::vector<Item> items;
  auto whole = [&] {
    for (int k = 0; k < rank - taken; ++k) items.push_back({kWhole, -1});
  };
  for (int i = 0; i < count; ++i) {
    if (i == ellipsis) whole();
    else items.push_back({bit("new_axis_mask", i) ? kNewAxis : bit("shrink_axis_mask", i) ? kIndex : kSlice, i});
  }
  if (ellipsis < 0) whole();
  return items;
}

struct Range {
  int64_t begin, step, size;
};

Range index_range(const AttrReader& c, int64_t at, int axis, int64_t n) {
  int64_t place = at < 0 ? at + n : at;
  if (n >= 0 && (place < 0 || place >= n)) invalid(c, cat("slice index ", place, " of dimension ", axis, " out of bounds."));
  return {place, 1, 1};
}

// begin and end as Python's slices take them: negative from the end, cut to what is there.
Range slice_range(const AttrReader& c, int entry, int64_t begin, int64_t end, int64_t step, int64_t n) {
  int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
  auto place = [&](int64_t at) { return std::clamp(at < 0 ? at + n : at, low, high); };
  int64_t from = c.int_attr("begin_mask") >> entry & 1 ? (step > 0 ? 0 : n - 1) : place(begin);
  int64_t to = c.int_attr("end_mask") >> entry & 1 ? (step > 0 ? n : -1) : place(end);
  int64_t span = to - from;
  int64_t size = span == 0 || (span < 0) != (step < 0) ? 0 : span / step + (span % step != 0);
  return {from, step, size};
}

}  // namespace

SliceSpec slice_spec(const AttrReader& c, const Shape& shape, const Tensor& begin_t, const Tensor& end_t, const Tensor& strides_t) {
  Dims begin = read_ints(begin_t), end = read_ints(end_t), strides = read_ints(strides_t);
  if (begin.size() != end.size() || begin.size() != strides.size())
    invalid(c, cat("Expected begin, end, and strides to be 1D equal size tensors, but got shapes ", bracketed(begin_t.shape()), ", ",
                   bracketed(end_t.shape()), ", and ", bracketed(strides_t.shape()), " instead."));
  SliceSpec spec;
  for (Item item : items_of(c, begin.size(), shape.rank())) {
    if (item.action == kNewAxis) {
      spec.final_dims.push_back(1);
      spec.final_axes.push_back(-1);
      continue;
    }
    int axis = spec.dims.size(), e = item.entry;
    Range r{0, 1, shape[axis]};
    if (e >= 0 && strides[e] == 0) invalid(c, cat("strides[", e, "] must be non-zero"));
    if (item.action == kIndex) {
      if (strides[e] < 0) invalid(c, "only stride 1 allowed on non-range indexing.");
      r = index_range(c, c.int_attr("begin_mask") >> e & 1 ? 0 : begin[e], axis, shape[axis]);
    } else if (item.action == kSlice) {
      r = slice_range(c, e, begin[e], end[e], strides[e], shape[axis]);
    }
    spec.begin.push_back(r.begin);
    spec.step.push_back(r.step);
    spec.dims.push_back(r.size);
    if (item.action == kIndex) continue;
    spec.final_dims.push_back(r.size);
    spec.final_axes.push_back(axis);
  }
  return spec;
}

PartialShape slice_shape(const AttrReader& c, const PartialShape& shape, const Tensor* begin, const Tensor* end, const Tensor* strides, int count) {
  if (!shape.has_rank() || count < 0) return PartialShape::unknown_rank();
  if (shape.is_fully_known() && begin && end && strides) return PartialShape(slice_spec(c, shape.known(), *begin, *end, *strides).final_dims);
  Dims b = begin ? read_ints(*begin) : Dims(), e = end ? read_ints(*end) : Dims(), s = strides ? read_ints(*strides) : Dims(), out;
  int axis = 0;
  for (Item item : items_of(c, count, shape.rank())) {
    if (item.action == kNewAxis) {
      out.push_back(1);
      continue;
    }
    int64_t n = shape[axis++], size = -1;
    int i = item.entry;
    if (item.action == kWhole) size = n;
    if (item.action == kSlice && strides) {
      bool from_start = c.int_attr("begin_mask") >> i & 1, to_end = c.int_attr("end_mask") >> i & 1;
      if ((from_start || begin) && (to_end || end) && n >= 0 && s[i] != 0)
        size = slice_range(c, i, begin ? b[i] : 0, end ? e[i] : 0, s[i], n).size;
      else if (from_start && to_end && (s[i] == 1 || s[i] == -1))
        size = n;
    }
    if (item.action != kIndex) out.push_back(size);
  }
  return PartialShape(out);
}

}  // namespace runnel::inline v0
