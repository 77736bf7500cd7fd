// keras.regularizers
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/keras/overrides.h"

namespace runnel::inline v0::keras {

template <class Body>
class OverridableRegularizer;

/// A penalty for a weight, added to the loss.
class RegularizerBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableRegularizer<Body>;
  static Ref<KerasObject> from_function(const Ref<Function>& function);  ///< function(x)
  static constexpr const char* kKind = "regularizers";
  std::string module() const override { return "keras.regularizers"; }
  /// The penalty, a scalar, for a weight or an output.
  virtual Tensor call(const Tensor& x) = 0;
};
using Regularizer = Handle<RegularizerBody>;

/// A regularizer of which a subclass is written in another language.
template <class Body>
class OverridableRegularizer : public Overridable<Body> {
 public:
  enum { kCall, kGetConfig };
  static constexpr const char* kMethods[] = {"__call__", "get_config"};
  using Overridable<Body>::Overridable;
  Tensor call(const Tensor& x) override { return this->overridden(kCall) ? this->call_foreign("__call__", {x}) : Body::call(x); }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};

struct RegularizerBaseOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// What a subclass in another language is derived from.
struct RegularizerBaseBody : BodyWith<RegularizerBody, RegularizerBaseOptions> {
  static constexpr const char* kName = "Regularizer";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& x) override;
};

struct L1Options {
  double l1 = 0.01;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("l1", s.l1);
  }
};
/// l1 * sum(|x|)
struct L1Body : BodyWith<RegularizerBody, L1Options> {
  static constexpr const char* kName = "L1";
  explicit L1Body(const L1Options& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& x) override;
};

struct L2Options {
  double l2 = 0.01;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("l2", s.l2);
  }
};
/// l2 * sum(x^2)
struct L2Body : BodyWith<RegularizerBody, L2Options> {
  static constexpr const char* kName = "L2";
  explicit L2Body(const L2Options& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& x) override;
};

struct L1L2Options {
  double l1 = 0, l2 = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("l1", s.l1);
    v("l2", s.l2);
  }
};
/// l1 * sum(|x|) + l2 * sum(x^2)
struct L1L2Body : BodyWith<RegularizerBody, L1L2Options> {
  static constexpr const char* kName = "L1L2";
  explicit L1L2Body(const L1L2Options& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& x) override;
};

struct OrthogonalRegularizerOptions {
  double factor = 0.01;
  std::string mode = "rows";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("factor", s.factor);
    v("mode", s.mode);
  }
};
/// factor times the mean |cosine| between the rows (or "columns") of a matrix. ValueError for other ranks.
struct OrthogonalRegularizerBody : BodyWith<RegularizerBody, OrthogonalRegularizerOptions> {
  static constexpr const char* kName = "OrthogonalRegularizer";
  explicit OrthogonalRegularizerBody(const OrthogonalRegularizerOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& x) override;
};

namespace regularizers {
using L1 = ObjectOf<L1Body>;
using L2 = ObjectOf<L2Body>;
using L1L2 = ObjectOf<L1L2Body>;
using OrthogonalRegularizer = ObjectOf<OrthogonalRegularizerBody>;
}  // namespace regularizers

}  // namespace runnel::inline v0::keras
