#include "runnel/keras/ops/numpy_index.h"

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

Tensor flat_unless(const Tensor& x, std::optional<int64_t> axis) { return axis ? x : tf::reshape(x, {-1}); }

// Negative indices count from the end of an axis.
Tensor from_front(const Tensor& indices, const Tensor& size) {
  if (indices.dtype().is_unsigned_integer()) return indices;
  return tf::where(indices < 0, indices + tf::cast(size, indices.dtype()), indices);
}

// The dtypes that Bucketize takes.
Tensor for_buckets(const Tensor& x) {
  DType dtype = x.dtype();
  if (dtype == float16 || dtype == bfloat16) return tf::cast(x, float32);
  if (dtype == uint32) return tf::cast(x, int64);
  return dtype.is_bool() || dtype.size() < 4 ? tf::cast(x, int32) : x;
}

Tensor broadcast_besides(const Tensor& x, const Tensor& like, int axis) {
  int rank = rank_of(x, "take_along_axis");
  std::vector<Tensor> sizes;
  for (int i = 0; i < rank; ++i)
    sizes.push_back(i == axis ? size_along(x, i) : tf::maximum(size_along(x, i), size_along(like, i)));
  return tf::broadcast_to(x, tf::stack(sizes));
}

// The known sizes of a broadcast, so that the result keeps them.
PartialShape shape_along_axis(const Tensor& x, const Tensor& indices, int axis) {
  PartialShape a = x.partial_shape(), b = indices.partial_shape();
  a.set_dim(axis, 1);
  int64_t kept = b[axis];
  b.set_dim(axis, 1);
  PartialShape out = broadcast_shapes(a, b);
  out.set_dim(axis, kept);
  return out;
}

}  // namespace

Tensor argsort(const Operand& x, std::optional<int64_t> axis) {
  Tensor t = to_tensor(x);
  if (rank_of(t, "argsort") == 0) return vector({0});
  if (t.dtype().is_bool()) t = tf::cast(t, uint8);
  return tf::argsort(flat_unless(t, axis), axis.value_or(0));
}

// A full sort is one of the orders that are right.
Tensor argpartition(const Operand& x, const Operand& kth, std::optional<int64_t> axis) { return argsort(to_tensor(x, int32), axis); }

Tensor bincount(const Operand& x, const std::optional<Operand>& weights, int64_t minlength, bool sparse) {
  if (sparse) fail<ValueError>("bincount", "sparse=True is not supported: there are no sparse tensors yet");
  Tensor t = to_tensor(x);
  std::optional<Operand> w;
  DType dtype = int32;
  if (weights) {
    Tensor given = to_tensor(*weights);
    dtype = result_type({t, given});
    bool known = given.dtype() == int32 || given.dtype() == int64 || given.dtype() == float32 || given.dtype() == float64;
    w = known ? given : tf::cast(given, given.dtype().is_integer() ? int32 : float32);
  }
  if (t.dtype() != int32 && t.dtype() != int64) t = tf::cast(t, int32);
  return tf::cast(tf::bincount(t, w, minlength, {}, int32, -1), dtype);
}

Tensor diff(const Operand& a, int64_t n, int64_t axis) {
  Tensor t = to_tensor(a);
  if (n < 0) fail<ValueError>("", cat("Order `n` must be non-negative. Received n=", n));
  if (n > 0 && rank_of(t, "diff") == 0) fail<ValueError>("", "`diff` requires input that is at least one dimensional.");
  for (int64_t i = 0; i < n; ++i) {
    Tensor later = without_first(t, axis), earlier = without_last(t, axis);
    t = t.dtype().is_bool() ? tf::not_equal(later, earlier) : later - earlier;
  }
  return t;
}

Tensor digitize(const Operand& x, const std::vector<double>& bins) {
  static const Op& op = get_op("Bucketize");
  return run(op, {for_buckets(to_tensor(x))}, {{"boundaries", bins}});
}

Results histogram(const Operand& x, int64_t bins, const std::optional<Operand>& range) {
  Tensor t = tf::reshape(to_tensor(x), {-1});
  DType compute = t.dtype().is_floating() ? t.dtype() : DType(float64);
  Tensor values = tf::cast(t, compute), low, high;
  if (range) {
    Tensor ends = tf::cast(to_tensor(*range), compute);
    low = at(ends, 0, 0);
    high = at(ends, 0, 1);
  } else {
    low = tf::reduce_min(values);
    high = tf::reduce_max(values);
  }
  values = tf::boolean_mask(values, tf::logical_and(values >= low, values <= high));
  Tensor edges = tf::cast(tf::linspace(low, high, bins + 1), t.dtype());
  Tensor inner = tf::cast(without_last(without_first(edges, 0), 0), compute);
  Tensor bin = tf::searchsorted(inner, values, "right");
  return {{tf::scatter_nd(tf::expand_dims(bin, -1), tf::ones_like(bin, t.dtype()), {bins}), edges}};
}

Results nonzero(const Operand& x) {
  Tensor t = to_tensor(x, bool_);
  std::vector<Tensor> out = tf::unstack(tf::where(t), rank_of(t, "nonzero"), 1);
  for (Tensor& axis : out) axis = tf::cast(axis, int32);
  return {out};
}

Tensor searchsorted(const Operand& sorted_sequence, const Operand& values, const std::string& side) {
  Tensor sequence = to_tensor(sorted_sequence);
  if (rank_of(sequence, "searchsorted") != 1)
    fail<ValueError>("", cat("`searchsorted` only supports 1-D sorted sequences. You can use `keras.ops.vectorized_map` to extend it to N-D "
                             "sequences. Received: sorted_sequence.shape=", to_text(sequence.partial_shape())));
  return tf::searchsorted(sequence, to_tensor(values, sequence.dtype()), side);
}

Tensor select(const Operands& condlist, const Operands& choicelist, const Operand& default_) {
  if (condlist.items().size() != choicelist.items().size())
    fail<ValueError>("", "condlist must have length equal to choicelist");
  std::vector<Promotable> types{default_};
  for (const Operand& choice : choicelist.items()) types.emplace_back(choice);
  DType dtype = result_type(types);
  Tensor out = to_tensor(default_, dtype);
  for (size_t i = condlist.items().size(); i-- > 0;)
    out = tf::where(to_tensor(condlist.items()[i], bool_), to_tensor(choicelist.items()[i], dtype), out);
  return out;
}

Tensor sort(const Operand& x, std::optional<int64_t> axis) {
  Tensor t = flat_unless(to_tensor(x), axis);
  if (!t.dtype().is_bool()) return tf::sort(t, axis.value_or(0));
  return tf::cast(tf::sort(tf::cast(t, int8), axis.value_or(0)), bool_);
}

Tensor take(const Operand& x, const Operand& indices, std::optional<int64_t> axis) {
  Tensor t = flat_unless(to_tensor(x), axis);
  int place = axis_of(axis.value_or(0), rank_of(t, "take"));
  return tf::gather(t, from_front(to_tensor(indices), size_along(t, place)), place);
}

Tensor take_along_axis(const Operand& x, const Operand& indices, std::optional<int64_t> axis) {
  Tensor t = to_tensor(x), places = to_tensor(indices, int64);
  if (!axis) {
    if (rank_of(places, "take_along_axis") != 1)
      fail<ValueError>("", cat("`indices` must be 1D if axis=None. Received: indices.shape=", to_text(places.partial_shape())));
    return take_along_axis(tf::reshape(t, {-1}), places, 0);
  }
  int rank = rank_of(t, "take_along_axis"), place = axis_of(*axis, rank), last = rank - 1;
  PartialShape known = shape_along_axis(t, places, place);
  places = from_front(broadcast_besides(places, t, place), size_along(t, place));
  t = broadcast_besides(t, places, place);
  Dims order = axes_of({}, rank);
  std::swap(order[place], order[last]);
  Tensor picked = tf::gather(tf::transpose(t, order), tf::transpose(places, order), last, last);
  return tf::ensure_shape(tf::transpose(picked, order), known);
}

Results unravel_index(const Operand& indices, const std::vector<int64_t>& shape) {
  Tensor rest = to_tensor(indices);
  std::vector<Tensor> out(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    Tensor size = to_tensor(shape[i], rest.dtype());
    out[i] = tf::mod(rest, size);
    rest = tf::floordiv(rest, size);
  }
  return {out};
}

Results where(const Operand& condition, const std::optional<Operand>& x1, const std::optional<Operand>& x2) {
  if (!x1 && !x2) return nonzero(condition);
  if (!x1 || !x2) fail<ValueError>("", "`x1` and `x2` either both should be `None` or both should have non-None value.");
  auto [x, y] = promoted(*x1, *x2);
  return {{tf::where(to_tensor(condition, bool_), x, y)}};
}

}  // namespace runnel::inline v0::keras::ops
