// keras.constraints
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/keras/overrides.h"

namespace runnel::inline v0::keras {

template <class Body>
class OverridableConstraint;

/// Where a weight is put back into what is allowed, after each update.
class ConstraintBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableConstraint<Body>;
  static Ref<KerasObject> from_function(const Ref<Function>& function);  ///< function(w)
  static constexpr const char* kKind = "constraints";
  std::string module() const override { return "keras.constraints"; }
  /// The nearest permitted value of a weight, of the same shape.
  virtual Tensor call(const Tensor& w) = 0;
};
using Constraint = Handle<ConstraintBody>;

/// A constraint of which a subclass is written in another language.
template <class Body>
class OverridableConstraint : public Overridable<Body> {
 public:
  enum { kCall, kGetConfig };
  static constexpr const char* kMethods[] = {"__call__", "get_config"};
  using Overridable<Body>::Overridable;
  Tensor call(const Tensor& w) override { return this->overridden(kCall) ? this->call_foreign("__call__", {w}) : Body::call(w); }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};

/// The axes over which a norm is taken: .axis = 0, .axis = {0, 1, 2}. Saved as Keras does: one as a number.
class AxesOption {
 public:
  AxesOption() = default;
  template <std::integral T>
  AxesOption(T axis) : values_{int64_t(axis)} {}
  AxesOption(std::initializer_list<int64_t> axes) : values_(axes) {}
  AxesOption(std::vector<int64_t> axes) : values_(std::move(axes)) {}
  const std::vector<int64_t>& values() const { return values_; }

 private:
  std::vector<int64_t> values_;
};
Config to_config(const AxesOption& axes);
void from_config(const Config& config, AxesOption& out);

struct ConstraintBaseOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// What a subclass in another language is derived from.
struct ConstraintBaseBody : BodyWith<ConstraintBody, ConstraintBaseOptions> {
  static constexpr const char* kName = "Constraint";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& w) override;
};

struct NonNegOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// Negative weights become 0.
struct NonNegBody : BodyWith<ConstraintBody, NonNegOptions> {
  static constexpr const char* kName = "NonNeg";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& w) override;
};

struct MaxNormOptions {
  double max_value = 2;
  AxesOption axis = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("max_value", s.max_value);
    v("axis", s.axis);
  }
};
/// Norms are at most max_value.
struct MaxNormBody : BodyWith<ConstraintBody, MaxNormOptions> {
  static constexpr const char* kName = "MaxNorm";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& w) override;
};

struct UnitNormOptions {
  AxesOption axis = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
  }
};
/// Norms are 1.
struct UnitNormBody : BodyWith<ConstraintBody, UnitNormOptions> {
  static constexpr const char* kName = "UnitNorm";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& w) override;
};

struct MinMaxNormOptions {
  double min_value = 0, max_value = 1, rate = 1;
  AxesOption axis = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("min_value", s.min_value);
    v("max_value", s.max_value);
    v("rate", s.rate);
    v("axis", s.axis);
  }
};
/// Norms go towards [min_value, max_value]; rate 1 puts them there at once.
struct MinMaxNormBody : BodyWith<ConstraintBody, MinMaxNormOptions> {
  static constexpr const char* kName = "MinMaxNorm";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& w) override;
};

namespace constraints {
using NonNeg = ObjectOf<NonNegBody>;
using MaxNorm = ObjectOf<MaxNormBody>;
using UnitNorm = ObjectOf<UnitNormBody>;
using MinMaxNorm = ObjectOf<MinMaxNormBody>;
}  // namespace constraints

}  // namespace runnel::inline v0::keras
