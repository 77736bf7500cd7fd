// Classes as vectors, crossentropies, signals.
#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/nn.h"
#include "runnel/keras/ops/numpy_elementwise.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/keras/settings.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

void expect_same_shape(const Tensor& target, const Tensor& output) {
  PartialShape a = target.partial_shape(), b = output.partial_shape();
  auto received = [&] { return cat(" Received: target.shape=", to_text(a), ", output.shape=", to_text(b)); };
  if (a.rank() != b.rank()) fail<ValueError>("", cat("Arguments `target` and `output` must have the same rank (ndim).", received()));
  if (!a.is_compatible_with(b)) fail<ValueError>("", cat("Arguments `target` and `output` must have the same shape.", received()));
}

Tensor inside_unit(const Tensor& x) { return tf::clip_by_value(x, config::epsilon(), 1.0 - config::epsilon()); }

}  // namespace

Tensor binary_crossentropy(const Operand& target, const Operand& output, bool from_logits) {
  Tensor y = to_tensor(target), p = to_tensor(output);
  expect_same_shape(y, p);
  if (Tensor logits = logits_for(p, from_logits, LogitsOf::kSigmoid, "binary_crossentropy")) return nn::sigmoid_cross_entropy_with_logits(y, logits);
  Tensor inside = inside_unit(p);
  return -(y * tf::log(inside) + (1.0 - y) * tf::log(1.0 - inside));
}

Tensor categorical_crossentropy(const Operand& target, const Operand& output, bool from_logits, int64_t axis) {
  Tensor y = to_tensor(target), p = to_tensor(output);
  if (rank_of(y, "categorical_crossentropy") < 1)
    fail<ValueError>("", cat("Arguments `target` and `output` must be at least rank 1. Received: target.shape=", to_text(y.partial_shape()),
                             ", output.shape=", to_text(p.partial_shape())));
  expect_same_shape(y, p);
  if (Tensor logits = logits_for(p, from_logits, LogitsOf::kSoftmax, "categorical_crossentropy"))
    return nn::softmax_cross_entropy_with_logits(y, logits, axis);
  Tensor shares = inside_unit(p / tf::reduce_sum(p, axis, true));
  return -tf::reduce_sum(y * tf::log(shares), axis);
}

Tensor sparse_categorical_crossentropy(const Operand& target, const Operand& output, bool from_logits, int64_t axis) {
  Tensor y = to_tensor(target, int64), p = to_tensor(output);
  int rank = rank_of(p, "sparse_categorical_crossentropy");
  if (axis != -1 && axis != rank - 1) fail<ValueError>("", cat("Only axis=-1 is currently supported. Received: axis=", axis));
  if (rank_of(y, "sparse_categorical_crossentropy") == rank && y.partial_shape().dim(-1) == 1) y = tf::squeeze(y, -1);
  if (rank_of(y, "sparse_categorical_crossentropy") != rank - 1)
    fail<ValueError>("", cat("Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape=", to_text(y.partial_shape()),
                             ", output.shape=", to_text(p.partial_shape())));
  Tensor logits = logits_for(p, from_logits, LogitsOf::kSoftmax, "sparse_categorical_crossentropy");
  return nn::sparse_softmax_cross_entropy_with_logits(y, logits ? logits : tf::log(inside_unit(p)));
}

Tensor one_hot(const Operand& x, int64_t num_classes, int64_t axis, DType dtype, bool sparse) {
  if (sparse) fail<ValueError>("one_hot", "sparse=True is not supported: there are no sparse tensors yet");
  DType wanted = dtype ? dtype : DType(float32);
  return tf::one_hot(to_tensor(x, int64), num_classes, to_tensor(1, wanted), to_tensor(0, wanted), axis, wanted);
}

Tensor multi_hot(const Operand& inputs, int64_t num_classes, int64_t axis, DType dtype, bool sparse) {
  Tensor t = to_tensor(inputs), hot = one_hot(t, num_classes, axis, dtype, sparse);
  int64_t over = rank_of(t, "multi_hot") > 1 ? 1 : 0;
  return hot.dtype().is_bool() ? tf::reduce_any(hot, over) : tf::reduce_max(hot, over);
}

Tensor polar(const Operand& abs_, const Operand& angle) {
  auto [size, turn] = promoted(as_float(abs_), as_float(angle));
  return tf::complex(size * tf::cos(turn), size * tf::sin(turn));
}

Tensor psnr(const Operand& x1, const Operand& x2, const Operand& max_val) {
  Tensor x = to_tensor(x1), y = to_tensor(x2);
  if (!x.partial_shape().is_compatible_with(y.partial_shape()))
    fail<ValueError>("", cat("Input shapes ", to_text(x.partial_shape()), " and ", to_text(y.partial_shape()), " must match for PSNR calculation. "));
  return 20.0 * log10(to_tensor(max_val, y.dtype())) - 10.0 * log10(tf::reduce_mean(tf::square(x - y)));
}

}  // namespace runnel::inline v0::keras::ops
