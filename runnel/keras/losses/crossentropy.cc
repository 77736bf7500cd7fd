#include "runnel/keras/losses/crossentropy.h"

#include "runnel/base/error.h"
#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace losses {

namespace {

Tensor clipped(const Tensor& probabilities) { return clip_by_value(probabilities, config::epsilon(), 1.0 - config::epsilon()); }

/// y_true in y_pred's dtype, moved towards `towards` by the smoothing.
Tensor smoothed(const Tensor& y_true, const Tensor& y_pred, double smoothing, const Operand& towards) {
  Tensor truth = cast(y_true, y_pred.dtype());
  return smoothing == 0 ? truth : truth * (1.0 - smoothing) + smoothing * towards;
}

Tensor smoothed_classes(const Tensor& y_true, const Tensor& y_pred, double smoothing) {
  return smoothed(y_true, y_pred, smoothing, 1.0 / double(y_true.partial_shape().dim(-1)));
}

[[noreturn]] void wrong_shapes(const char* what, const Tensor& y_true, const Tensor& y_pred) {
  fail<ValueError>("", cat(what, " Received: target.shape=", to_text(y_true.partial_shape()), ", output.shape=", to_text(y_pred.partial_shape())),
                   {.expected = "one-hot rows for categorical_crossentropy, class numbers for sparse_categorical_crossentropy",
                    .hint = "model.check(x, y) looks closer"});
}
void check_same_shape(const Tensor& y_true, const Tensor& y_pred) {
  PartialShape t = y_true.partial_shape(), p = y_pred.partial_shape();
  if (t.has_rank() && p.has_rank() && t.rank() != p.rank())
    wrong_shapes("Arguments `target` and `output` must have the same rank (ndim).", y_true, y_pred);
  if (!t.is_compatible_with(p)) wrong_shapes("Arguments `target` and `output` must have the same shape.", y_true, y_pred);
}

/// Each element's own crossentropy.
Tensor binary_elements(const Tensor& truth, const Tensor& y_pred, bool from_logits) {
  check_same_shape(truth, y_pred);
  if (Tensor logits = logits_for(y_pred, from_logits, LogitsOf::kSigmoid, "binary_crossentropy")) return nn::sigmoid_cross_entropy_with_logits(truth, logits);
  Tensor p = clipped(y_pred);
  return negative(truth * log(p) + (1.0 - truth) * log(1.0 - p));
}

}  // namespace

Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing, int64_t axis) {
  return reduce_mean(binary_elements(smoothed(y_true, y_pred, label_smoothing, 0.5), y_pred, from_logits), axis);
}

Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool apply_class_balancing, double alpha, double gamma,
                                 bool from_logits, double label_smoothing, int64_t axis) {
  Tensor truth = smoothed(y_true, y_pred, label_smoothing, 0.5), p = from_logits ? sigmoid(y_pred) : y_pred;
  Tensor right = truth * p + (1.0 - truth) * (1.0 - p);
  if (from_logits) set_logits(p, LogitsOf::kSigmoid, y_pred);
  Tensor focal = pow(1.0 - right, gamma) * binary_elements(truth, p, false);
  if (apply_class_balancing) focal = (truth * alpha + (1.0 - truth) * (1.0 - alpha)) * focal;
  return reduce_mean(focal, axis);
}

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing, int64_t axis) {
  check_same_shape(y_true, y_pred);
  Tensor truth = smoothed_classes(y_true, y_pred, label_smoothing);
  if (Tensor logits = logits_for(y_pred, from_logits, LogitsOf::kSoftmax, "categorical_crossentropy"))
    return nn::softmax_cross_entropy_with_logits(truth, logits, axis);
  Tensor p = clipped(y_pred / reduce_sum(y_pred, axis, true));
  return negative(reduce_sum(truth * log(p), axis));
}

Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, double alpha, double gamma, bool from_logits,
                                      double label_smoothing, int64_t axis) {
  Tensor truth = smoothed_classes(y_true, y_pred, label_smoothing);
  Tensor p = from_logits ? nn::softmax(y_pred, axis) : y_pred;
  p = clipped(p / reduce_sum(p, axis, true));
  return reduce_sum(pow(1.0 - p, gamma) * alpha * (negative(truth) * log(p)), axis);
}

namespace {

Tensor class_numbers(const Tensor& y_true, const Tensor& y_pred) {
  Tensor labels = cast(y_true, int64);
  PartialShape t = labels.partial_shape(), p = y_pred.partial_shape();
  return t.has_rank() && p.has_rank() && t.rank() == p.rank() && t.dim(-1) == 1 ? squeeze(labels, -1) : labels;
}

Tensor of_class_numbers(const Tensor& labels, const Tensor& y_pred, bool from_logits) {
  PartialShape t = labels.partial_shape(), p = y_pred.partial_shape();
  if (t.has_rank() && p.has_rank() && t.rank() != p.rank() - 1)
    wrong_shapes("Argument `output` must have rank (ndim) `target.ndim - 1`.", labels, y_pred);
  if (!t.is_compatible_with(p.slice(0, -1)))
    wrong_shapes("Arguments `target` and `output` must have the same shape up until the last dimension:", labels, y_pred);
  Tensor logits = logits_for(y_pred, from_logits, LogitsOf::kSoftmax, "sparse_categorical_crossentropy");
  return nn::sparse_softmax_cross_entropy_with_logits(labels, logits ? logits : log(clipped(y_pred)));
}

}  // namespace

Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, std::optional<int64_t> ignore_class,
                                       int64_t axis) {
  if (axis != -1 && axis != y_pred.partial_shape().rank() - 1) fail<ValueError>("", cat("Only axis=-1 is currently supported. Received: axis=", axis));
  Tensor labels = class_numbers(y_true, y_pred);
  if (!ignore_class) return of_class_numbers(labels, y_pred, from_logits);
  Tensor valid = not_equal(labels, *ignore_class);
  Tensor values = of_class_numbers(where(valid, labels, zeros_like(labels)), where(expand_dims(valid, -1), y_pred, zeros_like(y_pred)), from_logits);
  values = where(valid, values, zeros_like(values));
  set_mask(values, valid);
  return values;
}

Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q) {
  Tensor truth = one_hot(cast(y_true, int64), y_pred.partial_shape().dim(-1), {}, {}, -1, y_pred.dtype());
  return (1.0 - pow(reduce_sum(y_pred * truth, -1), q)) / q;
}

Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred) {
  auto [given, predicted] = aligned(y_true, y_pred);
  Tensor truth = clip_by_value(given, config::epsilon(), 1.0);
  return reduce_sum(truth * log(truth / clip_by_value(predicted, config::epsilon(), 1.0)), -1);
}

Tensor BinaryCrossentropyBody::call(const Tensor& y_true, const Tensor& y_pred) {
  auto [t, p] = same_rank(y_true, y_pred);
  return binary_crossentropy(t, p, options_.from_logits, options_.label_smoothing, options_.axis);
}
Tensor BinaryFocalCrossentropyBody::call(const Tensor& y_true, const Tensor& y_pred) {
  const BinaryFocalOptions& o = options_;
  auto [t, p] = same_rank(y_true, y_pred);
  return binary_focal_crossentropy(t, p, o.apply_class_balancing, o.alpha, o.gamma, o.from_logits, o.label_smoothing, o.axis);
}
Tensor CategoricalCrossentropyBody::call(const Tensor& t, const Tensor& p) {
  return categorical_crossentropy(t, p, options_.from_logits, options_.label_smoothing, options_.axis);
}
Tensor CategoricalFocalCrossentropyBody::call(const Tensor& t, const Tensor& p) {
  const CategoricalFocalOptions& o = options_;
  return categorical_focal_crossentropy(t, p, o.alpha, o.gamma, o.from_logits, o.label_smoothing, o.axis);
}
Tensor SparseCategoricalCrossentropyBody::call(const Tensor& t, const Tensor& p) {
  return sparse_categorical_crossentropy(t, p, options_.from_logits, options_.ignore_class, options_.axis);
}
Tensor CategoricalGeneralizedCrossEntropyBody::call(const Tensor& t, const Tensor& p) {
  return categorical_generalized_cross_entropy(t, p, options_.q);
}
Tensor KLDivergenceBody::call(const Tensor& t, const Tensor& p) { return kl_divergence(t, p); }

}  // namespace losses

RUNNEL_KERAS_CLASS(losses, BinaryCrossentropy, losses::BinaryCrossentropyBody)
RUNNEL_KERAS_CLASS(losses, BinaryFocalCrossentropy, losses::BinaryFocalCrossentropyBody)
RUNNEL_KERAS_CLASS(losses, CategoricalCrossentropy, losses::CategoricalCrossentropyBody)
RUNNEL_KERAS_CLASS(losses, CategoricalFocalCrossentropy, losses::CategoricalFocalCrossentropyBody)
RUNNEL_KERAS_CLASS(losses, SparseCategoricalCrossentropy, losses::SparseCategoricalCrossentropyBody)
RUNNEL_KERAS_CLASS(losses, CategoricalGeneralizedCrossEntropy, losses::CategoricalGeneralizedCrossEntropyBody)
RUNNEL_KERAS_CLASS(losses, KLDivergence, losses::KLDivergenceBody)

}  // namespace runnel::inline v0::keras
