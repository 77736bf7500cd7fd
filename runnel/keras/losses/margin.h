// keras.losses of margins (hinge), overlaps (Dice, Tversky) and similarities (Circle).
#pragma once

#include "runnel/keras/losses/loss.h"

namespace runnel::inline v0::keras::losses {

/// Labels are -1 and 1; labels that are all 0 or 1 are taken as such.
Tensor hinge(const Tensor& y_true, const Tensor& y_pred);
Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred);
/// One-hot labels: the best wrong class may not come within 1 of the right one.
Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred);
/// 1 minus the Dice coefficient over `axis` (all axes: a scalar).
Tensor dice(const Tensor& y_true, const Tensor& y_pred, const std::optional<Tuple>& axis = {});
/// 1 minus the Tversky index: alpha weighs the missed, beta the invented (Salehi et al., 2017).
Tensor tversky(const Tensor& y_true, const Tensor& y_pred, double alpha = 0.5, double beta = 0.5, const std::optional<Tuple>& axis = {});
/// y_true are class numbers (batch), y_pred L2-normalised embeddings (batch, n) (Sun et al., "Circle loss", 2020).
Tensor circle(const Tensor& y_true, const Tensor& y_pred, const Tensor& ref_labels = Tensor(), const Tensor& ref_embeddings = Tensor(),
              bool remove_diagonal = true, double gamma = 80, double margin = 0.4);

struct DiceOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  std::optional<Tuple> axis{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("reduction", s.reduction);
    v("name", s.name);
    v("axis", s.axis);
    v("dtype", s.dtype);
  }
};
struct TverskyOptions {
  double alpha = 0.5, beta = 0.5;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  std::optional<Tuple> axis{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("alpha", s.alpha);
    v("beta", s.beta);
    v("reduction", s.reduction);
    v("name", s.name);
    v("axis", s.axis);
    v("dtype", s.dtype);
  }
};
struct CircleOptions {
  double gamma = 80, margin = 0.4;
  bool remove_diagonal = true;
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("gamma", s.gamma);
    v("margin", s.margin);
    v("remove_diagonal", s.remove_diagonal);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
template <>
inline constexpr bool kKeepsLabels<CircleOptions> = true;

RUNNEL_LOSS(Hinge, Options, "hinge")  ///< Mean of max(1 - y_true y_pred, 0); labels -1 or 1 (0 or 1 are turned into these).
RUNNEL_LOSS(SquaredHinge, Options, "squared_hinge")  ///< Mean of max(1 - y_true y_pred, 0)^2; labels -1 or 1 (0 or 1 are turned into these).
RUNNEL_LOSS(CategoricalHinge, Options, "categorical_hinge")  ///< max(neg - pos + 1, 0), where neg = max((1 - y_true) y_pred) and pos = sum(y_true y_pred).
RUNNEL_LOSS(Dice, DiceOptions, "dice")  ///< 1 - 2 |intersection| / (|y_true| + |y_pred|), for segmentation.
RUNNEL_LOSS(Tversky, TverskyOptions, "tversky")  ///< 1 - TP / (TP + alpha FP + beta FN) (Salehi et al., 2017).
RUNNEL_LOSS(Circle, CircleOptions, "circle")  ///< Similarities within a class against those between classes, each with a weight of its own (Sun et al., 2020).

}  // namespace runnel::inline v0::keras::losses
