// LowerBound, UpperBound; searchsorted.
#include <algorithm>

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/order.h"
#include "runnel/ops/math.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

void bound_shape(ShapeContext& c) {
  PartialShape sorted = c.with_rank(0, 2), values = c.with_rank(1, 2);
  if (sorted[0] >= 0 && values[0] >= 0 && sorted[0] != values[0])
    c.invalid("Leading dim_size of both tensors must match.", {.got = cat(bracketed(sorted), " and ", bracketed(values))});
  c.set_output(0, values);
}

template <class T, class Index, bool kUpper>
void find_places(const Tensor& sorted, const Tensor& values, Tensor& out) {
  int64_t n = sorted.dim(1), per_row = values.dim(1);
  const T *rows = sorted.data<T>(), *v = values.data<T>();
  Index* y = out.mutable_data<Index>();
  parallel_for(values.dim(0) * per_row, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin / per_row, i = begin; i < end; ++row) {
      const T *first = rows + row * n, *last = first + n;
      for (int64_t stop = std::min(end, (row + 1) * per_row); i < stop; ++i)
        y[i] = Index((kUpper ? std::upper_bound(first, last, v[i], comes_before<T>) : std::lower_bound(first, last, v[i], comes_before<T>)) - first);
    }
  });
}
template <bool kUpper>
void bound_kernel(OpContext& c) {
  Tensor& y = c.output();
  if (y.num_elements() == 0) return;
  dispatch<Real>(c.input(0).dtype(), c.op().name(), [&]<class T>() {
    dispatch<Indices>(y.dtype(), c.op().name(), [&]<class Index>() { find_places<T, Index, kUpper>(c.input(0), c.input(1), y); });
  });
}

/// LowerBound: For each value the first place in its sorted row at which nothing smaller follows.
/// UpperBound: For each value the first place in its sorted row behind all that is not larger.
constexpr OpDef kOps[] = {
    {.name = "LowerBound", .signature = "sorted_inputs: T, values: T -> output: out_type", .attrs = "T: type; out_type: index = int32",
     .shape = bound_shape, .no_gradient = "its output is an integer", .kernel = bound_kernel<false>},
    {.name = "UpperBound", .signature = "sorted_inputs: T, values: T -> output: out_type", .attrs = "T: type; out_type: index = int32",
     .shape = bound_shape, .no_gradient = "its output is an integer", .kernel = bound_kernel<true>},
};

// All axes before the last one as one.
Tensor as_matrix(const Tensor& x) {
  PartialShape s = x.partial_shape();
  if (!s.has_rank() || s.rank() == 0)
    fail<errors::InvalidArgumentError>("searchsorted", "sorted_sequence and values must have at least one axis", {.got = cat("shape ", to_text(s))});
  return reshape(x, stack({-1, gather(shape(x), s.rank() - 1)}));
}

}  // namespace
RUNNEL_OPS(array_search, kOps)

Tensor searchsorted(const Operand& sorted_sequence, const Operand& values, const std::string& side, DType out_type) {
  static const Op &lower = get_op("LowerBound"), &upper = get_op("UpperBound");
  if (side != "left" && side != "right") fail<ValueError>("", cat("Argument `side` must be either 'right' or 'left'. Received: `side` = '", side, "'."));
  auto [sorted, wanted] = match(sorted_sequence, values);
  Tensor places = run(side == "right" ? upper : lower, {as_matrix(sorted), as_matrix(wanted)}, {{"out_type", out_type}});
  return reshape(places, shape(wanted));
}

}  // namespace runnel::inline v0
