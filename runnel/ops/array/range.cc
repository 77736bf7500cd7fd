// Range: evenly spaced numbers.
#include <cmath>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0 {

namespace {

using RangeTypes = TypeList<int32_t, int64_t, float, double, half_t, bfloat16_t, int8_t, int16_t, uint16_t, uint32_t, uint64_t>;

// The number of values; the type's own arithmetic decides, as in TensorFlow.
template <class T>
int64_t range_count(ShapeContext& c, const Tensor& start_t, const Tensor& limit_t, const Tensor& delta_t) {
  using Wide = std::conditional_t<std::is_integral_v<T>, T, std::conditional_t<std::is_same_v<T, double>, double, float>>;
  Wide start = Wide(start_t.item<T>()), limit = Wide(limit_t.item<T>()), delta = Wide(delta_t.item<T>());
  if (delta == Wide(0)) c.invalid("Requires delta != 0: 0");
  if (delta > Wide(0) && start > limit) c.invalid(cat("Requires start <= limit when delta > 0: ", start, "/", limit));
  if (delta < Wide(0) && start < limit) c.invalid(cat("Requires start >= limit when delta < 0: ", start, "/", limit));
  if constexpr (std::is_integral_v<T>) {
    __int128 span = __int128(limit) - __int128(start), step = delta;
    return int64_t((span < 0 ? -span : span) + (step < 0 ? -step : step) - 1) / int64_t(step < 0 ? -step : step);
  } else {
    double size = std::ceil(std::abs(double((limit - start) / delta)));
    if (!(size < 0x1p62)) c.invalid(cat("Requires ((limit - start) / delta) <= 9223372036854775807"));
    return int64_t(size);
  }
}

void range_shape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i)
    if (c.input(i).has_rank() && c.input(i).rank() != 0)
      c.invalid(cat(i == 0 ? "start" : i == 1 ? "limit" : "delta", " must be a scalar, not shape ", bracketed(c.input(i))));
  if (!c.constant(0) || !c.constant(1) || !c.constant(2)) return c.set_output(0, PartialShape({-1}));
  dispatch<RangeTypes>(c.type("Tidx"), "Range", [&]<class T>() {
    c.set_output(0, PartialShape({range_count<T>(c, *c.constant(0), *c.constant(1), *c.constant(2))}));
  });
}

void range_kernel(OpContext& c) {
  Tensor& y = c.output();
  dispatch<RangeTypes>(y.dtype(), "Range", [&]<class T>() {
    T value = c.input(0).item<T>(), delta = c.input(2).item<T>();
    T* out = y.mutable_data<T>();
    for (int64_t i = 0; i < y.num_elements(); ++i) {
      out[i] = value;
      value = T(value + delta);
    }
  });
}

constexpr OpDef kOps[] = {
    {.name = "Range", .signature = "start: Tidx, limit: Tidx, delta: Tidx -> output: Tidx",
     .attrs = "Tidx: {bfloat16, half, float, double, int8, int16, int32, int64, uint16, uint32, uint64} = int32",
     .shape = range_shape, .no_gradient = "the number of outputs depends on the inputs", .kernel = range_kernel},
};

// Operands of different dtypes meet in the widest, as in TensorFlow: int32 < int64 < float32 < float64.
DType widest(const Tensor& a, const Tensor& b, const Tensor& c) {
  constexpr DType kOrder[] = {int32, int64, float16, bfloat16, float32, float64};
  int best = -1;
  for (DType t : {a.dtype(), b.dtype(), c.dtype()})
    for (int i = 0; i < 6; ++i)
      if (kOrder[i] == t) best = std::max(best, i);
  return best < 0 ? a.dtype() : kOrder[best];
}

}  // namespace
RUNNEL_OPS(array_range, kOps)

Tensor range(const Operand& start, const std::optional<Operand>& limit, const Operand& delta, DType dtype) {
  static const Op& op = get_op("Range");
  Tensor first = limit ? start.tensor(dtype) : Tensor(), last = (limit ? *limit : start).tensor(dtype), step = delta.tensor(dtype);
  if (!first) first = cast(Tensor::scalar(int32_t(0)), last.dtype());
  DType type = dtype ? dtype : widest(first, last, step);
  return run(op, {cast(first, type), cast(last, type), cast(step, type)});
}

}  // namespace runnel::inline v0
