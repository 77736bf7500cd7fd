// LinSpace and linspace().
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

void lin_space_shape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i) c.with_rank(i, 0);
  Dims num;
  if (!c.constant_ints(2, num)) return c.set_output(0, PartialShape({-1}));
  if (num[0] <= 0) c.invalid(cat("Requires num > 0: ", num[0]));
  c.set_output(0, PartialShape({num[0]}));
}

void lin_space_kernel(OpContext& c) {
  Tensor& y = c.output();
  int64_t n = y.num_elements();
  dispatch<Floating>(y.dtype(), "LinSpace", [&]<class T>() {
    T start = c.input(0).item<T>(), stop = c.input(1).item<T>();
    T* out = y.mutable_data<T>();
    out[0] = start;
    if (n == 1) return;
    const T step = T((stop - start) / T(Accumulator<T>(n - 1)));
    for (int64_t i = 0; i < n - 1; ++i) out[i] = T(start + step * T(Accumulator<T>(i)));
    out[n - 1] = stop;
  });
}

constexpr OpDef kOps[] = {
    {.name = "LinSpace", .signature = "start: T, stop: T, num: Tidx -> output: T", .attrs = "T: floating; Tidx: index = int32",
     .shape = lin_space_shape, .no_gradient = "TensorFlow gives none", .kernel = lin_space_kernel},
};

}  // namespace
RUNNEL_OPS(array_linspace, kOps)

// The ends are taken as they are; what lies between is start + i * (stop - start) / (num - 1).
Tensor linspace(const Operand& start, const Operand& stop, const Operand& num, int64_t axis) {
  auto [from, to] = match(start, stop);
  Tensor count = num.tensor(int32);
  if (!from.dtype().is_floating()) from = cast(from, float64), to = cast(to, float64);
  PartialShape s = broadcast_shapes(from.partial_shape(), to.partial_shape(), "linspace");
  if (!s.has_rank()) fail<ValueError>("linspace", "start and stop need a known rank");
  int at = normalize_axis(axis, s.rank() + 1, "linspace");
  std::optional<Dims> known = known_ints(count);
  if (!known) fail<ValueError>("linspace", "num must be known while tracing");
  int64_t n = (*known)[0];
  if (n < 0) fail<errors::InvalidArgumentError>("LinSpace", cat("Requires num > 0: ", n));
  Ints full = s.is_fully_known() ? Ints(s.dims()) : Ints(shape(add(from, to)));
  from = expand_dims(broadcast_to(from, full), at);
  to = expand_dims(broadcast_to(to, full), at);
  if (n == 0) return gather(from, Tensor(int32, Shape({0})), int64_t(at));
  if (n == 1) return from;
  Dims along(s.rank() + 1, 1);
  along[at] = n - 2;
  Tensor middle = n > 2 ? add(from, multiply(divide(subtract(to, from), Operand(double(n - 1))), reshape(cast(range(1, n - 1, 1, int64), from.dtype()), along))) : Tensor();
  return n > 2 ? concat({from, middle, to}, at) : concat({from, to}, at);
}

}  // namespace runnel::inline v0
