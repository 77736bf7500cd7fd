// keras.regularizers
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

class RegularizerBody : public KerasObject {
 public:
  static constexpr const char* kKind = "regularizers";
  std::string module() const override { return "keras.regularizers"; }
  /// The penalty, a scalar, for a weight or an output.
  virtual Tensor call(const Tensor& x) = 0;
};
using Regularizer = Handle<RegularizerBody>;

struct L1Options {
  double l1 = 0.01;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("l1", s.l1);
  }
};
/// l1 * sum(|x|)
struct L1Body final : BodyWith<RegularizerBody, L1Options> {
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
struct L2Body final : BodyWith<RegularizerBody, L2Options> {
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
struct L1L2Body final : BodyWith<RegularizerBody, L1L2Options> {
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
struct OrthogonalRegularizerBody final : BodyWith<RegularizerBody, OrthogonalRegularizerOptions> {
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
