// keras.metrics: intersections over unions of classes, for segmentation.
#pragma once

#include "runnel/keras/metrics/metric.h"

namespace runnel::inline v0::keras::metrics {

/// What the confusion matrix of all classes gives: the mean over the target classes of both / (either).
class IoUBase : public MetricBody {
 public:
  IoUBase(const std::string& name, DType dtype) : MetricBody(name, dtype ? dtype : int64) {}
  Direction direction() const override { return Direction::kUp; }
  void constructed() override;
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
  Tensor result() override;

 protected:
  struct Spec {
    int64_t num_classes = 2;
    std::vector<int64_t> target_class_ids{};  ///< Empty: all.
    std::optional<int64_t> ignore_class{};
    bool sparse_y_true = true, sparse_y_pred = true;  ///< Class numbers; otherwise scores along `axis`.
    int64_t axis = -1;
  };
  void set_up(const Spec& spec);

 private:
  Spec spec_;
  Variable matrix_;
};

struct IoUOptions {
  int64_t num_classes = 2;
  std::vector<int64_t> target_class_ids{};
  std::string name{};
  DType dtype{};
  std::optional<int64_t> ignore_class{};
  bool sparse_y_true = true, sparse_y_pred = true;
  int64_t axis = -1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("num_classes", s.num_classes);
    v("target_class_ids", s.target_class_ids);
    v("name", s.name);
    v("dtype", s.dtype);
    v("ignore_class", s.ignore_class);
    v("sparse_y_true", s.sparse_y_true);
    v("sparse_y_pred", s.sparse_y_pred);
    v("axis", s.axis);
  }
};
struct BinaryIoUOptions {
  std::vector<int64_t> target_class_ids{0, 1};
  double threshold = 0.5;
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("target_class_ids", s.target_class_ids);
    v("threshold", s.threshold);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
struct MeanIoUOptions {
  int64_t num_classes = 2;
  std::string name{};
  DType dtype{};
  std::optional<int64_t> ignore_class{};
  bool sparse_y_true = true, sparse_y_pred = true;
  int64_t axis = -1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("num_classes", s.num_classes);
    v("name", s.name);
    v("dtype", s.dtype);
    v("ignore_class", s.ignore_class);
    v("sparse_y_true", s.sparse_y_true);
    v("sparse_y_pred", s.sparse_y_pred);
    v("axis", s.axis);
  }
};
struct OneHotIoUOptions {
  int64_t num_classes = 2;
  std::vector<int64_t> target_class_ids{};
  std::string name{};
  DType dtype{};
  std::optional<int64_t> ignore_class{};
  bool sparse_y_pred = false;
  int64_t axis = -1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("num_classes", s.num_classes);
    v("target_class_ids", s.target_class_ids);
    v("name", s.name);
    v("dtype", s.dtype);
    v("ignore_class", s.ignore_class);
    v("sparse_y_pred", s.sparse_y_pred);
    v("axis", s.axis);
  }
};
struct OneHotMeanIoUOptions {
  int64_t num_classes = 2;
  std::string name{};
  DType dtype{};
  std::optional<int64_t> ignore_class{};
  bool sparse_y_pred = false;
  int64_t axis = -1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("num_classes", s.num_classes);
    v("name", s.name);
    v("dtype", s.dtype);
    v("ignore_class", s.ignore_class);
    v("sparse_y_pred", s.sparse_y_pred);
    v("axis", s.axis);
  }
};

#define RUNNEL_IOU(NAME)                                          \
  class NAME##Body : public MetricWith<IoUBase, NAME##Options> {  \
   public:                                                        \
    explicit NAME##Body(const NAME##Options& options);            \
    static constexpr const char* kName = #NAME;                   \
    std::string class_name() const override { return kName; }     \
  };                                                              \
  using NAME = ObjectOf<NAME##Body>;
RUNNEL_IOU(IoU)  ///< Intersection over union of the classes `target_class_ids`, their mean; class numbers.
RUNNEL_IOU(MeanIoU)  ///< Intersection over union, the mean of all classes; class numbers.
RUNNEL_IOU(OneHotIoU)  ///< Intersection over union of the classes `target_class_ids`, their mean; one-hot labels.
RUNNEL_IOU(OneHotMeanIoU)  ///< Intersection over union, the mean of all classes; one-hot labels.
#undef RUNNEL_IOU

/// Of two classes; predictions are probabilities of class 1.
class BinaryIoUBody : public MetricWith<IoUBase, BinaryIoUOptions> {
 public:
  explicit BinaryIoUBody(const BinaryIoUOptions& options);
  static constexpr const char* kName = "BinaryIoU";
  std::string class_name() const override { return kName; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor()) override;
};
using BinaryIoU = ObjectOf<BinaryIoUBody>;

}  // namespace runnel::inline v0::keras::metrics
