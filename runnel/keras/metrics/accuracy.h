// keras.metrics: how often predictions are right.
#pragma once

#include "runnel/keras/metrics/reduction.h"

namespace runnel::inline v0::keras::metrics {

struct ThresholdOptions {
  std::string name{};
  DType dtype{};
  double threshold = 0.5;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("dtype", s.dtype);
    v("threshold", s.threshold);
  }
};
struct TopKOptions {
  int64_t k = 5;
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("k", s.k);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct SparseTopKOptions {
  int64_t k = 5;
  std::string name{};
  DType dtype{};
  bool from_sorted_ids = false;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("k", s.k);
    v("name", s.name);
    v("dtype", s.dtype);
    v("from_sorted_ids", s.from_sorted_ids);
  }
};

// 1 where a prediction is right, else 0, in float32; shapes (batch, ..., classes) give (batch, ...).
/// Elements that are equal: no axis goes.
Tensor accuracy(const Tensor& y_true, const Tensor& y_pred);
/// Elements on the right side of the threshold: no axis goes.
Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold = 0.5);
/// Labels are one-hot.
Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
/// Labels are class numbers (batch, ...) or (batch, ..., 1).
Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
/// The label is among the k most probable classes.
Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int64_t k = 5);
/// from_sorted_ids: y_pred holds class numbers, the likeliest first.
Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int64_t k = 5, bool from_sorted_ids = false);

RUNNEL_MEAN_METRIC(Accuracy, Options, "accuracy", kUp)  ///< How often y_pred equals y_true.
RUNNEL_MEAN_METRIC(BinaryAccuracy, ThresholdOptions, "binary_accuracy", kUp)  ///< How often a prediction above `threshold` meets the label 1, and one below the label 0.
RUNNEL_MEAN_METRIC(CategoricalAccuracy, Options, "categorical_accuracy", kUp)  ///< How often the greatest prediction is the one-hot label.
RUNNEL_MEAN_METRIC(SparseCategoricalAccuracy, Options, "sparse_categorical_accuracy", kUp)  ///< How often the greatest prediction is at the class number.
RUNNEL_MEAN_METRIC(TopKCategoricalAccuracy, TopKOptions, "top_k_categorical_accuracy", kUp)  ///< How often the one-hot label is among the `k` greatest predictions.
RUNNEL_MEAN_METRIC(SparseTopKCategoricalAccuracy, SparseTopKOptions, "sparse_top_k_categorical_accuracy", kUp)  ///< How often the class number is among the `k` greatest predictions.

}  // namespace runnel::inline v0::keras::metrics
