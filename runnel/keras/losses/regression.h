// keras.losses of numbers and directions.
#pragma once

#include "runnel/keras/losses/loss.h"

namespace runnel::inline v0::keras::losses {

// The losses before reduction: shapes (batch, ..., n) give (batch, ...).
Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);
/// Of 100, relative to |y_true|, at least 1e-7.
Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred);
/// Of log(y + 1); values below 1e-7 count as that.
Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred);
/// Squares up to delta, lines beyond (Huber, "Robust estimation of a location parameter", 1964).
Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta = 1);
Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred);
/// Minus the cosine of the angle between the vectors along `axis`.
Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int64_t axis = -1);
/// y_pred - y_true log(y_pred)
Tensor poisson(const Tensor& y_true, const Tensor& y_pred);

struct HuberOptions {
  double delta = 1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("delta", s.delta);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct CosineOptions {
  int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};

RUNNEL_LOSS(MeanSquaredError, Options, "mean_squared_error")  ///< Mean of (y_true - y_pred)^2 over the last axis.
RUNNEL_LOSS(MeanAbsoluteError, Options, "mean_absolute_error")  ///< Mean of |y_true - y_pred| over the last axis.
RUNNEL_LOSS(MeanAbsolutePercentageError, Options, "mean_absolute_percentage_error")  ///< 100 times the mean of |y_true - y_pred| / max(|y_true|, 1e-7).
RUNNEL_LOSS(MeanSquaredLogarithmicError, Options, "mean_squared_logarithmic_error")  ///< Mean of (log(y_true + 1) - log(y_pred + 1))^2; values below 1e-7 count as that.
RUNNEL_LOSS(Huber, HuberOptions, "huber_loss")  ///< Squares of errors up to `delta`, lines beyond (Huber, "Robust estimation of a location parameter", 1964).
RUNNEL_LOSS(LogCosh, Options, "log_cosh")  ///< Mean of log(cosh(y_pred - y_true)).
RUNNEL_LOSS(CosineSimilarity, CosineOptions, "cosine_similarity")  ///< Minus the cosine of the angle between the vectors along `axis`: -1 for the same direction, 0 for orthogonal ones.
RUNNEL_LOSS(Poisson, Options, "poisson")  ///< Mean of y_pred - y_true log(y_pred).

}  // namespace runnel::inline v0::keras::losses
