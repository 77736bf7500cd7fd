// Where, Select, SelectV2; boolean_mask().
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 32768;

// --- Where: the coordinates of what is not zero ---

void where_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  c.set_output(0, PartialShape({-1, in.has_rank() ? in.rank() : -1}));
}
void where_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  std::vector<int64_t> found;
  dispatch<Plain>(x.dtype(), "Where", [&]<class T>() {
    const T* in = x.data<T>();
    for (int64_t i = 0; i < x.num_elements(); ++i)
      if (in[i] != T(0)) found.push_back(i);
  });
  int rank = x.rank();
  Dims strides = dense_strides(x.shape());
  int64_t* out = c.allocate(0, {int64_t(found.size()), rank}).mutable_data<int64_t>();
  for (int64_t i : found)
    for (int d = 0; d < rank; ++d) *out++ = i / strides[d] % x.dim(d);
}

// --- SelectV2 ---

void select_v2_shape(ShapeContext& c) {
  try {
    c.set_output(0, broadcast_shapes(broadcast_shapes(c.input(0), c.input(1)), c.input(2)));
  } catch (const errors::InvalidArgumentError&) {
    c.invalid(cat("condition ", bracketed(c.input(0)), ", then ", bracketed(c.input(1)), ", and else ", bracketed(c.input(2)), " must be broadcastable"));
  }
}

// An input as it is walked along the result's dimensions: 0 where it repeats.
template <class T>
struct Walked {
  const T* data;
  Dims strides;
  Walked(const Tensor& t, const Shape& out) : data(static_cast<const T*>(t.raw())), strides(out.rank(), 0) {
    Dims dense = dense_strides(t.shape());
    for (int i = 0; i < t.rank(); ++i)
      if (t.dim(i) != 1) strides[i + out.rank() - t.rank()] = dense[i];
  }
  const T* row(const Shape& out, int64_t r) const {
    int64_t at = 0;
    for (int i = out.rank() - 2; i >= 0; --i) {
      at += r % out[i] * strides[i];
      r /= out[i];
    }
    return data + at;
  }
};

template <class T>
void select_rows(const Tensor& condition, const Tensor& t, const Tensor& e, Tensor& out) {
  const Shape& shape = out.shape();
  int64_t n = shape.rank() == 0 ? 1 : shape.dim(-1), rows = out.num_elements() / n;
  Walked<bool> p(condition, shape);
  Walked<T> x(t, shape), y(e, shape);
  int64_t sp = shape.rank() ? p.strides.back() : 0, sx = shape.rank() ? x.strides.back() : 0, sy = shape.rank() ? y.strides.back() : 0;
  T* z = static_cast<T*>(out.mutable_raw());
  parallel_for(rows, std::max<int64_t>(1, kGrain / n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const bool* pr = p.row(shape, r);
      const T *xr = x.row(shape, r), *yr = y.row(shape, r);
      for (int64_t i = 0; i < n; ++i) z[r * n + i] = pr[i * sp] ? xr[i * sx] : yr[i * sy];
    }
  });
}
void select_v2_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  bool dense = c.input(0).shape() == out.shape() && c.input(1).shape() == out.shape() && c.input(2).shape() == out.shape();
  int64_t n = out.num_elements();
  dispatch_storage(out.dtype(), [&]<class T>() {
    if (!dense) return select_rows<T>(c.input(0), c.input(1), c.input(2), out);
    const bool* p = c.input(0).data<bool>();
    const T *x = static_cast<const T*>(c.input(1).raw()), *y = static_cast<const T*>(c.input(2).raw());
    T* z = static_cast<T*>(out.mutable_raw());
    parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) z[i] = p[i] ? x[i] : y[i];
    });
  });
}
std::vector<Tensor> select_v2_gradient(const GradientContext& c) {
  Tensor zero = zeros(Shape(), c.grad().dtype());
  Tensor dx = c.needs(1) ? unbroadcast(where(c.input(0), c.grad(), zero), c.input(1)) : Tensor();
  Tensor dy = c.needs(2) ? unbroadcast(where(c.input(0), zero, c.grad()), c.input(2)) : Tensor();
  return {Tensor(), dx, dy};
}

// --- Select: the old operator, whose condition may choose whole slices of the first axis ---

void select_shape(ShapeContext& c) {
  PartialShape t = c.input(1), e = c.input(2), condition = c.input(0);
  if (!t.is_compatible_with(e)) c.invalid("'then' and 'else' must have the same size", {.got = cat(bracketed(t), " vs. ", bracketed(e))});
  PartialShape out = t.merge_with(e);
  if (condition.has_rank() && out.has_rank() && condition.rank() != 0 && !condition.is_compatible_with(out) &&
      !(condition.rank() == 1 && out.rank() > 1 && (condition[0] < 0 || out[0] < 0 || condition[0] == out[0])))
    c.invalid("'cond' must be a scalar, a vector as long as the first axis, or of the shape of 't'", {.got = cat(bracketed(condition), " vs. ", bracketed(out))});
  c.set_output(0, out);
}
Tensor column(const Tensor& condition, const Shape& out) {
  if (condition.rank() != 1 || out.rank() < 2) return condition;
  Dims dims(out.rank(), 1);
  dims[0] = condition.dim(0);
  return condition.reshaped(Shape(dims));
}
void select_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  dispatch_storage(out.dtype(), [&]<class T>() { select_rows<T>(column(c.input(0), out.shape()), c.input(1), c.input(2), out); });
}
std::vector<Tensor> select_gradient(const GradientContext& c) {
  static const Op& op = get_op("Select");
  Tensor zero = zeros_like(c.grad());
  return {Tensor(), run(op, {c.input(0), c.grad(), zero}), run(op, {c.input(0), zero, c.grad()})};
}

/// Select: Elements of the second or the third input by a condition of the same shape, a scalar, or one value a row.
/// SelectV2: Elements of the second or the third input by a condition; all three broadcast.
constexpr OpDef kOps[] = {
    {.name = "Where", .signature = "input: T -> index: int64", .attrs = "T: plain = bool", .shape = where_shape,
     .no_gradient = "its output is an integer", .kernel = where_kernel},
    {.name = "SelectV2", .signature = "condition: bool, t: T, e: T -> output: T", .attrs = "T: type",
     .shape = select_v2_shape, .gradient = select_v2_gradient, .kernel = select_v2_kernel},
    {.name = "Select", .signature = "condition: bool, t: T, e: T -> output: T", .attrs = "T: type",
     .shape = select_shape, .gradient = select_gradient, .kernel = select_kernel},
};

}  // namespace
RUNNEL_OPS(array_where, kOps)

Tensor where(const Operand& condition, const std::optional<Operand>& x, const std::optional<Operand>& y) {
  static const Op &find = get_op("Where"), &select = get_op("SelectV2");
  if (!x && !y) return run(find, {condition.tensor()});
  if (!x || !y) fail<ValueError>("where", "x and y must both be non-None or both be None.");
  auto [t, e] = match(*x, *y);
  return run(select, {condition.tensor(bool_), t, e});
}

Tensor boolean_mask(const Tensor& tensor, const Operand& mask, const std::optional<Operand>& axis) {
  Tensor m = mask.tensor();
  PartialShape ms = m.partial_shape(), s = tensor.partial_shape();
  if (!ms.has_rank()) fail<ValueError>("boolean_mask", "Number of mask dimensions must be specified, even if some dimensions are None.");
  if (ms.rank() == 0) fail<ValueError>("boolean_mask", "mask cannot be scalar.");
  if (!s.has_rank()) fail<ValueError>("boolean_mask", "the tensor must have a known rank");
  int at = axis ? normalize_axis(read_int(axis->tensor()), s.rank(), "boolean_mask") : 0, k = ms.rank();
  if (at + k > s.rank() || !ms.is_compatible_with(s.slice(at, at + k)))
    fail<ValueError>("boolean_mask", cat("Shapes ", to_text(s.slice(at, at + k)), " and ", to_text(ms), " are incompatible"));
  Tensor sizes = shape(tensor);
  Tensor leading = reduce_prod(slice(sizes, {at}, {k}), {}, true);
  Tensor flat = reshape(tensor, concat({slice(sizes, {0}, {at}), leading, slice(sizes, {at + k}, {-1})}, 0));
  Tensor index = squeeze(where(reshape(m, {-1})), 1);
  return gather(flat, index, at);
}

}  // namespace runnel::inline v0
