// Layers that join several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate, Dot.
#pragma once

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

struct MergeOptions {
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    base_fields(s, v);
  }
};

enum class Merge { kAdd, kSubtract, kMultiply, kAverage, kMaximum, kMinimum };

/// Element by element, with broadcasting: inputs of lower rank get axes of size 1 after the batch axis.
template <Merge Kind>
class MergeBody : public LayerWith<MergeOptions> {
 public:
  static constexpr const char* kNames[] = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"};
  static constexpr const char* kName = kNames[int(Kind)];
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  /// What any mask lets through; none where an input has none.
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override;
};

struct ConcatenateOptions {
  Int axis = -1;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    base_fields(s, v);
  }
};

/// Joins the inputs along `axis`; their other sizes are the same.
class ConcatenateBody : public LayerWith<ConcatenateOptions> {
 public:
  static constexpr const char* kName = "Concatenate";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override;
};

struct DotOptions {
  Tuple axes{};  ///< One for both inputs, or one each. The batch axis may not be among them.
  bool normalize = false;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axes", s.axes);
    v("normalize", s.normalize);
    base_fields(s, v);
  }
};

/// Sums of products of two inputs along an axis of each, per example. normalize: of vectors of length 1 (cosine proximity).
class DotBody : public LayerWith<DotOptions> {
 public:
  static constexpr const char* kName = "Dot";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override { return {}; }
};

using AddBody = MergeBody<Merge::kAdd>;
using SubtractBody = MergeBody<Merge::kSubtract>;
using MultiplyBody = MergeBody<Merge::kMultiply>;
using AverageBody = MergeBody<Merge::kAverage>;
using MaximumBody = MergeBody<Merge::kMaximum>;
using MinimumBody = MergeBody<Merge::kMinimum>;

namespace layers {
using Add = LayerOf<AddBody>;
using Subtract = LayerOf<SubtractBody>;
using Multiply = LayerOf<MultiplyBody>;
using Average = LayerOf<AverageBody>;
using Maximum = LayerOf<MaximumBody>;
using Minimum = LayerOf<MinimumBody>;
using Concatenate = LayerOf<ConcatenateBody>;
using Dot = LayerOf<DotBody>;

// The same as functions of a list of tensors.
Tensor add(const std::vector<Tensor>& inputs);
Tensor subtract(const std::vector<Tensor>& inputs);
Tensor multiply(const std::vector<Tensor>& inputs);
Tensor average(const std::vector<Tensor>& inputs);
Tensor maximum(const std::vector<Tensor>& inputs);
Tensor minimum(const std::vector<Tensor>& inputs);
Tensor concatenate(const std::vector<Tensor>& inputs, int64_t axis = -1);
Tensor dot(const std::vector<Tensor>& inputs, const Tuple& axes, bool normalize = false);
}  // namespace layers

}  // namespace runnel::inline v0::keras
