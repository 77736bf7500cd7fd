// Clipping by value and by norm.
#include <limits>

#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/math/internal.h"

namespace runnel::inline v0 {

using math_internal::select;

namespace {

void clip_shape(ShapeContext& c) {
  for (int i = 1; i < 3; ++i) {
    PartialShape bound = c.input(i);
    if (bound.has_rank() && bound.rank() > 0 && !bound.is_compatible_with(c.input(0)))
      c.invalid(cat("clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. input shape: ",
                    bracketed(c.input(0)), " bound shape: ", bracketed(bound)));
  }
  c.set_output(0, c.input(0));
}

template <class T>
void clip(const Tensor& t, const Tensor& low, const Tensor& high, Tensor& y) {
  const T *x = t.data<T>(), *l = low.data<T>(), *h = high.data<T>();
  int64_t l_step = low.num_elements() == 1 ? 0 : 1, h_step = high.num_elements() == 1 ? 0 : 1;
  T* out = y.mutable_data<T>();
  for (int64_t i = 0, n = t.num_elements(); i < n; ++i) {
    T below = h[i * h_step] < x[i] ? h[i * h_step] : x[i];
    out[i] = below < l[i * l_step] ? l[i * l_step] : below;
  }
}
void clip_kernel(OpContext& c) {
  Tensor& y = c.output();
  dispatch<Real>(y.dtype(), "ClipByValue", [&]<class T>() { clip<T>(c.input(0), c.input(1), c.input(2), y); });
}

Gradients clip_gradient(const GradientContext& c) {
  X x = c.input(0);
  Tensor zero = zeros_like(c.grad()), under = less(x, c.input(1)), over = greater(x, c.input(2));
  return {c.needs(0) ? select(logical_or(under, over), zero, c.grad()) : Tensor(),
          c.needs(1) ? unbroadcast(select(under, c.grad(), zero), c.input(1)) : Tensor(),
          c.needs(2) ? unbroadcast(select(over, c.grad(), zero), c.input(2)) : Tensor()};
}

constexpr OpDef kOps[] = {
    {.name = "ClipByValue", .signature = "t: T, clip_value_min: T, clip_value_max: T -> output: T", .attrs = "T: numeric",
     .shape = clip_shape, .gradient = clip_gradient, .kernel = clip_kernel, .traits = {.elementwise = true}},
};

Tensor squares(const Tensor& x) { return x.dtype().is_complex() ? real(multiply(x, conj(x))) : square(x); }

}  // namespace
RUNNEL_OPS(math_clip, kOps)

Tensor clip_by_value(const Tensor& t, const Operand& clip_value_min, const Operand& clip_value_max) {
  Tensor out = maximum(minimum(t, clip_value_max), clip_value_min);
  if (!t.partial_shape().is_compatible_with(out.partial_shape()))
    fail<ValueError>("", cat("Shapes ", to_text(t.partial_shape()), " and ", to_text(out.partial_shape()), " are incompatible"),
                     {.hint = "the bounds of clip_by_value must broadcast to the tensor's shape."});
  return out;
}

Tensor clip_by_norm(const Tensor& t, const Operand& clip_norm, const Axes& axes) {
  Tensor sum = reduce_sum(multiply(t, t), axes, true), positive = greater(sum, 0);
  Tensor norm = select(positive, sqrt(select(positive, sum, ones_like(sum))), sum), scaled = multiply(t, clip_norm);
  if (PartialShape a = t.partial_shape(), b = scaled.partial_shape(); !a.is_compatible_with(b))
    fail<ValueError>("clip_by_norm", cat("Shapes ", to_text(a), " and ", to_text(b), " are incompatible"), {.hint = "clip_norm must not broadcast t"});
  return divide(scaled, maximum(norm, clip_norm));
}

Tensor global_norm(const MaybeTensors& t_list) {
  std::vector<Tensor> halves;
  for (const Tensor& t : t_list)
    if (t) halves.push_back(multiply(0.5, reduce_sum(squares(t))));
  if (halves.empty()) return Tensor::scalar(0.f);
  return sqrt(multiply(reduce_sum(stack(halves)), 2));
}

ClippedByGlobalNorm clip_by_global_norm(const MaybeTensors& t_list, const Operand& clip_norm, const std::optional<Operand>& use_norm) {
  Tensor norm = use_norm ? use_norm->tensor() : global_norm(t_list);
  Tensor limit = clip_norm.tensor(clip_norm.is_weak() ? norm.dtype() : DType());
  Tensor scale = multiply(limit, minimum(divide(1, norm), divide(1, limit)));
  scale = add(scale, subtract(norm, norm));  // an infinite norm makes everything NaN
  ClippedByGlobalNorm out{{}, norm};
  for (const Tensor& t : t_list) out.list_clipped.push_back(t ? multiply(t, cast(scale, t.dtype())) : Tensor());
  return out;
}

}  // namespace runnel::inline v0
