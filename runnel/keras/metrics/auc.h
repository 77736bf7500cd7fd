// keras.metrics.AUC
#pragma once

#include "runnel/keras/metrics/confusion.h"

namespace runnel::inline v0::keras::metrics {

struct AUCOptions {
  int64_t num_thresholds = 200;
  std::string curve = "ROC", summation_method = "interpolation";
  std::string name{};
  DType dtype{};
  std::optional<std::vector<double>> thresholds{};  ///< In [0, 1], in place of evenly spread ones.
  bool multi_label = false;                         ///< One area for each label, then their mean.
  std::optional<int64_t> num_labels{};
  std::optional<std::vector<double>> label_weights{};
  bool from_logits = false;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("num_thresholds", s.num_thresholds);
    v("curve", s.curve);
    v("summation_method", s.summation_method);
    v("name", s.name);
    v("dtype", s.dtype);
    v("thresholds", s.thresholds);
    v("multi_label", s.multi_label);
    v("num_labels", s.num_labels);
    v("label_weights", s.label_weights);
    v("from_logits", s.from_logits);
  }
};

/// The area under a curve, as a Riemann sum over thresholds: "ROC" (true over false positive rate), "PR" (precision over recall;
/// "interpolation" as Davis and Goadrich, 2006) or "PRGAIN" (Flach and Kull, 2015).
class AUCBody : public MetricWith<ConfusionBody, AUCOptions> {
 public:
  explicit AUCBody(const AUCOptions& options);
  static constexpr const char* kName = "AUC";
  std::string class_name() const override { return kName; }
  Direction direction() const override { return Direction::kUp; }
  void constructed() override;
  Config get_config() const override;
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;

 private:
  struct Curve {
    Tensor x, y;  // (thresholds), or (thresholds, labels)
  };
  void add_cells(const Shape& shape);
  Curve curve() const;
  Tensor interpolated_pr() const;
  Tensor total(const Tensor& areas) const;
  bool built_ = false;
};
using AUC = ObjectOf<AUCBody>;

}  // namespace runnel::inline v0::keras::metrics
