#include "runnel/keras/ops/numpy_shape.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// What np.dstack makes of fewer than three axes.
Tensor with_three_axes(const Tensor& x) {
  int rank = rank_of(x, "dstack");
  if (rank == 0) return tf::reshape(x, {1, 1, 1});
  Tensor rows = rank == 1 ? tf::expand_dims(x, 0) : x;
  return rank < 3 ? tf::expand_dims(rows, 2) : rows;
}

// Pairs (before, after) for every axis.
Tensor paddings_of(const Operand& pad_width, int rank) {
  Tensor t = to_tensor(pad_width, int32);
  if (rank_of(t, "pad") == 2 && t.partial_shape()[0] == rank) return t;
  return tf::broadcast_to(t, Dims{rank, 2});
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
  return text;
}

std::vector<Tensor> cut_at(const Tensor& x, const Tensor& places, int64_t axis) {
  int place = axis_of(axis, rank_of(x, "split"));
  Tensor edges = tf::cast(places, int32), total = tf::reshape(size_along(x, place), {1});
  int64_t count = edges.partial_shape()[0];
  Tensor begins = tf::concat({vector({0}), edges}, 0), ends = tf::concat({edges, total}, 0);
  return tf::split(x, ends - begins, place, count < 0 ? std::optional<int64_t>() : count + 1);
}

}  // namespace

Tensor append(const Operand& x1, const Operand& x2, std::optional<int64_t> axis) {
  auto [x, y] = promoted(to_tensor(x1), to_tensor(x2));
  return axis ? tf::concat({x, y}, *axis) : tf::concat({tf::reshape(x, {-1}), tf::reshape(y, {-1})}, 0);
}

std::vector<Tensor> array_split(const Operand& x, int64_t indices_or_sections, int64_t axis) {
  Tensor t = to_tensor(x);
  int64_t total = t.partial_shape().dim(int(axis)), parts = indices_or_sections;
  if (total < 0) fail<ValueError>("array_split", cat("the size of axis ", axis, " must be known"));
  Dims sizes;
  for (int64_t i = 0; i < parts; ++i) sizes.push_back(total / parts + (i < total % parts ? 1 : 0));
  return tf::split(t, Ints(sizes).tensor(), axis);
}

Tensor broadcast_to(const Operand& x, const Ints& shape) { return tf::broadcast_to(to_tensor(x), shape); }
Tensor concatenate(const Operands& xs, int64_t axis) { return tf::concat(promoted(xs), axis); }

Tensor dstack(const Operands& xs) {
  std::vector<Tensor> parts = promoted(xs);
  for (Tensor& t : parts) t = with_three_axes(t);
  return tf::concat(parts, 2);
}

Tensor expand_dims(const Operand& x, const Axes& axis) {
  Tensor t = to_tensor(x);
  int count = axis.ints().values()->size();
  Dims places = axes_of(axis, rank_of(t, "expand_dims") + count);
  std::sort(places.begin(), places.end());
  for (int64_t place : places) t = tf::expand_dims(t, place);
  return t;
}

Tensor flip(const Operand& x, const Axes& axis) {
  Tensor t = to_tensor(x);
  return tf::reverse(t, axes_of(axis, rank_of(t, "flip")));
}
Tensor fliplr(const Operand& x) { return tf::reverse(to_tensor(x), {1}); }
Tensor flipud(const Operand& x) { return tf::reverse(to_tensor(x), {0}); }

Tensor hstack(const Operands& xs) {
  std::vector<Tensor> parts = promoted(xs);
  return tf::concat(parts, rank_of(parts.at(0), "hstack") == 1 ? 0 : 1);
}

Tensor moveaxis(const Operand& x, const Axes& source, const Axes& destination) {
  Tensor t = to_tensor(x);
  int rank = rank_of(t, "moveaxis");
  Dims from = axes_of(source, rank), to = axes_of(destination, rank), rest = axes_besides(from, rank), order(rank, -1);
  if (from.size() != to.size())
    fail<ValueError>("", cat("Inconsistent number of `source` and `destination`. Received: source=(", join(from), "), destination=(", join(to), ")"));
  for (int i = 0; i < from.size(); ++i) order[int(to[i])] = from[i];
  int next = 0;
  for (int64_t& place : order)
    if (place < 0) place = rest[next++];
  return from == to ? t : tf::transpose(t, order);
}

int64_t ndim(const Operand& x) { return rank_of(to_tensor(x), "ndim"); }

Tensor pad(const Operand& x, const Operand& pad_width, const std::string& mode, const std::optional<Operand>& constant_values) {
  Tensor t = to_tensor(x);
  if (constant_values && mode != "constant")
    fail<ValueError>("", cat("Argument `constant_values` can only be provided when `mode == 'constant'`. Received: mode=", mode));
  Tensor filler = to_tensor(constant_values.value_or(Operand(0)), t.dtype());
  return tf::pad(t, paddings_of(pad_width, rank_of(t, "pad")), upper(mode), filler);
}

Tensor ravel(const Operand& x) { return tf::reshape(to_tensor(x), {-1}); }
Tensor repeat(const Operand& x, const Operand& repeats, std::optional<int64_t> axis) { return tf::repeat(to_tensor(x), repeats, axis); }
Tensor reshape(const Operand& x, const Ints& newshape) {
  Tensor t = to_tensor(x), sizes = newshape.is_set() ? newshape.tensor() : Tensor();
  return sizes && sizes.partial_shape().rank() == 0 ? tf::reshape(t, tf::reshape(sizes, {1})) : tf::reshape(t, newshape);
}

Tensor roll(const Operand& x, const Operand& shift, const std::optional<Operand>& axis) {
  Tensor t = to_tensor(x);
  return axis ? tf::roll(t, shift, *axis) : tf::reshape(tf::roll(tf::reshape(t, {-1}), shift, 0), tf::shape(t));
}

Tensor rot90(const Operand& array, int64_t k, const std::vector<int64_t>& axes) {
  Tensor t = to_tensor(array);
  int rank = rank_of(t, "rot90");
  if (rank < 2) fail<ValueError>("", cat("Input array must have at least 2 dimensions. Received: array.ndim=", rank));
  if (axes.size() != 2 || axes[0] == axes[1])
    fail<ValueError>("", cat("Invalid axes: (", join(axes), "). Axes must be a tuple of two different dimensions."));
  Dims second{axis_of(axes[1], rank)};
  int64_t quarters = ((k % 4) + 4) % 4;
  if (quarters == 0) return t;
  if (quarters == 2) return tf::reverse(t, Dims{axis_of(axes[0], rank), second[0]});
  return quarters == 1 ? swapaxes(tf::reverse(t, second), axes[0], axes[1]) : tf::reverse(swapaxes(t, axes[0], axes[1]), second);
}

Tensor size(const Operand& x) { return tf::size(to_tensor(x)); }

std::vector<Tensor> split(const Operand& x, const Operand& indices_or_sections, int64_t axis) {
  Tensor t = to_tensor(x);
  Tensor places = to_tensor(indices_or_sections);
  return rank_of(places, "split") == 0 ? tf::split(t, places, axis) : cut_at(t, places, axis);
}
std::vector<Tensor> dsplit(const Operand& x, const Operand& indices_or_sections) { return split(x, indices_or_sections, int64_t(2)); }
std::vector<Tensor> hsplit(const Operand& x, const Operand& indices_or_sections) {
  Tensor t = to_tensor(x);
  return split(Operand(t), indices_or_sections, rank_of(t, "hsplit") == 1 ? 0 : 1);
}
std::vector<Tensor> vsplit(const Operand& x, const Operand& indices_or_sections) { return split(x, indices_or_sections, int64_t(0)); }

Tensor squeeze(const Operand& x, const Axes& axis) {
  Tensor t = to_tensor(x);
  if (axis.is_all()) return tf::squeeze(t);
  Dims axes = axes_of(axis, rank_of(t, "squeeze"));
  for (int64_t a : axes)
    if (t.partial_shape()[int(a)] != 1) fail<ValueError>("", cat("Cannot squeeze axis=", a, ", because the dimension is not 1."));
  return tf::squeeze(t, axes);
}

Tensor stack(const Operands& x, int64_t axis) { return tf::stack(promoted(x), axis); }

Tensor swapaxes(const Operand& x, int64_t axis1, int64_t axis2) {
  Tensor t = to_tensor(x);
  int rank = rank_of(t, "swapaxes"), a = axis_of(axis1, rank), b = axis_of(axis2, rank);
  Dims order = axes_of({}, rank);
  std::swap(order[a], order[b]);
  return a == b ? t : tf::transpose(t, order);
}

Tensor tile(const Operand& x, const Ints& repeats) {
  Tensor t = to_tensor(x), times = repeats.tensor();
  if (times.partial_shape().rank() == 0) times = tf::reshape(times, {1});
  int rank = rank_of(t, "tile"), given = int(times.partial_shape()[0]);
  for (int i = rank; i < given; ++i) t = tf::expand_dims(t, 0);
  std::optional<Dims> known = repeats.values();
  if (given >= rank) return tf::tile(t, known && repeats.tensor().rank() == 1 ? Ints(*known) : Ints(times));
  return tf::tile(t, tf::concat({tf::cast(Ints(Dims(rank - given, 1)).tensor(), times.dtype()), times}, 0));
}

Tensor transpose(const Operand& x, const Ints& axes) {
  Tensor t = to_tensor(x);
  std::optional<Dims> order = axes.is_set() ? axes.values() : std::nullopt;
  if (!order || order->empty()) return tf::transpose(t, order ? Ints() : axes);
  int rank = rank_of(t, "transpose");
  for (int64_t& a : *order) a = axis_of(a, rank);
  Dims sorted = *order;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    fail<ValueError>("", cat("`axes` must be a valid permutation of the input dimensions (no duplicates). Received: axes=[", join(*order),
                             "] for input of rank ", rank, "."));
  return tf::transpose(t, *order);
}

Tensor vstack(const Operands& xs) { return tf::concat(promoted(xs), 0); }

}  // namespace runnel::inline v0::keras::ops
