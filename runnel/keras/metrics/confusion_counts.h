// The counting behind the metrics of the confusion matrix.
#pragma once

#include <array>

#include "runnel/keras/metrics/confusion.h"

namespace runnel::inline v0::keras::metrics {

/// The score of classes that are not among the top k.
inline constexpr double kNotAmongTop = -1e10;

/// True positives, false positives, true negatives, false negatives, where wanted: (thresholds), or (thresholds, labels).
std::array<Tensor, 4> confusion_counts(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight, const ConfusionSpec& spec,
                                       const std::array<bool, 4>& wanted);

}  // namespace runnel::inline v0::keras::metrics
