#include "runnel/keras/layers/merging.h"

#include <algorithm>

#include "runnel/keras/ops/axes.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

std::string list_text(const std::vector<PartialShape>& shapes) {
  std::vector<std::string> parts;
  for (const PartialShape& s : shapes) parts.push_back(to_text(s));
  return cat("[", join(parts), "]");
}

// (batch, 3) beside (batch, 2, 3) becomes (batch, 1, 3).
std::vector<Tensor> with_equal_ranks(std::vector<Tensor> inputs) {
  int rank = 0;
  for (const Tensor& t : inputs) rank = std::max(rank, t.partial_shape().rank());
  for (Tensor& t : inputs)
    while (t.partial_shape().rank() < rank) t = expand_dims(t, 1);
  return inputs;
}

Tensor fold(const std::vector<Tensor>& inputs, Tensor (*f)(const Operand&, const Operand&)) {
  Tensor out = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) out = f(out, inputs[i]);
  return out;
}

// The masks of the inputs, each of its input's shape; empty where there is none.
std::vector<Tensor> spread_masks(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> out;
  for (const Tensor& x : inputs) {
    Tensor mask = mask_of(x);
    while (mask && mask.partial_shape().rank() < x.partial_shape().rank()) mask = expand_dims(mask, -1);
    out.push_back(mask ? broadcast_to(mask, shape(x)) : mask);
  }
  return out;
}

// The greatest or the least has no neutral element: where one side is masked, the other one's value stands in for it.
Tensor fold_masked(const std::vector<Tensor>& x, const std::vector<Tensor>& masks, Tensor (*f)(const Operand&, const Operand&)) {
  Tensor out = x[0], counts = masks[0];
  for (size_t i = 1; i < x.size(); ++i) {
    Tensor next = masks[i] ? where(masks[i], x[i], out) : x[i];
    if (counts) out = where(counts, out, next);
    counts = masks[i] && counts ? logical_or(masks[i], counts) : Tensor();
    out = f(out, next);
  }
  return out;
}

// A masked factor is 1; where every factor is masked the product is 0.
Tensor multiply_masked(std::vector<Tensor> x, const std::vector<Tensor>& masks) {
  Tensor counts = masks[0];
  for (size_t i = 0; i < x.size(); ++i) {
    if (masks[i]) x[i] = where(masks[i], x[i], ones_like(x[i]));
    counts = masks[i] && counts ? logical_or(masks[i], counts) : Tensor();
  }
  Tensor product = fold(x, runnel::multiply);
  return counts ? where(counts, product, zeros_like(product)) : product;
}

}  // namespace

template <Merge Kind>
void MergeBody<Kind>::build(const std::vector<PartialShape>& shapes) {
  if (Kind == Merge::kSubtract && shapes.size() != 2)
    fail<ValueError>("", cat("A `Subtract` layer should be called on exactly 2 inputs. Received: input_shape=", list_text(shapes)));
  if (shapes.empty())
    fail<ValueError>("", cat("A merge layer should be called on a list of at least 1 input. Received ", shapes.size(), " inputs."));
  for (size_t i = 1; i < shapes.size(); ++i) {
    if (!shapes[0].has_rank() || !shapes[i].has_rank()) continue;
    PartialShape a = shapes[0].slice(1, shapes[0].rank()), b = shapes[i].slice(1, shapes[i].rank());
    try {
      broadcast_shapes(a, b);
    } catch (const errors::InvalidArgumentError&) {
      fail<ValueError>("", cat("Inputs have incompatible shapes. Received shapes ", to_text(a), " and ", to_text(b)),
                       {.expected = "equal sizes, or 1", .hint = "a Dense, Reshape or Cropping layer before one of them, or Concatenate"});
    }
  }
}

template <Merge Kind>
Nest MergeBody<Kind>::call(const Nest& inputs, const CallArgs& args) {
  std::vector<Tensor> x = with_equal_ranks(inputs.flatten());
  switch (Kind) {
    case Merge::kAdd: return fold(x, runnel::add);
    case Merge::kSubtract: return runnel::subtract(x[0], x[1]);
    case Merge::kMultiply: return multiply_masked(x, spread_masks(x));
    case Merge::kAverage: return fold(x, runnel::add) / double(x.size());
    case Merge::kMaximum: return fold_masked(x, spread_masks(x), runnel::maximum);
    case Merge::kMinimum: return fold_masked(x, spread_masks(x), runnel::minimum);
  }
  return {};
}

template <Merge Kind>
Tensor MergeBody<Kind>::compute_mask(const Nest& inputs, const Tensor&) {
  Tensor any;
  for (const Tensor& t : inputs.flatten()) {
    Tensor m = mask_of(t);
    if (!m) return {};
    any = any ? logical_or(any, m) : m;
  }
  return any;
}

void ConcatenateBody::build(const std::vector<PartialShape>& shapes) {
  if (shapes.empty()) fail<ValueError>("", "A `Concatenate` layer should be called on a list of at least 1 input. Received: no input");
  if (!shapes[0].has_rank()) return;
  int rank = shapes[0].rank(), axis = normalize_axis(options_.axis, rank, "Concatenate");
  for (const PartialShape& s : shapes) {
    bool fits = !s.has_rank() || s.rank() == rank;
    for (int d = 0; fits && s.has_rank() && d < rank; ++d) fits = d == axis || s[d] < 0 || shapes[0][d] < 0 || s[d] == shapes[0][d];
    if (!fits)
      fail<ValueError>("", cat("A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. Received: input_shape=",
                               list_text(shapes)));
  }
}

Nest ConcatenateBody::call(const Nest& inputs, const CallArgs& args) { return concat(inputs.flatten(), int64_t(options_.axis)); }

// An element counts where any of its features does.
Tensor ConcatenateBody::compute_mask(const Nest& inputs, const Tensor&) {
  std::vector<Tensor> x = inputs.flatten(), masks;
  if (std::none_of(x.begin(), x.end(), [](const Tensor& t) { return bool(mask_of(t)); })) return {};
  for (const Tensor& t : x) {
    Tensor m = mask_of(t);
    if (!m) m = cast(ones_like(t), bool_);
    while (m.partial_shape().rank() < t.partial_shape().rank()) m = expand_dims(m, -1);
    masks.push_back(broadcast_to(m, shape(t)));
  }
  return reduce_any(concat(masks, int64_t(options_.axis)), -1);
}

namespace {

// The axes of both inputs, counted from the front.
std::pair<int, int> dot_axes(const Tuple& axes, int rank_a, int rank_b) {
  const auto& v = axes.values();
  if (v.size() != 1 && v.size() != 2)
    fail<ValueError>("", cat("Invalid format for argument `axes`: it should contain two elements. Received: axes=", to_text(v)));
  return {ops::axis_of(v[0], rank_a), ops::axis_of(v.back(), rank_b)};
}

// x with `axis` moved to the end, as (batch, rest, size).
Tensor as_rows(const Tensor& x, int axis) {
  PartialShape shape = x.partial_shape();
  std::vector<int64_t> order{0};
  for (int i = 1; i < shape.rank(); ++i)
    if (i != axis) order.push_back(i);
  order.push_back(axis);
  Tensor moved = transpose(x, order);
  return shape.rank() == 3 ? moved : shape.rank() == 2 ? expand_dims(moved, 1) : reshape(moved, {shape[0], -1, shape[axis]});
}

}  // namespace

void DotBody::build(const std::vector<PartialShape>& shapes) {
  if (shapes.size() != 2)
    fail<ValueError>("", cat("A `Dot` layer should be called on a list of 2 inputs. Received: input_shape=", list_text(shapes)));
  auto [a, b] = dot_axes(options_.axes, shapes[0].rank(), shapes[1].rank());
  if (shapes[0].dim(a) >= 0 && shapes[1].dim(b) >= 0 && shapes[0].dim(a) != shapes[1].dim(b))
    fail<ValueError>("", cat("Incompatible input shapes: axis values ", shapes[0].dim(a), " (at axis ", a, ") != ", shapes[1].dim(b), " (at axis ", b,
                             "). Full input shapes: ", to_text(shapes[0]), ", ", to_text(shapes[1])));
}

Nest DotBody::call(const Nest& inputs, const CallArgs& args) {
  std::vector<Tensor> x = inputs.flatten();
  auto [axis_a, axis_b] = dot_axes(options_.axes, x[0].partial_shape().rank(), x[1].partial_shape().rank());
  if (options_.normalize) {
    x[0] = nn::l2_normalize(x[0], axis_a);
    x[1] = nn::l2_normalize(x[1], axis_b);
  }
  PartialShape a = x[0].partial_shape(), b = x[1].partial_shape();
  if (a.rank() > 3 || b.rank() > 3) fail<ValueError>("", "A `Dot` layer takes inputs of rank 2 or 3.", {.got = list_text({a, b})});
  Tensor product = matmul(as_rows(x[0], axis_a), as_rows(x[1], axis_b), false, true);  // (batch, rest of a, rest of b)
  if (a.rank() == 2 && b.rank() == 2) return squeeze(product, 2);
  if (a.rank() == 2) return squeeze(product, 1);
  return b.rank() == 2 ? squeeze(product, 2) : product;
}

template class MergeBody<Merge::kAdd>;
template class MergeBody<Merge::kSubtract>;
template class MergeBody<Merge::kMultiply>;
template class MergeBody<Merge::kAverage>;
template class MergeBody<Merge::kMaximum>;
template class MergeBody<Merge::kMinimum>;
RUNNEL_KERAS_CLASS(layers, Add, AddBody)
RUNNEL_KERAS_CLASS(layers, Subtract, SubtractBody)
RUNNEL_KERAS_CLASS(layers, Multiply, MultiplyBody)
RUNNEL_KERAS_CLASS(layers, Average, AverageBody)
RUNNEL_KERAS_CLASS(layers, Maximum, MaximumBody)
RUNNEL_KERAS_CLASS(layers, Minimum, MinimumBody)
RUNNEL_KERAS_CLASS(layers, Concatenate, ConcatenateBody)
RUNNEL_KERAS_CLASS(layers, Dot, DotBody)

namespace layers {
Tensor add(const std::vector<Tensor>& inputs) { return Add()(Nest(inputs)).tensor(); }
Tensor subtract(const std::vector<Tensor>& inputs) { return Subtract()(Nest(inputs)).tensor(); }
Tensor multiply(const std::vector<Tensor>& inputs) { return Multiply()(Nest(inputs)).tensor(); }
Tensor average(const std::vector<Tensor>& inputs) { return Average()(Nest(inputs)).tensor(); }
Tensor maximum(const std::vector<Tensor>& inputs) { return Maximum()(Nest(inputs)).tensor(); }
Tensor minimum(const std::vector<Tensor>& inputs) { return Minimum()(Nest(inputs)).tensor(); }
Tensor concatenate(const std::vector<Tensor>& inputs, int64_t axis) { return Concatenate({.axis = axis})(Nest(inputs)).tensor(); }
Tensor dot(const std::vector<Tensor>& inputs, const Tuple& axes, bool normalize) {
  return Dot({.axes = axes, .normalize = normalize})(Nest(inputs)).tensor();
}
}  // namespace layers

}  // namespace runnel::inline v0::keras
