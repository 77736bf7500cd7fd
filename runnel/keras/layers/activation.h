// Activations that are layers: ReLU, LeakyReLU, PReLU, ELU, ThresholdedReLU, Softmax.
#pragma once

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

struct ReLUOptions {
  std::optional<double> max_value{};
  double negative_slope = 0;
  double threshold = 0;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("max_value", s.max_value);
    v("negative_slope", s.negative_slope);
    v("threshold", s.threshold);
    base_fields(s, v);
  }
};

/// max_value from there on, x from the threshold on, negative_slope * (x - threshold) below.
class ReLUBody : public LayerWith<ReLUOptions> {
 public:
  static constexpr const char* kName = "ReLU";
  explicit ReLUBody(const ReLUOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct LeakyReLUOptions {
  double negative_slope = 0.3;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("negative_slope", s.negative_slope);
    if constexpr (!std::is_const_v<S>) v("alpha", s.negative_slope);  // Keras 2's name
    base_fields(s, v);
  }
};

/// x where positive, negative_slope * x otherwise.
class LeakyReLUBody : public LayerWith<LeakyReLUOptions> {
 public:
  static constexpr const char* kName = "LeakyReLU";
  explicit LeakyReLUBody(const LeakyReLUOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct PReLUOptions {
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer{};
  Constraint alpha_constraint{};
  Tuple shared_axes{};  ///< Axes along which one slope serves all, counted with the batch axis.
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("alpha_initializer", s.alpha_initializer);
    v("alpha_regularizer", s.alpha_regularizer);
    v("alpha_constraint", s.alpha_constraint);
    v("shared_axes", s.shared_axes);
    base_fields(s, v);
  }
};

/// LeakyReLU with slopes that are learned. He et al., "Delving deep into rectifiers", 2015.
class PReLUBody : public LayerWith<PReLUOptions> {
 public:
  static constexpr const char* kName = "PReLU";
  explicit PReLUBody(const PReLUOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;

 private:
  Variable alpha_;
};

struct ELUOptions {
  double alpha = 1;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("alpha", s.alpha);
    base_fields(s, v);
  }
};

/// x where positive, alpha * (e^x - 1) otherwise. Clevert et al., "Fast and accurate deep network learning by ELUs", 2015.
class ELUBody : public LayerWith<ELUOptions> {
 public:
  static constexpr const char* kName = "ELU";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct ThresholdedReLUOptions {
  double theta = 1;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("theta", s.theta);
    base_fields(s, v);
  }
};

/// x where it is greater than theta, 0 otherwise (a layer of Keras 2).
class ThresholdedReLUBody : public LayerWith<ThresholdedReLUOptions> {
 public:
  static constexpr const char* kName = "ThresholdedReLU";
  explicit ThresholdedReLUBody(const ThresholdedReLUOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct SoftmaxOptions {
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

/// e^x / sum(e^x) along one or several axes; where a mask is given, only over what it lets through.
class SoftmaxBody : public LayerWith<SoftmaxOptions> {
 public:
  static constexpr const char* kName = "Softmax";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

namespace layers {
using ReLU = LayerOf<ReLUBody>;
using LeakyReLU = LayerOf<LeakyReLUBody>;
using PReLU = LayerOf<PReLUBody>;
using ELU = LayerOf<ELUBody>;
using ThresholdedReLU = LayerOf<ThresholdedReLUBody>;
using Softmax = LayerOf<SoftmaxBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
