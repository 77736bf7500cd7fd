// keras.losses
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

class LossBody : public KerasObject {
 public:
  static constexpr const char* kKind = "losses";
  std::string module() const override { return "keras.losses"; }
  /// The reduced loss, a scalar for the reductions "sum_over_batch_size" (the default of Keras), "sum" and "mean".
  Tensor call(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor());

 protected:
  /// The losses before reduction: y_pred's shape without its last axis.
  virtual Tensor per_sample(const Tensor& y_true, const Tensor& y_pred) = 0;
  virtual std::string reduction() const { return "sum_over_batch_size"; }
};
using Loss = Handle<LossBody>;

namespace losses {

struct Options {
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("reduction", s.reduction);
    v("name", s.name);
  }
};
struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("from_logits", s.from_logits);
    v("label_smoothing", s.label_smoothing);
    v("axis", s.axis);
    v("reduction", s.reduction);
    v("name", s.name);
  }
};
struct HuberOptions {
  double delta = 1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("delta", s.delta);
    v("reduction", s.reduction);
    v("name", s.name);
  }
};
struct CosineOptions {
  int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    v("reduction", s.reduction);
    v("name", s.name);
  }
};
struct SparseCrossentropyOptions {
  bool from_logits = false;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("from_logits", s.from_logits);
    v("reduction", s.reduction);
    v("name", s.name);
  }
};

/// The unreduced losses; shapes (batch, ..., classes) give (batch, ...).
Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false, double label_smoothing = 0);
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false, double label_smoothing = 0, int64_t axis = -1);
Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false);

Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred);
Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred);
Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta = 1);
Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred);
Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred);
Tensor poisson(const Tensor& y_true, const Tensor& y_pred);
/// Labels are -1 and 1; labels that are all 0 or 1 are taken as such.
Tensor hinge(const Tensor& y_true, const Tensor& y_pred);
Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred);
/// Minus the cosine of the angle between the vectors along `axis`.
Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int64_t axis = -1);

/// (batch, 1) beside (batch): Keras gives both the same rank, so that nothing is broadcast by mistake.
std::pair<Tensor, Tensor> same_rank(const Tensor& a, const Tensor& b);

/// A loss of one function of (y_true, y_pred).
template <class OptionsT>
class LossWith : public BodyWith<LossBody, OptionsT> {
 public:
  using BodyWith<LossBody, OptionsT>::BodyWith;

 protected:
  std::string reduction() const override { return this->options_.reduction; }
};

#define RUNNEL_LOSS(NAME, OPTIONS)                                              \
  class NAME##Body : public LossWith<OPTIONS> {                                 \
   public:                                                                      \
    using LossWith<OPTIONS>::LossWith;                                          \
    static constexpr const char* kName = #NAME;                                 \
    std::string class_name() const override { return kName; }                   \
                                                                                \
   protected:                                                                   \
    Tensor per_sample(const Tensor& y_true, const Tensor& y_pred) override;     \
  };                                                                            \
  using NAME = ObjectOf<NAME##Body>;
RUNNEL_LOSS(MeanSquaredError, Options)
RUNNEL_LOSS(MeanAbsoluteError, Options)
RUNNEL_LOSS(MeanAbsolutePercentageError, Options)
RUNNEL_LOSS(MeanSquaredLogarithmicError, Options)
RUNNEL_LOSS(Huber, HuberOptions)
RUNNEL_LOSS(LogCosh, Options)
RUNNEL_LOSS(KLDivergence, Options)
RUNNEL_LOSS(Poisson, Options)
RUNNEL_LOSS(Hinge, Options)
RUNNEL_LOSS(SquaredHinge, Options)
RUNNEL_LOSS(CosineSimilarity, CosineOptions)
RUNNEL_LOSS(BinaryCrossentropy, CrossentropyOptions)
RUNNEL_LOSS(CategoricalCrossentropy, CrossentropyOptions)
RUNNEL_LOSS(SparseCategoricalCrossentropy, SparseCrossentropyOptions)
#undef RUNNEL_LOSS

}  // namespace losses
}  // namespace runnel::inline v0::keras
