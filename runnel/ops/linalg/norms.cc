// Tensor products, norms and small helpers, composed of other operators.
#include <cmath>
#include <limits>

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

// --- tensordot ---

struct Contraction {
  Dims a, b;  // axes of each, in pairs
};

Contraction contraction(const Operand& axes, int rank_a, int rank_b) {
  Tensor t = axes.tensor();
  Contraction out;
  if (t.rank() == 0) {
    int64_t n = (*Ints(t.reshaped({1})).values())[0];
    if (n < 0) fail<ValueError>("", cat("`axes` must be at least 0. Received: ", n, "."));
    if (n > rank_a) fail<ValueError>("", cat("`axes` must not be larger than the number of dimensions of tensor a. Received: ", n, "."));
    for (int64_t i = 0; i < n; ++i) {
      out.a.push_back(rank_a - n + i);
      out.b.push_back(i);
    }
    return out;
  }
  if (t.dim(0) != 2) fail<ValueError>("", "`axes` must be an integer or have length 2.", {.got = cat("shape ", to_text(t.shape()))});
  Dims all = *Ints(t.reshaped({t.num_elements()})).values();
  for (int i = 0; i < all.size() / 2; ++i) {
    out.a.push_back(normalize_axis(all[i], rank_a, "tensordot"));
    out.b.push_back(normalize_axis(all[all.size() / 2 + i], rank_b, "tensordot"));
  }
  return out;
}

Dims other_axes(const Dims& axes, int rank) {
  Dims out;
  for (int i = 0; i < rank; ++i) {
    bool taken = false;
    for (int64_t a : axes) taken |= a == i;
    if (!taken) out.push_back(i);
  }
  return out;
}
Dims joined(Dims a, const Dims& b) {
  for (int64_t x : b) a.push_back(x);
  return a;
}

// The sizes of some axes: numbers where they are known, else an integer tensor.
Ints sizes_of(const Tensor& x, const Dims& axes) {
  Dims sizes;
  bool known = true;
  for (int64_t a : axes) {
    sizes.push_back(x.partial_shape()[int(a)]);
    known &= sizes.back() >= 0;
  }
  if (known) return sizes;
  return gather(shape(x), Ints(axes).tensor(), 0);
}
Ints product_of(const Ints& sizes) {
  if (std::optional<Dims> known = sizes.values()) {
    int64_t n = 1;
    for (int64_t d : *known) n *= d;
    return Dims{n};
  }
  return reduce_prod(sizes.tensor(), 0, true);
}
Ints joined(const Ints& a, const Ints& b) {
  if (a.values() && b.values()) return joined(*a.values(), *b.values());
  return concat({a.tensor(), b.tensor()}, 0);
}

}  // namespace

Tensor tensordot(const Operand& a, const Operand& b, const Operand& axes) {
  auto [x, y] = match(a, b);
  if (!x.partial_shape().has_rank() || !y.partial_shape().has_rank()) fail<ValueError>("tensordot", "the ranks of a and b must be known");
  int rank_x = x.partial_shape().rank(), rank_y = y.partial_shape().rank();
  Contraction c = contraction(axes, rank_x, rank_y);
  Dims free_x = other_axes(c.a, rank_x), free_y = other_axes(c.b, rank_y);
  Ints outer_x = sizes_of(x, free_x), outer_y = sizes_of(y, free_y);
  Tensor left = reshape(transpose(x, joined(free_x, c.a)), joined(product_of(outer_x), product_of(sizes_of(x, c.a))));
  Tensor right = reshape(transpose(y, joined(c.b, free_y)), joined(product_of(sizes_of(y, c.b)), product_of(outer_y)));
  return reshape(matmul(left, right), joined(outer_x, outer_y));
}

// --- norms ---

namespace {

enum class Norm { kEuclidean, kOne, kTwo, kInfinity, kPower };
struct Order {
  Norm kind;
  double power;
};

Order order_of(const Operand& ord) {
  Tensor t = ord.tensor();
  if (t.dtype() == string) {
    const std::string& name = *t.data<std::string>();
    if (name == "euclidean" || name == "fro") return {Norm::kEuclidean, 2};
    if (name == "inf") return {Norm::kInfinity, 0};
    fail<ValueError>("", cat("'ord' must be a supported norm: 'fro', 'euclidean', 1, 2, np.inf, or a positive number. Got ", name));
  }
  double p = ord.tensor(float64).dtype() == float64 ? ord.tensor(float64).item<double>() : cast(t, float64).item<double>();
  if (std::isinf(p) && p > 0) return {Norm::kInfinity, p};
  if (!(p > 0)) fail<ValueError>("", cat("'ord' must be a supported norm: 'fro', 'euclidean', 1, 2, np.inf, or a positive number. Got ", p));
  return {p == 1 ? Norm::kOne : p == 2 ? Norm::kTwo : Norm::kPower, p};
}

Tensor matrix_norm(const Tensor& x, const Order& order, const Dims& axes) {
  auto along = [&](int i) { return Axes(axes[i]); };
  switch (order.kind) {
    case Norm::kOne: return reduce_max(reduce_sum(abs(x), along(0), true), along(1), true);
    case Norm::kInfinity: return reduce_max(reduce_sum(abs(x), along(1), true), along(0), true);
    default: fail<ValueError>("", cat("'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got ", order.power));
  }
}

Tensor vector_norm(const Tensor& x, const Order& order, const Axes& axis) {
  switch (order.kind) {
    case Norm::kOne: return reduce_sum(abs(x), axis, true);
    case Norm::kInfinity: return reduce_max(abs(x), axis, true);
    case Norm::kPower: return pow(reduce_sum(pow(abs(x), order.power), axis, true), 1.0 / order.power);
    default: return sqrt(reduce_sum(multiply(x, conj(x)), axis, true));
  }
}

// The largest singular value.
Tensor spectral_norm(const Tensor& x, const Dims& axes) {
  PartialShape s = x.partial_shape();
  int rank = s.rank(), rows = normalize_axis(axes[0], rank, "norm"), columns = normalize_axis(axes[1], rank, "norm");
  Dims order = other_axes(Dims{rows, columns}, rank), back(rank);
  order.push_back(rows);
  order.push_back(columns);
  for (int i = 0; i < rank; ++i) back[int(order[i])] = i;
  Tensor values = reduce_max(run_all(get_op("Svd"), {transpose(x, order)}, {{"compute_uv", false}})[0], -1, true);
  return transpose(expand_dims(values, -1), back);
}

}  // namespace

Tensor norm(const Tensor& tensor, const Operand& ord, const Axes& axis, bool keepdims) {
  Order order = order_of(ord);
  std::optional<Dims> axes = axis.is_all() ? std::nullopt : axis.ints().values();
  bool matrix = axes && axes->size() == 2;
  if (axes && axes->size() > 2) fail<ValueError>("", "'axis' must be None, an integer, or a tuple of 2 unique integers", {.got = join(*axes)});
  Tensor result = !matrix || order.kind == Norm::kEuclidean ? vector_norm(tensor, order, axis)
                  : order.kind == Norm::kTwo               ? spectral_norm(tensor, *axes)
                                                           : matrix_norm(tensor, order, *axes);
  if (keepdims) return result;
  return axis.is_all() ? reshape(result, Dims()) : squeeze(result, axis);
}

namespace linalg {

Tensor matrix_transpose(const Tensor& a, bool conjugate) {
  PartialShape s = a.partial_shape();
  if (!s.has_rank()) fail<ValueError>("matrix_transpose", "the rank must be known");
  if (s.rank() < 2) fail<ValueError>("", cat("Argument `a` should be a (batch) matrix with rank >= 2.  Received `a` = ", to_text(s)));
  Dims order;
  for (int i = 0; i < s.rank() - 2; ++i) order.push_back(i);
  order.push_back(s.rank() - 1);
  order.push_back(s.rank() - 2);
  return transpose(a, order, conjugate);
}

Tensor adjoint(const Tensor& matrix) { return matrix_transpose(matrix, true); }

Tensor trace(const Tensor& x) {
  PartialShape s = x.partial_shape();
  if (s.has_rank() && s.rank() < 2)
    fail<errors::InvalidArgumentError>("trace", cat("input must be at least 2-dim, received shape: ", bracketed(s)));
  return reduce_sum(diag_part(x), -1);
}

Normalized normalize(const Tensor& tensor, const Operand& ord, const Axes& axis) {
  Tensor size = norm(tensor, ord, axis, true);
  return {divide(tensor, size), size};
}

}  // namespace linalg

}  // namespace runnel::inline v0
