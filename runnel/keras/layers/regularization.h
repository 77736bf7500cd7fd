// Layers that act while training only: Dropout and its kin, noise; and ActivityRegularization.
#pragma once

#include "runnel/keras/layers/base_fields.h"
#include "runnel/keras/random.h"

namespace runnel::inline v0::keras {

struct DropoutOptions {
  double rate = 0;
  ShapeOption noise_shape{};  ///< With the batch axis; -1: the input's size. A size of 1 drops along the whole axis.
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("rate", s.rate);
    v("noise_shape", s.noise_shape);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// While training, zeroes a share of the inputs and scales the others up so that the sum keeps its expectation.
class DropoutBody : public LayerWith<DropoutOptions> {
 public:
  static constexpr const char* kName = "Dropout";
  explicit DropoutBody(const DropoutOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }
  /// Unset where the rate is 0.
  const std::optional<SeedGenerator>& seed_generator() const { return seed_generator_; }

 private:
  std::optional<SeedGenerator> seed_generator_;
};

template <int Rank>
struct SpatialDropoutOptions {
  double rate = 0;
  std::string data_format{};
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("rate", s.rate);
    if constexpr (Rank > 1) v("data_format", s.data_format);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// Drops whole feature maps. Tompson et al., "Efficient object localization using convolutional networks", 2014.
template <int Rank>
class SpatialDropoutBody : public LayerWith<SpatialDropoutOptions<Rank>> {
 public:
  static constexpr const char* kName = Rank == 1 ? "SpatialDropout1D" : Rank == 2 ? "SpatialDropout2D" : "SpatialDropout3D";
  explicit SpatialDropoutBody(const SpatialDropoutOptions<Rank>& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  std::optional<SeedGenerator> seed_generator_;
};
using SpatialDropout1DBody = SpatialDropoutBody<1>;
using SpatialDropout2DBody = SpatialDropoutBody<2>;
using SpatialDropout3DBody = SpatialDropoutBody<3>;

struct GaussianDropoutOptions {
  double rate = 0;
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("rate", s.rate);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// While training, multiplies by noise of mean 1 and variance rate / (1 - rate). Srivastava et al., "Dropout", 2014.
class GaussianDropoutBody : public LayerWith<GaussianDropoutOptions> {
 public:
  static constexpr const char* kName = "GaussianDropout";
  explicit GaussianDropoutBody(const GaussianDropoutOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  std::optional<SeedGenerator> seed_generator_;
};

struct GaussianNoiseOptions {
  double stddev = 0;
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("stddev", s.stddev);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// While training, adds noise of mean 0.
class GaussianNoiseBody : public LayerWith<GaussianNoiseOptions> {
 public:
  static constexpr const char* kName = "GaussianNoise";
  explicit GaussianNoiseBody(const GaussianNoiseOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  std::optional<SeedGenerator> seed_generator_;
};

struct AlphaDropoutOptions {
  double rate = 0;
  ShapeOption noise_shape{};
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("rate", s.rate);
    v("noise_shape", s.noise_shape);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// Dropout that keeps mean and variance of selu's outputs. Klambauer et al., "Self-normalizing neural networks", 2017.
class AlphaDropoutBody : public LayerWith<AlphaDropoutOptions> {
 public:
  static constexpr const char* kName = "AlphaDropout";
  explicit AlphaDropoutBody(const AlphaDropoutOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }

 private:
  std::optional<SeedGenerator> seed_generator_;
};

struct ActivityRegularizationOptions {
  double l1 = 0, l2 = 0;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("l1", s.l1);
    v("l2", s.l2);
    base_fields(s, v);
  }
};

/// Passes its input on and adds l1 * sum |x| + l2 * sum x^2 (per example) to the loss.
class ActivityRegularizationBody : public LayerWith<ActivityRegularizationOptions> {
 public:
  static constexpr const char* kName = "ActivityRegularization";
  explicit ActivityRegularizationBody(const ActivityRegularizationOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override { return input; }
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }
};

namespace layers {
using Dropout = LayerOf<DropoutBody>;
using SpatialDropout1D = LayerOf<SpatialDropout1DBody>;
using SpatialDropout2D = LayerOf<SpatialDropout2DBody>;
using SpatialDropout3D = LayerOf<SpatialDropout3DBody>;
using GaussianDropout = LayerOf<GaussianDropoutBody>;
using GaussianNoise = LayerOf<GaussianNoiseBody>;
using AlphaDropout = LayerOf<AlphaDropoutBody>;
using ActivityRegularization = LayerOf<ActivityRegularizationBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
