// Losses of numbers, distributions and margins.
#include <cmath>

#include "runnel/keras/losses.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace losses {

namespace {

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

/// Labels 0 and 1 as -1 and 1; others stay.
Tensor margin_labels(const Tensor& y_true, DType dtype) {
  Tensor y = cast(y_true, dtype);
  Tensor is_binary = reduce_all(logical_or(equal(y, 0.0), equal(y, 1.0)));
  return where(is_binary, 2.0 * y - 1.0, y);
}

Tensor normalized(const Tensor& x, int64_t axis) {
  return x * minimum(rsqrt(reduce_sum(square(x), axis, true)), 1.0 / kEpsilon);
}

}  // namespace

Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred) {
  Tensor truth = cast(y_true, y_pred.dtype());
  return 100.0 * reduce_mean(abs((truth - y_pred) / maximum(abs(truth), kEpsilon)), -1);
}

Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred) {
  Tensor truth = log(maximum(cast(y_true, y_pred.dtype()), kEpsilon) + 1.0);
  return reduce_mean(squared_difference(log(maximum(y_pred, kEpsilon) + 1.0), truth), -1);
}

Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta) {
  Tensor error = y_pred - cast(y_true, y_pred.dtype()), size = abs(error);
  return reduce_mean(where(size <= delta, 0.5 * square(error), delta * size - 0.5 * delta * delta), -1);
}

Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred) {
  Tensor x = y_pred - cast(y_true, y_pred.dtype());
  return reduce_mean(x + nn::softplus(x * -2.0) - std::log(2.0), -1);
}

Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred) {
  Tensor truth = clip_by_value(cast(y_true, y_pred.dtype()), kEpsilon, 1.0);
  return reduce_sum(truth * log(truth / clip_by_value(y_pred, kEpsilon, 1.0)), -1);
}

Tensor poisson(const Tensor& y_true, const Tensor& y_pred) {
  return reduce_mean(y_pred - cast(y_true, y_pred.dtype()) * log(y_pred + kEpsilon), -1);
}

Tensor hinge(const Tensor& y_true, const Tensor& y_pred) {
  return reduce_mean(maximum(1.0 - margin_labels(y_true, y_pred.dtype()) * y_pred, 0.0), -1);
}
Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred) {
  return reduce_mean(square(maximum(1.0 - margin_labels(y_true, y_pred.dtype()) * y_pred, 0.0)), -1);
}

Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int64_t axis) {
  return negative(reduce_sum(normalized(cast(y_true, y_pred.dtype()), axis) * normalized(y_pred, axis), axis));
}

Tensor MeanAbsolutePercentageErrorBody::per_sample(const Tensor& t, const Tensor& p) { return mean_absolute_percentage_error(t, p); }
Tensor MeanSquaredLogarithmicErrorBody::per_sample(const Tensor& t, const Tensor& p) { return mean_squared_logarithmic_error(t, p); }
Tensor HuberBody::per_sample(const Tensor& t, const Tensor& p) { return huber(t, p, options_.delta); }
Tensor LogCoshBody::per_sample(const Tensor& t, const Tensor& p) { return log_cosh(t, p); }
Tensor KLDivergenceBody::per_sample(const Tensor& t, const Tensor& p) { return kl_divergence(t, p); }
Tensor PoissonBody::per_sample(const Tensor& t, const Tensor& p) { return poisson(t, p); }
Tensor HingeBody::per_sample(const Tensor& t, const Tensor& p) { return hinge(t, p); }
Tensor SquaredHingeBody::per_sample(const Tensor& t, const Tensor& p) { return squared_hinge(t, p); }
Tensor CosineSimilarityBody::per_sample(const Tensor& t, const Tensor& p) { return cosine_similarity(t, p, options_.axis); }

}  // namespace losses

RUNNEL_KERAS_CLASS(losses, MeanAbsolutePercentageError, losses::MeanAbsolutePercentageErrorBody)
RUNNEL_KERAS_CLASS(losses, MeanSquaredLogarithmicError, losses::MeanSquaredLogarithmicErrorBody)
RUNNEL_KERAS_CLASS(losses, Huber, losses::HuberBody)
RUNNEL_KERAS_CLASS(losses, LogCosh, losses::LogCoshBody)
RUNNEL_KERAS_CLASS(losses, KLDivergence, losses::KLDivergenceBody)
RUNNEL_KERAS_CLASS(losses, Poisson, losses::PoissonBody)
RUNNEL_KERAS_CLASS(losses, Hinge, losses::HingeBody)
RUNNEL_KERAS_CLASS(losses, SquaredHinge, losses::SquaredHingeBody)
RUNNEL_KERAS_CLASS(losses, CosineSimilarity, losses::CosineSimilarityBody)

}  // namespace runnel::inline v0::keras
