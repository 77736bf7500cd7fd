// keras.initializers
#pragma once

#include <optional>

#include "runnel/core/tensor.h"
#include "runnel/keras/overrides.h"

namespace runnel::inline v0::keras {

template <class Body>
class OverridableInitializer;

/// Gives a new weight its values, for a shape and a dtype.
class InitializerBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableInitializer<Body>;
  static Ref<KerasObject> from_function(const Ref<Function>& function);  ///< function(shape, dtype)
  static constexpr const char* kKind = "initializers";
  std::string module() const override { return "keras.initializers"; }
  /// A new tensor of the shape.
  virtual Tensor call(const Shape& shape, DType dtype) = 0;
  /// Draws the seed where none was given. Layers do that when they are made, so that seeds come in Keras's order.
  virtual void settle() {}
};
using Initializer = Handle<InitializerBody>;

/// An initializer of which a subclass is written in another language.
template <class Body>
class OverridableInitializer : public Overridable<Body> {
 public:
  enum { kCall, kGetConfig };
  static constexpr const char* kMethods[] = {"__call__", "get_config"};
  using Overridable<Body>::Overridable;
  Tensor call(const Shape& shape, DType dtype) override {
    return this->overridden(kCall) ? this->call_foreign("__call__", {shape, dtype}) : Body::call(shape, dtype);
  }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};
inline void settle(const Initializer& initializer) {
  if (initializer) initializer.body()->settle();
}

struct InitializerBaseOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// What a subclass in another language is derived from.
struct InitializerBaseBody : BodyWith<InitializerBody, InitializerBaseOptions> {
  static constexpr const char* kName = "Initializer";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

struct ZerosOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// 0 everywhere.
struct ZerosBody : BodyWith<InitializerBody, ZerosOptions> {
  static constexpr const char* kName = "Zeros";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

struct OnesOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// 1 everywhere.
struct OnesBody : BodyWith<InitializerBody, OnesOptions> {
  static constexpr const char* kName = "Ones";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// A number, or nested lists of numbers: .value = 2.5, .value = Config::List{1.0, 2.0}.
struct ConstantValue {
  ConstantValue(double number) : config(number) {}
  ConstantValue(Config::List rows) : config(std::move(rows)) {}
  Config config;
};
inline Config to_config(const ConstantValue& value) { return value.config; }
void from_config(const Config& config, ConstantValue& out);

struct ConstantOptions {
  ConstantValue value = 0.0;

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("value", s.value);
  }
};
/// One value everywhere, or values that are repeated along the axes before theirs.
struct ConstantBody : BodyWith<InitializerBody, ConstantOptions> {
  static constexpr const char* kName = "Constant";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

struct IdentityOptions {
  double gain = 1;

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("gain", s.gain);
  }
};
/// gain times the identity matrix.
struct IdentityBody : BodyWith<InitializerBody, IdentityOptions> {
  static constexpr const char* kName = "Identity";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// One with a seed. Unseeded ones draw a seed once, so that calling one twice gives equal tensors, as in Keras.
template <class Options>
class RandomInitializer : public BodyWith<InitializerBody, Options> {
 public:
  using BodyWith<InitializerBody, Options>::BodyWith;
  void settle() override;

 protected:
  /// The pair for stateless operators.
  Tensor seed_pair();

 private:
  std::optional<int64_t> drawn_;
};

struct RandomNormalOptions {
  double mean = 0;
  double stddev = 0.05;
  std::optional<int64_t> seed{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("mean", s.mean);
    v("stddev", s.stddev);
    v("seed", s.seed);
  }
};
/// A normal distribution.
struct RandomNormalBody : RandomInitializer<RandomNormalOptions> {
  static constexpr const char* kName = "RandomNormal";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

struct RandomUniformOptions {
  double minval = -0.05;
  double maxval = 0.05;
  std::optional<int64_t> seed{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("minval", s.minval);
    v("maxval", s.maxval);
    v("seed", s.seed);
  }
};
/// A uniform distribution.
struct RandomUniformBody : RandomInitializer<RandomUniformOptions> {
  static constexpr const char* kName = "RandomUniform";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

struct TruncatedNormalOptions {
  double mean = 0;
  double stddev = 0.05;
  std::optional<int64_t> seed{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("mean", s.mean);
    v("stddev", s.stddev);
    v("seed", s.seed);
  }
};
/// A normal distribution without what lies farther than two standard deviations from the mean.
struct TruncatedNormalBody : RandomInitializer<TruncatedNormalOptions> {
  static constexpr const char* kName = "TruncatedNormal";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

struct VarianceScalingOptions {
  double scale = 1;
  std::string mode = "fan_in";
  std::string distribution = "truncated_normal";
  std::optional<int64_t> seed{};
  Tuple input_axes{};
  Tuple output_axes{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("scale", s.scale);
    v("mode", s.mode);
    v("distribution", s.distribution);
    v("seed", s.seed);
    v("input_axes", s.input_axes);
    v("output_axes", s.output_axes);
  }
};
/// A distribution whose variance is scale / fan, so that signals keep their size through a layer.
struct VarianceScalingBody : RandomInitializer<VarianceScalingOptions> {
  static constexpr const char* kName = "VarianceScaling";
  explicit VarianceScalingBody(const VarianceScalingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// Of the initializers below, which are cases of VarianceScaling.
struct FanOptions {
  std::optional<int64_t> seed{};
  Tuple input_axes{};
  Tuple output_axes{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("seed", s.seed);
    v("input_axes", s.input_axes);
    v("output_axes", s.output_axes);
  }
};

/// Uniform in +-sqrt(6 / (fan_in + fan_out)).
struct GlorotUniformBody : RandomInitializer<FanOptions> {
  static constexpr const char* kName = "GlorotUniform";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// Truncated normal, variance 2 / (fan_in + fan_out).
struct GlorotNormalBody : RandomInitializer<FanOptions> {
  static constexpr const char* kName = "GlorotNormal";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// Uniform in +-sqrt(6 / fan_in).
struct HeUniformBody : RandomInitializer<FanOptions> {
  static constexpr const char* kName = "HeUniform";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// Truncated normal, variance 2 / fan_in.
struct HeNormalBody : RandomInitializer<FanOptions> {
  static constexpr const char* kName = "HeNormal";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// Uniform in +-sqrt(3 / fan_in).
struct LecunUniformBody : RandomInitializer<FanOptions> {
  static constexpr const char* kName = "LecunUniform";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

/// Truncated normal, variance 1 / fan_in.
struct LecunNormalBody : RandomInitializer<FanOptions> {
  static constexpr const char* kName = "LecunNormal";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

struct OrthogonalOptions {
  double gain = 1;
  std::optional<int64_t> seed{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("gain", s.gain);
    v("seed", s.seed);
  }
};
/// gain times orthonormal rows or columns, whichever are fewer; axes before the last count as rows (Saxe et al., 2014).
struct OrthogonalBody : RandomInitializer<OrthogonalOptions> {
  static constexpr const char* kName = "Orthogonal";
  using RandomInitializer::RandomInitializer;
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

namespace initializers {
using Zeros = ObjectOf<ZerosBody>;
using Ones = ObjectOf<OnesBody>;
using Constant = ObjectOf<ConstantBody>;
using Identity = ObjectOf<IdentityBody>;
using Orthogonal = ObjectOf<OrthogonalBody>;
using RandomNormal = ObjectOf<RandomNormalBody>;
using RandomUniform = ObjectOf<RandomUniformBody>;
using TruncatedNormal = ObjectOf<TruncatedNormalBody>;
using VarianceScaling = ObjectOf<VarianceScalingBody>;
using GlorotUniform = ObjectOf<GlorotUniformBody>;
using GlorotNormal = ObjectOf<GlorotNormalBody>;
using HeUniform = ObjectOf<HeUniformBody>;
using HeNormal = ObjectOf<HeNormalBody>;
using LecunUniform = ObjectOf<LecunUniformBody>;
using LecunNormal = ObjectOf<LecunNormalBody>;
}  // namespace initializers

}  // namespace runnel::inline v0::keras
