#include "runnel/keras/losses/margin.h"

#include <limits>

#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace losses {

namespace {

/// Labels 0 and 1 as -1 and 1; others stay.
Tensor margin_labels(const Tensor& y) {
  Tensor is_binary = reduce_all(logical_or(equal(y, 0.0), equal(y, 1.0)));
  return where(is_binary, 2.0 * y - 1.0, y);
}

Tensor margins(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  return maximum(1.0 - margin_labels(truth) * predicted, 0.0);
}

Tensor sum_over(const Tensor& x, const std::optional<Tuple>& axis) { return axis ? reduce_sum(x, axis->values()) : reduce_sum(x); }

}  // namespace

Tensor hinge(const Tensor& y_true, const Tensor& y_pred) { return reduce_mean(margins(y_true, y_pred), -1); }
Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred) { return reduce_mean(square(margins(y_true, y_pred)), -1); }

Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  Tensor right = reduce_sum(truth * predicted, -1), wrong = reduce_max((1.0 - truth) * predicted, -1);
  return maximum(wrong - right + 1.0, 0.0);
}

Tensor dice(const Tensor& y_true, const Tensor& y_pred, const std::optional<Tuple>& axis) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  Tensor both = sum_over(truth * predicted, axis);
  return 1.0 - 2.0 * both / (sum_over(truth, axis) + sum_over(predicted, axis) + config::epsilon());
}

Tensor tversky(const Tensor& y_true, const Tensor& y_pred, double alpha, double beta, const std::optional<Tuple>& axis) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  Tensor both = sum_over(truth * predicted, axis);
  Tensor missed = sum_over((1.0 - predicted) * truth, axis), invented = sum_over(predicted * (1.0 - truth), axis);
  return 1.0 - both / (both + missed * alpha + invented * beta + config::epsilon());
}

Tensor circle(const Tensor& y_true, const Tensor& y_pred, const Tensor& ref_labels, const Tensor& ref_embeddings, bool remove_diagonal,
              double gamma, double margin) {
  Tensor labels = reshape(cast(y_true, int32), {-1}), others = ref_labels ? reshape(cast(ref_labels, int32), {-1}) : labels;
  Tensor distances = maximum(1.0 - matmul(y_pred, transpose(ref_embeddings ? ref_embeddings : y_pred)), 0.0);  // (batch, others)
  Tensor same = equal(expand_dims(labels, 1), expand_dims(others, 0)), different = logical_not(same);
  if (remove_diagonal) same = logical_and(same, logical_not(cast(eye(size(labels), size(others)), bool_)));
  auto summed = [&](const Tensor& wanted, const Tensor& weights, const Tensor& terms) {
    Tensor counts = maximum(weights * cast(wanted, weights.dtype()), 0.0);
    return reduce_logsumexp(where(wanted, counts * terms * gamma, -std::numeric_limits<double>::infinity()), 1);
  };
  Tensor positive = summed(same, margin + distances, distances - margin);
  Tensor negative = summed(different, 1.0 + margin - distances, (1.0 - margin) - distances);
  Tensor values = nn::softplus(positive + negative);
  set_mask(values, values > 0.0);
  return values;
}

Tensor HingeBody::call(const Tensor& t, const Tensor& p) { return hinge(t, p); }
Tensor SquaredHingeBody::call(const Tensor& t, const Tensor& p) { return squared_hinge(t, p); }
Tensor CategoricalHingeBody::call(const Tensor& t, const Tensor& p) { return categorical_hinge(t, p); }
Tensor DiceBody::call(const Tensor& t, const Tensor& p) { return dice(t, p, options_.axis); }
Tensor TverskyBody::call(const Tensor& t, const Tensor& p) { return tversky(t, p, options_.alpha, options_.beta, options_.axis); }
Tensor CircleBody::call(const Tensor& t, const Tensor& p) {
  return circle(t, p, Tensor(), Tensor(), options_.remove_diagonal, options_.gamma, options_.margin);
}

}  // namespace losses

RUNNEL_KERAS_CLASS(losses, Hinge, losses::HingeBody)
RUNNEL_KERAS_CLASS(losses, SquaredHinge, losses::SquaredHingeBody)
RUNNEL_KERAS_CLASS(losses, CategoricalHinge, losses::CategoricalHingeBody)
RUNNEL_KERAS_CLASS(losses, Dice, losses::DiceBody)
RUNNEL_KERAS_CLASS(losses, Tversky, losses::TverskyBody)
RUNNEL_KERAS_CLASS(losses, Circle, losses::CircleBody)

}  // namespace runnel::inline v0::keras
