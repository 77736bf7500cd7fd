// MatrixBandPart and Cross.
#include <algorithm>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

void band_shape(ShapeContext& c) {
  for (int i : {1, 2})
    if (c.input(i).has_rank() && c.input(i).rank() != 0)
      c.invalid(cat(i == 1 ? "num_lower" : "num_upper", " must be scalar, got shape ", bracketed(c.input(i))));
  PartialShape s = c.input(0);
  if (s.has_rank() && s.rank() < 2) c.invalid(cat("input must be at least 2-dim, received shape: ", bracketed(s)));
  c.set_output(0, s);
}

int64_t scalar_of(const Tensor& t) { return t.dtype() == int32 ? t.item<int32_t>() : t.item<int64_t>(); }

// A count of diagonals; negative keeps them all.
int64_t band_of(OpContext& c, int i, int64_t size) {
  int64_t n = scalar_of(c.input(i));
  if (n > size)
    c.invalid(cat(i == 1 ? "num_lower" : "num_upper", " must be negative or less or equal to number of ", i == 1 ? "rows" : "columns", " (",
                  size, ") got: ", n));
  return n < 0 ? size : n;
}

template <class T>
void band_rows(const T* x, T* y, int64_t begin, int64_t end, int64_t rows, int64_t columns, int64_t lower, int64_t upper) {
  for (int64_t r = begin; r < end; ++r) {
    int64_t i = r % rows, first = std::clamp<int64_t>(i - lower, 0, columns), last = std::clamp<int64_t>(i + upper + 1, first, columns);
    const T* in = x + r * columns;
    T* out = y + r * columns;
    std::fill(out, out + first, T());
    std::copy(in + first, in + last, out + first);
    std::fill(out + last, out + columns, T());
  }
}

void band_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& out = c.output();
  int64_t rows = x.dim(-2), columns = x.dim(-1), lower = band_of(c, 1, rows), upper = band_of(c, 2, columns);
  if (x.num_elements() == 0) return;
  dispatch<Plain>(x.dtype(), c.op().name(), [&]<class T>() {
    parallel_for(x.num_elements() / columns, std::max<int64_t>(1, 16384 / columns), [&](int64_t begin, int64_t end) {
      band_rows(x.data<T>(), out.mutable_data<T>(), begin, end, rows, columns, lower, upper);
    });
  });
}

std::vector<Tensor> band_gradient(const GradientContext& c) {
  return {run(get_op("MatrixBandPart"), {c.grad(), c.input(1), c.input(2)}), Tensor(), Tensor()};
}

void cross_shape(ShapeContext& c) {
  PartialShape a = c.with_rank_at_least(0, 1), b = c.with_rank_at_least(1, 1);
  if (!a.is_compatible_with(b)) c.invalid("Both inputs must be of same shape", {.got = cat(bracketed(a), " vs. ", bracketed(b))});
  PartialShape s = a.merge_with(b);
  if (s.has_rank() && s.dim(-1) >= 0 && s.dim(-1) != 3) fail<errors::FailedPreconditionError>(c.op().name(), "Cross-products are only defined for 3-element vectors", {.got = bracketed(s)});
  c.set_output(0, s);
}

void cross_kernel(OpContext& c) {
  Tensor& out = c.output();
  dispatch<Real>(out.dtype(), c.op().name(), [&]<class T>() {
    const T *a = c.input(0).data<T>(), *b = c.input(1).data<T>();
    T* y = out.mutable_data<T>();
    for (int64_t i = 0; i < out.num_elements(); i += 3, a += 3, b += 3, y += 3) {
      y[0] = T(a[1] * b[2] - a[2] * b[1]);
      y[1] = T(a[2] * b[0] - a[0] * b[2]);
      y[2] = T(a[0] * b[1] - a[1] * b[0]);
    }
  });
}

std::vector<Tensor> cross_gradient(const GradientContext& c) {
  return {linalg::cross(c.input(1), c.grad()), linalg::cross(c.grad(), c.input(0))};
}

/// MatrixBandPart: The matrices with zeros outside of `num_lower` diagonals below and `num_upper` above the main one; negative: all.
constexpr OpDef kOps[] = {
    {.name = "MatrixBandPart", .signature = "input: T, num_lower: Tindex, num_upper: Tindex -> band: T",
     .attrs = "T: plain; Tindex: {int32, int64} = int64", .shape = band_shape, .gradient = band_gradient, .kernel = band_kernel},
    {.name = "Cross", .signature = "a: T, b: T -> product: T", .attrs = "T: real", .shape = cross_shape, .gradient = cross_gradient,
     .kernel = cross_kernel},
};

}  // namespace
RUNNEL_OPS(linalg_band, kOps)

namespace linalg {

Tensor band_part(const Tensor& input, const Operand& num_lower, const Operand& num_upper) {
  static const Op& op = get_op("MatrixBandPart");
  DType index = num_lower.dtype() ? num_lower.dtype() : num_upper.dtype() ? num_upper.dtype() : DType(int64);
  return run(op, {input, num_lower.tensor(index), num_upper.tensor(index)});
}

Tensor cross(const Operand& a, const Operand& b) {
  static const Op& op = get_op("Cross");
  return run(op, match(a, b));
}

}  // namespace linalg

}  // namespace runnel::inline v0
