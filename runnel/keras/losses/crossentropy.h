// keras.losses of probabilities. Predictions are probabilities unless from_logits is set; where they come straight from a softmax
// or sigmoid activation, the logits before it are used, so that nothing is lost to rounding.
#pragma once

#include "runnel/keras/losses/loss.h"

namespace runnel::inline v0::keras::losses {

struct BinaryFocalOptions {
  bool apply_class_balancing = false;
  double alpha = 0.25, gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("apply_class_balancing", s.apply_class_balancing);
    v("alpha", s.alpha);
    v("gamma", s.gamma);
    v("from_logits", s.from_logits);
    v("label_smoothing", s.label_smoothing);
    v("axis", s.axis);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct CategoricalFocalOptions {
  double alpha = 0.25, gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("alpha", s.alpha);
    v("gamma", s.gamma);
    v("from_logits", s.from_logits);
    v("label_smoothing", s.label_smoothing);
    v("axis", s.axis);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("from_logits", s.from_logits);
    v("label_smoothing", s.label_smoothing);
    v("axis", s.axis);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct SparseCrossentropyOptions {
  bool from_logits = false;
  std::optional<int64_t> ignore_class{};
  std::string reduction = "sum_over_batch_size";
  int64_t axis = -1;
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("from_logits", s.from_logits);
    v("ignore_class", s.ignore_class);
    v("reduction", s.reduction);
    v("axis", s.axis);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct GeneralizedCrossEntropyOptions {
  double q = 0.5;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("q", s.q);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
template <>
inline constexpr bool kKeepsLabels<SparseCrossentropyOptions> = true;
template <>
inline constexpr bool kKeepsLabels<GeneralizedCrossEntropyOptions> = true;

/// The mean over `axis`. Labels (batch, ...) of y_pred's shape, in [0, 1].
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false, double label_smoothing = 0, int64_t axis = -1);
/// Labels are one-hot or probabilities along `axis`.
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false, double label_smoothing = 0, int64_t axis = -1);
/// Labels are class numbers (batch, ...) or (batch, ..., 1); those of ignore_class lose nothing and carry a mask.
Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                       std::optional<int64_t> ignore_class = {}, int64_t axis = -1);
/// Lin et al., "Focal loss for dense object detection", 2017.
Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool apply_class_balancing = false, double alpha = 0.25,
                                 double gamma = 2, bool from_logits = false, double label_smoothing = 0, int64_t axis = -1);
Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, double alpha = 0.25, double gamma = 2, bool from_logits = false,
                                      double label_smoothing = 0, int64_t axis = -1);
/// (1 - p^q) / q of the probability p of the true class (Zhang and Sabuncu, 2018).
Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q);
/// sum(y_true log(y_true / y_pred))
Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred);

RUNNEL_LOSS(BinaryCrossentropy, CrossentropyOptions, "binary_crossentropy")  ///< Cross-entropy of labels 0 or 1 and probabilities (or logits): -y log(p) - (1 - y) log(1 - p).
RUNNEL_LOSS(BinaryFocalCrossentropy, BinaryFocalOptions, "binary_focal_crossentropy")  ///< Binary cross-entropy times (1 - p_t)^gamma: sure predictions count less (Lin et al., "Focal loss", 2018).
RUNNEL_LOSS(CategoricalCrossentropy, CrossentropyOptions, "categorical_crossentropy")  ///< Cross-entropy of one-hot labels (..., classes) and probabilities (or logits): -sum(y log(p)).
RUNNEL_LOSS(CategoricalFocalCrossentropy, CategoricalFocalOptions, "categorical_focal_crossentropy")  ///< Categorical cross-entropy times alpha (1 - p)^gamma (Lin et al., "Focal loss", 2018).
RUNNEL_LOSS(SparseCategoricalCrossentropy, SparseCrossentropyOptions, "sparse_categorical_crossentropy")  ///< Cross-entropy of class numbers (...) and probabilities (or logits) (..., classes).
RUNNEL_LOSS(CategoricalGeneralizedCrossEntropy, GeneralizedCrossEntropyOptions, "categorical_generalized_cross_entropy")  ///< (1 - p_y^q) / q: bears wrong labels (Zhang and Sabuncu, 2018).
RUNNEL_LOSS(KLDivergence, Options, "kl_divergence")  ///< Sum of y_true log(y_true / y_pred) over the last axis.

}  // namespace runnel::inline v0::keras::losses
