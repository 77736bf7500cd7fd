#include "runnel/keras/ops/axes.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexing.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

int rank_of(const Tensor& x, const char* where) {
  PartialShape s = x.partial_shape();
  if (!s.has_rank()) fail<ValueError>(where, "the rank must be known");
  return s.rank();
}

int axis_of(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    fail<ValueError>("", cat("axis ", axis, " is out of bounds for array of dimension ", rank, "."));
  return int(axis < 0 ? axis + rank : axis);
}

Dims axes_of(const Axes& axis, int rank) {
  Dims out;
  if (axis.is_all())
    for (int i = 0; i < rank; ++i) out.push_back(i);
  else
    for (int64_t a : *axis.ints().values()) out.push_back(axis_of(a, rank));
  return out;
}

Dims axes_besides(const Dims& axes, int rank) {
  Dims out;
  for (int i = 0; i < rank; ++i)
    if (std::find(axes.begin(), axes.end(), int64_t(i)) == axes.end()) out.push_back(i);
  return out;
}

Tensor to_last_axis(const Tensor& x, int64_t axis) {
  int rank = rank_of(x, "moveaxis"), place = axis_of(axis, rank);
  if (place == rank - 1) return x;
  Dims order = axes_besides(Dims{place}, rank);
  order.push_back(place);
  return tf::transpose(x, order);
}

Tensor size_along(const Tensor& x, int axis) {
  int64_t known = x.partial_shape().dim(axis);
  return known >= 0 ? Tensor::scalar(int32_t(known)) : tf::gather(tf::shape(x), axis < 0 ? axis + x.partial_shape().rank() : axis, 0);
}

Tensor sizes_along(const Tensor& x, const Dims& axes) {
  Dims known;
  for (int64_t a : axes) known.push_back(x.partial_shape()[int(a)]);
  bool all = std::all_of(known.begin(), known.end(), [](int64_t d) { return d >= 0; });
  return all ? Ints(known).tensor() : tf::gather(tf::shape(x), Ints(axes).tensor(), 0);
}

Tensor vector(std::initializer_list<int64_t> values) { return Ints(values).tensor(); }

Tensor paired_axes(const Dims& a, const Dims& b) {
  std::vector<int32_t> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  return Tensor::from(all).reshaped({2, int64_t(a.size())});
}

namespace {

// x[begin:end] along an axis, the end open where it is 0.
Tensor cut(const Tensor& x, int64_t axis, int64_t begin, int64_t end) {
  int rank = rank_of(x, "slice"), place = axis_of(axis, rank);
  Dims from(rank, 0), to(rank, 0);
  from[place] = begin;
  to[place] = end;
  int64_t everything = (int64_t(1) << rank) - 1, here = int64_t(1) << place;
  return tf::strided_slice(x, from, to, Dims(rank, 1), everything & ~(begin ? here : 0), everything & ~(end ? here : 0));
}

}  // namespace

Tensor without_first(const Tensor& x, int64_t axis, int64_t count) { return count ? cut(x, axis, count, 0) : x; }
Tensor without_last(const Tensor& x, int64_t axis, int64_t count) { return count ? cut(x, axis, 0, -count) : x; }
Tensor at(const Tensor& x, int64_t axis, int64_t place) { return tf::gather(x, place, axis); }

}  // namespace runnel::inline v0::keras::ops
