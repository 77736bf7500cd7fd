// Softmax cross entropy with dense and with sparse labels; loss and gradient come from one pass over a row.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/by_name.h"
#include "runnel/ops/nn/rows.h"

namespace runnel::inline v0 {

namespace {

void dense_shape(ShapeContext& c) {
  PartialShape logits = c.input(0), labels = c.input(1), both = PartialShape::unknown_rank();
  try {
    both = broadcast_shapes(logits, labels);
  } catch (const errors::InvalidArgumentError&) {
    c.invalid(cat("logits and labels must be broadcastable: logits_size=", bracketed(logits), " labels_size=", bracketed(labels)));
  }
  if (!both.has_rank()) both = PartialShape::unknown_dims(2);
  if (both.rank() != 2) c.invalid("logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional");
  c.set_output(0, {both[0]});
  c.set_output(1, both);
}

void sparse_shape(ShapeContext& c) {
  PartialShape logits = c.input(0), labels = c.input(1);
  if (logits.has_rank() && logits.rank() != 2) c.invalid(cat("logits must be 2-D, but got shape ", bracketed(logits)));
  if (labels.has_rank() && labels.rank() != 1) c.invalid(cat("labels must be 1-D, but got shape ", bracketed(labels)));
  logits = c.with_rank(0, 2);
  labels = c.with_rank(1, 1);
  if (logits[0] >= 0 && labels[0] >= 0 && logits[0] != labels[0])
    c.invalid(cat("logits and labels must have the same first dimension, got logits shape ", bracketed(logits), " and labels shape ",
                  bracketed(labels)));
  if (logits[1] == 0) c.invalid(cat("Must have at least one class, but got logits shape ", bracketed(logits)));
  if (logits[0] < 0) logits.set_dim(0, labels[0]);
  c.set_output(0, {logits[0]});
  c.set_output(1, logits);
}

// loss -> logits: grad * backprop. backprop -> logits (second order): (g - sum(g * softmax)) * softmax.
Tensor logits_gradient(const GradientContext& c) {
  Tensor dx;
  if (c.has_grad(0)) dx = multiply(expand_dims(c.grad(0), -1), c.output(1));
  if (!c.has_grad(1)) return dx;
  Tensor p = nn::softmax(c.input(0)), g = c.grad(1);
  Tensor second = multiply(subtract(g, reduce_sum(multiply(g, p), -1, true)), p);
  return dx ? add(dx, second) : second;
}

std::vector<Tensor> dense_gradient(const GradientContext& c) {
  Tensor dlabels;
  if (c.needs(1)) {
    dlabels = multiply(expand_dims(c.grad(0), -1), negative(nn::log_softmax(c.input(0))));
    if (c.has_grad(1)) dlabels = subtract(dlabels, c.grad(1));
  }
  return {logits_gradient(c), dlabels};
}

std::vector<Tensor> sparse_gradient(const GradientContext& c) { return {logits_gradient(c), Tensor()}; }

constexpr OpDef kOps[] = {
    {.name = "SoftmaxCrossEntropyWithLogits", .signature = "features: T, labels: T -> loss: T, backprop: T",
     .attrs = "T: {half, bfloat16, float, double}", .shape = dense_shape, .gradient = dense_gradient, .kernel = dense_cross_entropy_kernel},
    {.name = "SparseSoftmaxCrossEntropyWithLogits", .signature = "features: T, labels: Tlabels -> loss: T, backprop: T",
     .attrs = "T: {half, bfloat16, float, double}; Tlabels: {int32, int64} = int64", .shape = sparse_shape,
     .gradient = sparse_gradient, .kernel = sparse_cross_entropy_kernel},
};

bool is_half(DType t) { return t == float16 || t == bfloat16; }

// Moves `axis` to the end.
Tensor to_last(const Tensor& x, int64_t axis) {
  PartialShape s = x.partial_shape();
  if (!s.has_rank()) return x;
  int rank = s.rank(), at = normalize_axis(axis, rank, "softmax_cross_entropy_with_logits");
  if (at == rank - 1) return x;
  Dims order;
  for (int i = 0; i < rank; ++i)
    if (i != at) order.push_back(i);
  order.push_back(at);
  return transpose(x, order);
}

bool is_matrix(const Tensor& x) { return x.partial_shape().has_rank() && x.partial_shape().rank() == 2; }

// The sizes of x but the last, and the last alone, as int32 vectors where they are not known yet.
Ints leading_sizes(const Tensor& x) {
  PartialShape s = x.partial_shape();
  if (s.is_fully_known()) return Ints(s.slice(0, s.rank() - 1).dims());
  return nn::cut(shape(x), Ints{0}.tensor(), expand_dims(subtract(rank(x), 1), 0));
}
// (..., n) as (rows, n)
Tensor as_rows(const Tensor& x) {
  PartialShape s = x.partial_shape();
  if (s.is_fully_known()) return reshape(x, Ints{s.slice(0, s.rank() - 1).num_elements(), s.dim(-1)});
  if (s.has_rank() && s.dim(-1) > 0) return reshape(x, Ints{-1, s.dim(-1)});
  Tensor last = nn::cut(shape(x), expand_dims(subtract(rank(x), 1), 0), Ints{1}.tensor());
  return reshape(x, nn::join_along({Ints{-1}.tensor(), last}, 0));
}

void check_sparse_shapes(const PartialShape& labels, const PartialShape& logits) {
  if (!logits.has_rank()) return;
  if (logits.rank() == 0) fail<ValueError>("", "`logits` cannot be a scalar. Received logits of shape ()");
  if (!labels.has_rank()) return;
  if (labels.rank() != logits.rank() - 1)
    fail<ValueError>("", cat("`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape=", to_text(labels),
                             " of rank ", labels.rank(), " and logits.shape=", to_text(logits), " of rank ", logits.rank()));
  if (!labels.is_compatible_with(logits.slice(0, logits.rank() - 1)))
    fail<ValueError>("", cat("`labels.shape` must equal `logits.shape` except for the last dimension. Received: labels.shape=",
                             to_text(labels), " and logits.shape=", to_text(logits)));
}

}  // namespace
RUNNEL_OPS(nn_cross_entropy, kOps)

namespace nn {

Tensor softmax_cross_entropy_with_logits(const Operand& labels, const Operand& logits, int64_t axis) {
  static const Op& op = get_op("SoftmaxCrossEntropyWithLogits");
  Tensor x = logits.tensor(), p = labels.tensor(x.dtype());
  DType given = x.dtype();
  if (is_half(given)) x = cast(x, float32);  // the loss of half types is computed in float32
  if (p.dtype() != x.dtype()) p = cast(p, x.dtype());
  x = to_last(x, axis);
  p = to_last(p, axis);
  Tensor loss = is_matrix(x) && is_matrix(p) ? run_all(op, {x, p})[0] : reshape(run_all(op, {as_rows(x), as_rows(p)})[0], leading_sizes(x));
  return is_half(given) ? cast(loss, given) : loss;
}

Tensor sparse_softmax_cross_entropy_with_logits(const Operand& labels, const Operand& logits) {
  static const Op& op = get_op("SparseSoftmaxCrossEntropyWithLogits");
  Tensor x = logits.tensor(), label = labels.tensor();
  check_sparse_shapes(label.partial_shape(), x.partial_shape());
  DType given = x.dtype();
  if (is_half(given)) x = cast(x, float32);
  if (label.dtype().is_integer() && label.dtype() != int32) label = cast(label, int64);
  Tensor loss = is_matrix(x) ? run_all(op, {x, label})[0]
                             : reshape(run_all(op, {as_rows(x), reshape(label, Ints{-1})})[0], leading_sizes(x));
  return is_half(given) ? cast(loss, given) : loss;
}

}  // namespace nn

}  // namespace runnel::inline v0
