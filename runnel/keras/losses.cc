#include "runnel/keras/losses.h"

#include <tuple>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

Tensor clipped(const Tensor& probabilities) {
  return clip_by_value(probabilities, kEpsilon, 1.0 - kEpsilon);
}

Tensor smoothed(const Tensor& y_true, double smoothing, double classes) {
  return smoothing == 0 ? y_true : y_true * (1.0 - smoothing) + smoothing / classes;
}

[[noreturn]] void wrong_shapes(const char* loss, const Tensor& y_true, const Tensor& y_pred) {
  fail<ValueError>(loss, "Arguments `target` and `output` do not fit together",
                   {.got = cat("target.shape=", to_text(y_true.partial_shape()), ", output.shape=", to_text(y_pred.partial_shape()))});
}

}  // namespace

Tensor LossBody::call(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  auto [truth, predicted] = losses::same_rank(y_true, y_pred.dtype().is_floating() ? y_pred : cast(y_pred, float32));
  Tensor values = per_sample(truth, predicted);
  std::string how = reduction();
  Tensor weights;
  if (sample_weight) {
    std::tie(values, weights) = losses::same_rank(values, cast(sample_weight, values.dtype()));
    values = values * weights;
  }
  if (how == "none") return values;
  if (how == "sum") return reduce_sum(values);
  if (how == "mean_with_sample_weight" && weights) return divide_no_nan(reduce_sum(values), reduce_sum(weights));
  if (how == "sum_over_batch_size" || how == "mean" || how == "mean_with_sample_weight") return reduce_mean(values);
  fail<ValueError>("Loss", cat("Invalid value for argument `reduction`: '", how, "'"),
                   {.expected = "'sum_over_batch_size', 'sum', 'mean', 'mean_with_sample_weight' or 'none'"});
}

namespace losses {

std::pair<Tensor, Tensor> same_rank(const Tensor& a, const Tensor& b) {
  PartialShape p = a.partial_shape(), q = b.partial_shape();
  if (!p.has_rank() || !q.has_rank()) return {a, b};
  if (p.rank() == q.rank() + 1 && p.dim(-1) == 1) return q.rank() == 1 ? std::pair(a, expand_dims(b, -1)) : std::pair(squeeze(a, -1), b);
  if (q.rank() == p.rank() + 1 && q.dim(-1) == 1) return p.rank() == 1 ? std::pair(expand_dims(a, -1), b) : std::pair(a, squeeze(b, -1));
  return {a, b};
}

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  return reduce_mean(squared_difference(cast(y_true, y_pred.dtype()), y_pred), -1);
}
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  return reduce_mean(abs(cast(y_true, y_pred.dtype()) - y_pred), -1);
}

Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing) {
  Tensor truth = smoothed(cast(y_true, y_pred.dtype()), label_smoothing, 2);
  if (!truth.partial_shape().is_compatible_with(y_pred.partial_shape())) wrong_shapes("binary_crossentropy", y_true, y_pred);
  if (from_logits) return reduce_mean(nn::sigmoid_cross_entropy_with_logits(truth, y_pred), -1);
  Tensor p = clipped(y_pred);
  Tensor log_likelihood = truth * log(p) + (1.0 - truth) * log(1.0 - p);
  return reduce_mean(negative(log_likelihood), -1);
}

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing, int64_t axis) {
  if (!y_true.partial_shape().is_compatible_with(y_pred.partial_shape())) wrong_shapes("categorical_crossentropy", y_true, y_pred);
  Tensor truth = smoothed(cast(y_true, y_pred.dtype()), label_smoothing, double(y_pred.partial_shape().dim(int(axis))));
  if (from_logits) return nn::softmax_cross_entropy_with_logits(truth, y_pred, axis);
  Tensor p = clipped(y_pred / reduce_sum(y_pred, axis, true));
  return negative(reduce_sum(truth * log(p), axis));
}

Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits) {
  Tensor labels = cast(y_true, int64);
  PartialShape t = labels.partial_shape(), p = y_pred.partial_shape();
  if (t.has_rank() && p.has_rank() && t.rank() == p.rank() && t.dim(-1) == 1) labels = squeeze(labels, -1);
  if (!labels.partial_shape().is_compatible_with(p.slice(0, -1))) wrong_shapes("sparse_categorical_crossentropy", y_true, y_pred);
  Tensor logits = from_logits ? y_pred : log(clipped(y_pred));
  return nn::sparse_softmax_cross_entropy_with_logits(labels, logits);
}

Tensor MeanSquaredErrorBody::per_sample(const Tensor& y_true, const Tensor& y_pred) { return mean_squared_error(y_true, y_pred); }
Tensor MeanAbsoluteErrorBody::per_sample(const Tensor& y_true, const Tensor& y_pred) { return mean_absolute_error(y_true, y_pred); }
Tensor BinaryCrossentropyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return binary_crossentropy(y_true, y_pred, options_.from_logits, options_.label_smoothing);
}
Tensor CategoricalCrossentropyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return categorical_crossentropy(y_true, y_pred, options_.from_logits, options_.label_smoothing, options_.axis);
}
Tensor SparseCategoricalCrossentropyBody::per_sample(const Tensor& y_true, const Tensor& y_pred) {
  return sparse_categorical_crossentropy(y_true, y_pred, options_.from_logits);
}

}  // namespace losses

RUNNEL_KERAS_CLASS(losses, MeanSquaredError, losses::MeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(losses, MeanAbsoluteError, losses::MeanAbsoluteErrorBody)
RUNNEL_KERAS_CLASS(losses, BinaryCrossentropy, losses::BinaryCrossentropyBody)
RUNNEL_KERAS_CLASS(losses, CategoricalCrossentropy, losses::CategoricalCrossentropyBody)
RUNNEL_KERAS_CLASS(losses, SparseCategoricalCrossentropy, losses::SparseCategoricalCrossentropyBody)

}  // namespace runnel::inline v0::keras
