// BatchNormalization, LayerNormalization, GroupNormalization, UnitNormalization, RMSNormalization.
#pragma once

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

/// Bounds of what renormalization corrects: the factor r and the offset d.
struct RenormClipping {
  std::optional<double> rmax{}, rmin{}, dmax{};
};
Config to_config(const RenormClipping& clipping);
void from_config(const Config& c, RenormClipping& out);

struct BatchNormalizationOptions {
  Int axis = -1;
  double momentum = 0.99;
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  Regularizer beta_regularizer{};
  Regularizer gamma_regularizer{};
  Constraint beta_constraint{};
  Constraint gamma_constraint{};
  bool renorm = false;  ///< Training uses averages of the batches' statistics as well: Ioffe, "Batch renormalization", 2017.
  std::optional<RenormClipping> renorm_clipping{};
  double renorm_momentum = 0.99;  ///< Of those averages.
  bool synchronized = false;      ///< Over all replicas; there is one.
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    v("momentum", s.momentum);
    v("epsilon", s.epsilon);
    v("center", s.center);
    v("scale", s.scale);
    v("beta_initializer", s.beta_initializer);
    v("gamma_initializer", s.gamma_initializer);
    v("moving_mean_initializer", s.moving_mean_initializer);
    v("moving_variance_initializer", s.moving_variance_initializer);
    v("beta_regularizer", s.beta_regularizer);
    v("gamma_regularizer", s.gamma_regularizer);
    v("beta_constraint", s.beta_constraint);
    v("gamma_constraint", s.gamma_constraint);
    v("renorm", s.renorm);
    v("renorm_clipping", s.renorm_clipping);
    v("renorm_momentum", s.renorm_momentum);
    v("synchronized", s.synchronized);
    base_fields(s, v);
  }
};

/// Subtracts the batch's mean and divides by its standard deviation while training; uses moving averages of them otherwise.
class BatchNormalizationBody : public LayerWith<BatchNormalizationOptions> {
 public:
  static constexpr const char* kName = "BatchNormalization";
  explicit BatchNormalizationBody(const BatchNormalizationOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  struct Statistics {
    Tensor mean, variance;
  };
  Statistics batch_statistics(const Tensor& x, const Tensor& mask) const;
  bool is_fused(const Tensor& x, const Tensor& mask) const;
  Tensor fused(const Tensor& x, bool training) const;
  void update(const Variable& moving, const Tensor& now, double momentum) const;
  Tensor normalized(const Tensor& x, const Statistics& used, const std::optional<Tensor>& scale, const std::optional<Tensor>& offset) const;
  void build_renorm(int64_t size);
  Tensor renormalized(const Tensor& x, const Statistics& now) const;
  void update_renorm(const Tensor& mean, const Tensor& deviation) const;
  Tensor along_axis(const Tensor& x) const;

  Variable gamma_, beta_, moving_mean_, moving_variance_;
  Variable moving_stddev_, renorm_mean_, renorm_stddev_;  // with renorm
  int rank_ = 0, axis_ = 0;
};

struct LayerNormalizationOptions {
  AxesOption axis = -1;
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer{};
  Regularizer gamma_regularizer{};
  Constraint beta_constraint{};
  Constraint gamma_constraint{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    v("epsilon", s.epsilon);
    v("center", s.center);
    v("scale", s.scale);
    v("beta_initializer", s.beta_initializer);
    v("gamma_initializer", s.gamma_initializer);
    v("beta_regularizer", s.beta_regularizer);
    v("gamma_regularizer", s.gamma_regularizer);
    v("beta_constraint", s.beta_constraint);
    v("gamma_constraint", s.gamma_constraint);
    unsupported_fields(s, v, "rms_scaling");
    base_fields(s, v);
  }
};

/// Normalizes each example over `axis`.
class LayerNormalizationBody : public LayerWith<LayerNormalizationOptions> {
 public:
  static constexpr const char* kName = "LayerNormalization";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  Tensor broadcastable(const Variable& weight, DType dtype) const;

  Variable gamma_, beta_;
  std::vector<int64_t> axes_, broadcast_shape_;
};

struct GroupNormalizationOptions {
  Int groups = 32;  ///< -1: as many as channels (instance normalization).
  Int axis = -1;
  double epsilon = 0.001;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer{};
  Regularizer gamma_regularizer{};
  Constraint beta_constraint{};
  Constraint gamma_constraint{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("groups", s.groups);
    v("axis", s.axis);
    v("epsilon", s.epsilon);
    v("center", s.center);
    v("scale", s.scale);
    v("beta_initializer", s.beta_initializer);
    v("gamma_initializer", s.gamma_initializer);
    v("beta_regularizer", s.beta_regularizer);
    v("gamma_regularizer", s.gamma_regularizer);
    v("beta_constraint", s.beta_constraint);
    v("gamma_constraint", s.gamma_constraint);
    base_fields(s, v);
  }
};

/// Normalizes each group of channels of each example. Wu and He, "Group normalization", 2018.
class GroupNormalizationBody : public LayerWith<GroupNormalizationOptions> {
 public:
  static constexpr const char* kName = "GroupNormalization";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  Tensor along_axis(const Variable& weight, DType dtype) const;

  Variable gamma_, beta_;
  int rank_ = 0, axis_ = 0;
  int64_t groups_ = 0;
};

struct UnitNormalizationOptions {
  Tuple axis = -1;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    base_fields(s, v);
  }
};

/// Divides by the Euclidean norm over `axis`.
class UnitNormalizationBody : public LayerWith<UnitNormalizationOptions> {
 public:
  static constexpr const char* kName = "UnitNormalization";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }
};

struct RMSNormalizationOptions {
  Tuple axis = -1;
  double epsilon = 1e-6;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    v("epsilon", s.epsilon);
    base_fields(s, v);
  }
};

/// Divides by the root of the mean square over `axis`, and scales. Zhang and Sennrich, 2019.
class RMSNormalizationBody : public LayerWith<RMSNormalizationOptions> {
 public:
  static constexpr const char* kName = "RMSNormalization";
  explicit RMSNormalizationBody(const RMSNormalizationOptions& options) : LayerWith(options) { supports_masking_ = false; }
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  Variable scale_;
};

namespace layers {
using GroupNormalization = LayerOf<GroupNormalizationBody>;
using UnitNormalization = LayerOf<UnitNormalizationBody>;
using RMSNormalization = LayerOf<RMSNormalizationBody>;
using BatchNormalization = LayerOf<BatchNormalizationBody>;
using LayerNormalization = LayerOf<LayerNormalizationBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
