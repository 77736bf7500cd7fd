// TopKV2, TopK, NthElement; sort and argsort, which are made of them.
#include <algorithm>

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/order.h"
#include "runnel/ops/array/scatter.h"
#include "runnel/ops/bitwise.h"
#include "runnel/ops/math.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 16384;  // elements a task

int64_t read_k(const AttrReader& c, const Tensor* k) {
  int64_t value = k ? read_int(*k) : c.int_attr("k");
  if (value < 0) fail<errors::InvalidArgumentError>(c.op().name(), cat("Need k >= 0, got ", value));
  return value;
}
bool has_k_input(const AttrReader& c) { return c.op().schema().attr_index("k") < 0; }

void top_k_shape(ShapeContext& c) {
  PartialShape s = c.input(0);
  if (s.has_rank() && s.rank() < 1) c.invalid(cat("input must be >= 1-D, got shape ", bracketed(s)));
  if (has_k_input(c)) c.with_rank(1, 0);
  if (!s.has_rank()) return;
  int64_t k = has_k_input(c) && !c.constant(1) ? -1 : read_k(c, has_k_input(c) ? c.constant(1) : nullptr);
  if (k > s.dim(-1) && s.dim(-1) >= 0) c.invalid(cat("input must have at least k columns. Had ", s.dim(-1), ", needed ", k));
  s.set_dim(-1, k);
  c.set_output(0, s);
  c.set_output(1, s);
}

template <class T>
struct Entry {
  T value;
  int64_t place;
};
// NaN loses against every number, so that it comes last whichever way one sorts.
template <class T>
bool beats(const T& a, const T& b) {
  if constexpr (std::is_integral_v<T>) return b < a;
  else return b < a || (b != b && a == a);
}
// The larger value first; of equal ones the one further left.
template <class T>
bool ranks_before(const Entry<T>& a, const Entry<T>& b) {
  if (beats(a.value, b.value)) return true;
  return !beats(b.value, a.value) && a.place < b.place;
}

// A heap serves few winners; many are cut off first and sorted then.
template <class T>
void select_best(std::vector<Entry<T>>& entries, int64_t k) {
  auto begin = entries.begin(), cut = begin + k, end = entries.end();
  if (k * 16 < int64_t(entries.size())) return std::partial_sort(begin, cut, end, ranks_before<T>);
  if (cut != end) std::nth_element(begin, cut, end, ranks_before<T>);
  std::sort(begin, cut, ranks_before<T>);
}
template <class T, class Index>
void top_k_row(const T* x, int64_t n, int64_t k, T* values, Index* places, std::vector<Entry<T>>& entries) {
  if (k == 1) {
    int64_t best = 0;
    for (int64_t i = 1; i < n; ++i)
      if (beats(x[i], x[best])) best = i;
    *values = x[best];
    *places = Index(best);
    return;
  }
  entries.resize(size_t(n));
  for (int64_t i = 0; i < n; ++i) entries[size_t(i)] = {x[i], i};
  select_best(entries, k);
  for (int64_t i = 0; i < k; ++i) {
    values[i] = entries[size_t(i)].value;
    places[i] = Index(entries[size_t(i)].place);
  }
}
void top_k_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor &values = c.output(0), &places = c.output(1);
  int64_t n = x.dim(-1), k = values.dim(-1), rows = k == 0 ? 0 : values.num_elements() / k;
  dispatch<Real>(x.dtype(), c.op().name(), [&]<class T>() {
    dispatch<TypeList<int32_t, int64_t, int16_t>>(places.dtype(), c.op().name(), [&]<class Index>() {
      const T* in = x.data<T>();
      T* out = values.mutable_data<T>();
      Index* at = places.mutable_data<Index>();
      parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, n)), [&](int64_t begin, int64_t end) {
        std::vector<Entry<T>> entries;
        for (int64_t r = begin; r < end; ++r) top_k_row(in + r * n, n, k, out + r * k, at + r * k, entries);
      });
    });
  });
}
// The gradient of the gather that would give the same values.
std::vector<Tensor> top_k_gradient(const GradientContext& c) {
  int last = c.input(0).partial_shape().rank() - 1;
  std::vector<Tensor> out(size_t(c.num_inputs()));
  out[0] = scatter_back(c.grad(), shape(c.input(0)), c.output(1), last, last);
  return out;
}

// --- NthElement: the value that sorting would put at place n of each row ---

void nth_shape(ShapeContext& c) {
  PartialShape s = c.input(0);
  if (s.has_rank() && s.rank() < 1) c.invalid(cat("Input must be >= 1-D, got shape ", bracketed(s)));
  c.with_rank(1, 0);
  if (const Tensor* t = c.constant(1)) {
    int64_t n = read_int(*t);
    if (n < 0) c.invalid(cat("n must be non-negative, got ", n));
    if (s.has_rank() && s.dim(-1) >= 0 && s.dim(-1) <= n) c.invalid(cat("Input must have last dimension > n = ", n), {.got = bracketed(s)});
  }
  if (s.has_rank()) c.set_output(0, s.slice(0, s.rank() - 1));
}
void nth_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  int64_t columns = x.dim(-1), n = read_int(c.input(1));
  if (c.bool_attr("reverse")) n = columns - 1 - n;
  dispatch<Real>(x.dtype(), c.op().name(), [&]<class T>() {
    parallel_for(y.num_elements(), std::max<int64_t>(1, kGrain / columns), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        std::vector<T> row(x.data<T>() + r * columns, x.data<T>() + (r + 1) * columns);
        std::nth_element(row.begin(), row.begin() + n, row.end(), comes_before<T>);
        y.mutable_data<T>()[r] = row[size_t(n)];
      }
    });
  });
}
// Equal elements share the gradient.
std::vector<Tensor> nth_gradient(const GradientContext& c) {
  Tensor chosen = cast(equal(expand_dims(c.output(), -1), c.input(0)), c.input(0).dtype());
  Tensor share = divide(chosen, reduce_sum(chosen, -1, true));
  return {multiply(share, expand_dims(c.grad(), -1)), Tensor()};
}

/// NthElement: The n-th smallest (or, with `reverse`, largest) value of each row, counted from 0.
constexpr OpDef kOps[] = {
    {.name = "TopKV2", .signature = "input: T, k: Tk -> values: T, indices: index_type",
     .attrs = "sorted: bool = true; T: real; Tk: {int16, int32, int64} = int32; index_type: {int16, int32, int64} = int32",
     .shape = top_k_shape, .gradient = top_k_gradient, .kernel = top_k_kernel},
    {.name = "TopK", .signature = "input: T -> values: T, indices: int32", .attrs = "k: int >= 0; sorted: bool = true; T: real",
     .shape = top_k_shape, .gradient = top_k_gradient, .kernel = top_k_kernel},
    {.name = "NthElement", .signature = "input: T, n: int32 -> values: T", .attrs = "reverse: bool = false; T: real",
     .shape = nth_shape, .gradient = nth_gradient, .kernel = nth_kernel},
};

}  // namespace
RUNNEL_OPS(array_top_k, kOps)

nn::TopKV2 nn::top_k(const Tensor& input, const Operand& k, bool sorted, DType index_type) {
  static const Op& op = get_op("TopKV2");
  std::vector<Tensor> out = run_all(op, {input, k.tensor()}, {{"sorted", sorted}, {"index_type", index_type}});
  return {out[0], out[1]};
}

namespace {

bool is_descending(const std::string& direction) {
  if (direction != "ASCENDING" && direction != "DESCENDING")
    fail<ValueError>("sort", cat("Argument `direction` should be one of ASCENDING, DESCENDING. Received: direction=", direction));
  return direction == "DESCENDING";
}

// Values in the opposite order. Flipping the bits of an integer does not overflow, as negating does.
Tensor mirrored(const Tensor& x) { return x.dtype().is_integer() ? bitwise::invert(x) : negative(x); }

// A permutation that exchanges `axis` and the last one.
Dims swapped(int rank, int axis) {
  Dims perm;
  for (int i = 0; i < rank; ++i) perm.push_back(i);
  std::swap(perm[axis], perm.back());
  return perm;
}

// The sorted values, or their places, along an axis.
Tensor sorted_along(const Tensor& values, int64_t axis, bool descending, bool places) {
  PartialShape s = values.partial_shape();
  if (!s.has_rank()) fail<ValueError>("sort", "needs values of known rank");
  int at = normalize_axis(axis, s.rank(), "sort");
  bool last = at == s.rank() - 1;
  Tensor x = last ? values : transpose(values, swapped(s.rank(), at));
  if (!descending) x = mirrored(x);
  Tensor count = s[at] >= 0 ? Tensor::scalar(int32_t(s[at])) : gather(shape(values), at);
  nn::TopKV2 best = nn::top_k(x, count);
  Tensor out = places ? best.indices : descending ? best.values : mirrored(best.values);
  return last ? out : transpose(out, swapped(s.rank(), at));
}

}  // namespace

Tensor sort(const Tensor& values, int64_t axis, const std::string& direction) {
  return sorted_along(values, axis, is_descending(direction), false);
}
Tensor argsort(const Tensor& values, int64_t axis, const std::string& direction, bool) {
  return sorted_along(values, axis, is_descending(direction), true);
}

}  // namespace runnel::inline v0
