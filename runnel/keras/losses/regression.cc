#include "runnel/keras/losses/regression.h"

#include <cmath>

#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace losses {

namespace {

Tensor normalized(const Tensor& x, int64_t axis) { return x * minimum(rsqrt(reduce_sum(square(x), axis, true)), 1.0 / config::epsilon()); }
}  // namespace

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  return reduce_mean(squared_difference(truth, predicted), -1);
}

Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  return reduce_mean(abs(truth - predicted), -1);
}

Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  return 100.0 * reduce_mean(abs((truth - predicted) / maximum(abs(truth), config::epsilon())), -1);
}

Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  return reduce_mean(squared_difference(log(maximum(predicted, config::epsilon()) + 1.0), log(maximum(truth, config::epsilon()) + 1.0)), -1);
}

Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  Tensor error = predicted - truth, size = abs(error);
  return reduce_mean(where(size <= delta, 0.5 * square(error), delta * size - 0.5 * delta * delta), -1);
}

Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  Tensor x = predicted - truth;
  return reduce_mean(x + nn::softplus(x * -2.0) - std::log(2.0), -1);
}

Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int64_t axis) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  return negative(reduce_sum(normalized(truth, axis) * normalized(predicted, axis), axis));
}

Tensor poisson(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = aligned(y_true, y_pred);
  return reduce_mean(predicted - truth * log(predicted + config::epsilon()), -1);
}

Tensor MeanSquaredErrorBody::call(const Tensor& t, const Tensor& p) { return mean_squared_error(t, p); }
Tensor MeanAbsoluteErrorBody::call(const Tensor& t, const Tensor& p) { return mean_absolute_error(t, p); }
Tensor MeanAbsolutePercentageErrorBody::call(const Tensor& t, const Tensor& p) { return mean_absolute_percentage_error(t, p); }
Tensor MeanSquaredLogarithmicErrorBody::call(const Tensor& t, const Tensor& p) { return mean_squared_logarithmic_error(t, p); }
Tensor HuberBody::call(const Tensor& t, const Tensor& p) { return huber(t, p, options_.delta); }
Tensor LogCoshBody::call(const Tensor& t, const Tensor& p) { return log_cosh(t, p); }
Tensor CosineSimilarityBody::call(const Tensor& t, const Tensor& p) { return cosine_similarity(t, p, options_.axis); }
Tensor PoissonBody::call(const Tensor& t, const Tensor& p) { return poisson(t, p); }

}  // namespace losses

RUNNEL_KERAS_CLASS(losses, MeanSquaredError, losses::MeanSquaredErrorBody)
RUNNEL_KERAS_CLASS(losses, MeanAbsoluteError, losses::MeanAbsoluteErrorBody)
RUNNEL_KERAS_CLASS(losses, MeanAbsolutePercentageError, losses::MeanAbsolutePercentageErrorBody)
RUNNEL_KERAS_CLASS(losses, MeanSquaredLogarithmicError, losses::MeanSquaredLogarithmicErrorBody)
RUNNEL_KERAS_CLASS(losses, Huber, losses::HuberBody)
RUNNEL_KERAS_CLASS(losses, LogCosh, losses::LogCoshBody)
RUNNEL_KERAS_CLASS(losses, CosineSimilarity, losses::CosineSimilarityBody)
RUNNEL_KERAS_CLASS(losses, Poisson, losses::PoissonBody)

}  // namespace runnel::inline v0::keras
