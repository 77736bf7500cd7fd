// unique(): the different elements, or slices of an axis, sorted.
#include "runnel/base/error.h"
#include "runnel/graph/control_flow.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/numpy_index.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

struct Found {
  Tensor values, index, inverse, counts;
};

// The order of slices of the first axis by their first element, then by their second, and so on: a stable sort by each
// column from the last to the first.
Tensor lexical_order(const Tensor& values) {
  if (rank_of(values, "unique") == 1) return tf::argsort(values);
  Tensor rows = tf::reshape(values, tf::stack({size_along(values, 0), Tensor::scalar(int32_t(-1))}));
  Tensor start = tf::range(size_along(rows, 0)), last = size_along(rows, 1) - 1;
  auto open = [](const std::vector<Tensor>& v) { return v[0] >= 0; };
  auto by_column = [&](const std::vector<Tensor>& v) -> std::vector<Tensor> {
    Tensor column = tf::gather(tf::gather(rows, v[0], 1), v[1], 0);
    return {v[0] - 1, tf::gather(v[1], tf::argsort(column, -1, "ASCENDING", true), 0)};
  };
  return tf::while_loop(open, by_column, {last, start}, {.shape_invariants = {{}, {-1}}})[1];
}

void sort(Found& f) {
  Tensor order = lexical_order(f.values);
  f.values = tf::gather(f.values, order, 0);
  f.index = tf::gather(f.index, order, 0);
  f.counts = tf::gather(f.counts, order, 0);
  f.inverse = tf::gather(tf::invert_permutation(order), f.inverse, 0);
}

// The first `size` rows, filled up with `filler`.
Tensor sized(const Tensor& x, int64_t size, const Operand& filler) {
  Tensor missing = tf::maximum(int32_t(size) - size_along(x, 0), 0);
  int rank = rank_of(x, "unique");
  Tensor first = tf::stack({Tensor::scalar(0), missing}), kept = tf::gather(x, tf::range(tf::minimum(size_along(x, 0), int32_t(size))), 0);
  Tensor widths = tf::concat({tf::expand_dims(first, 0), tf::zeros({rank - 1, 2}, int32)}, 0);
  PartialShape shape = x.partial_shape();
  shape.set_dim(0, size);
  return tf::ensure_shape(tf::pad(kept, widths, "CONSTANT", to_tensor(filler, x.dtype())), shape);
}

Found different(const Tensor& x) {
  static const Op& op = get_op("UniqueWithCountsV2");
  std::vector<Tensor> out = run_all(op, {x, vector({0})});
  Tensor places = tf::unsorted_segment_min(tf::range(size_along(x, 0)), out[1], size_along(out[0], 0));
  return {out[0], places, out[1], out[2]};
}

Tensor to_first_axis(const Tensor& x, int axis) {
  Dims order{axis};
  for (int64_t a : axes_besides(order, rank_of(x, "unique"))) order.push_back(a);
  return axis ? tf::transpose(x, order) : x;
}
Tensor from_first_axis(const Tensor& x, int axis) {
  Dims order;
  for (int i = 1; i < rank_of(x, "unique"); ++i) order.push_back(i);
  Dims full;
  for (int i = 0; i <= order.size(); ++i) full.push_back(i < axis ? i + 1 : i == axis ? 0 : i);
  return axis ? tf::transpose(x, full) : x;
}

}  // namespace

Results unique(const Operand& x, bool sorted, bool return_index, bool return_inverse, bool return_counts, std::optional<int64_t> axis,
               std::optional<int64_t> size, const std::optional<Operand>& fill_value) {
  Tensor t = to_tensor(x);
  int place = axis ? axis_of(*axis, rank_of(t, "unique")) : 0;
  Found f = different(axis ? to_first_axis(t, place) : tf::reshape(t, {-1}));
  if (sorted) sort(f);
  if (size) {
    f = {sized(f.values, *size, fill_value.value_or(Operand(0))), sized(f.index, *size, 1), f.inverse, sized(f.counts, *size, 0)};
  }
  Results out{{axis ? from_first_axis(f.values, place) : f.values}};
  if (return_index) out.tensors.push_back(f.index);
  if (return_inverse) out.tensors.push_back(axis ? f.inverse : tf::reshape(f.inverse, tf::shape(t)));
  if (return_counts) out.tensors.push_back(f.counts);
  return out;
}

}  // namespace runnel::inline v0::keras::ops
