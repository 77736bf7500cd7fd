// Layers that prepare data: Rescaling, Normalization, CategoryEncoding, Discretization.
#pragma once

#include <functional>

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

/// A number, or numbers in an array of any shape: `.scale = 1 / 255.`, `.mean = {3, 4}`.
class Numbers {
 public:
  Numbers() = default;  ///< Not set.
  Numbers(double value) : values_(Tensor::scalar(value)) {}
  Numbers(std::initializer_list<double> values) : values_(Tensor::from(std::vector<double>(values))) {}
  Numbers(const Tensor& values);
  bool is_set() const { return bool(values_); }
  const Tensor& tensor() const { return values_; }  ///< float64

 private:
  Tensor values_;
};
Config to_config(const Numbers& numbers);  ///< A number or nested lists.
void from_config(const Config& config, Numbers& out);

struct RescalingOptions {
  Numbers scale{};
  Numbers offset = 0.0;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("scale", s.scale);
    v("offset", s.offset);
    base_fields(s, v);
  }
};

/// inputs * scale + offset, as floating numbers; scale and offset broadcast along the last axes.
class RescalingBody : public LayerWith<RescalingOptions> {
 public:
  static constexpr const char* kName = "Rescaling";
  explicit RescalingBody(const RescalingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

/// Axes that may be none at all (Python's None).
struct KeptAxes {
  std::vector<int64_t> values{-1};
  KeptAxes() = default;
  KeptAxes(int64_t axis) : values{axis} {}
  KeptAxes(std::initializer_list<int64_t> axes) : values(axes) {}
};
inline Config to_config(const KeptAxes& axes) { return to_config(axes.values); }
void from_config(const Config& config, KeptAxes& out);

struct NormalizationOptions {
  KeptAxes axis{};     ///< Each position along these has a mean and a variance of its own.
  Numbers mean{};      ///< Given, or found by adapt().
  Numbers variance{};
  bool invert = false;  ///< From normalized values back to the original ones.
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    v("mean", s.mean);
    v("variance", s.variance);
    v("invert", s.invert);
    base_fields(s, v);
  }
};

/// (inputs - mean) / sqrt(variance)
class NormalizationBody : public LayerWith<NormalizationOptions> {
 public:
  static constexpr const char* kName = "Normalization";
  explicit NormalizationBody(const NormalizationOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  /// Mean and variance of the data: (samples, ...), or batches, until next_batch() gives an empty tensor.
  void adapt(const Tensor& data);
  void adapt(const std::function<Tensor()>& next_batch);
  /// As they are applied: of size 1 along the other axes.
  Tensor mean() const { return broadcast(options_.mean, adapted_mean_); }
  Tensor variance() const { return broadcast(options_.variance, adapted_variance_); }

 private:
  Tensor broadcast(const Numbers& given, const Variable& adapted) const;
  void check_batch(const PartialShape& shape);

  Variable adapted_mean_, adapted_variance_, count_;
  std::vector<int64_t> kept_, reduced_;
  Dims broadcast_shape_;
};

struct CategoryEncodingOptions {
  std::optional<Int> num_tokens{};
  std::string output_mode = "multi_hot";  ///< "one_hot", "multi_hot" or "count".
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("num_tokens", s.num_tokens);
    v("output_mode", s.output_mode);
    unsupported_fields(s, v, "sparse");
    base_fields(s, v);
  }
};

/// Integers below num_tokens as rows of zeros and ones, one for each number ("one_hot") or for all of a sample. The argument
/// `count_weights` says how much each number counts.
class CategoryEncodingBody : public LayerWith<CategoryEncodingOptions> {
 public:
  static constexpr const char* kName = "CategoryEncoding";
  explicit CategoryEncodingBody(const CategoryEncodingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override { return {"count_weights"}; }
};

struct DiscretizationOptions {
  std::optional<std::vector<double>> bin_boundaries{};  ///< Given, or found by adapt() from num_bins.
  std::optional<Int> num_bins{};
  double epsilon = 0.01;            ///< How exactly adapt() finds the quantiles.
  std::string output_mode = "int";  ///< "int": the number of the bin; "one_hot", "multi_hot", "count".
  Unsupported sparse{};
  DTypePolicy dtype{};
  std::string name{};
  bool trainable = true;

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("bin_boundaries", s.bin_boundaries);
    v("num_bins", s.num_bins);
    v("epsilon", s.epsilon);
    v("output_mode", s.output_mode);
    v("sparse", s.sparse);
    v("dtype", s.dtype);
    v("name", s.name);
    v("trainable", s.trainable);
  }
};

/// The number of the bin that each value lies in: 0 below the first boundary, 1 from there on, ...
class DiscretizationBody : public LayerWith<DiscretizationOptions> {
 public:
  static constexpr const char* kName = "Discretization";
  explicit DiscretizationBody(const DiscretizationOptions& options);
  Config get_config() const override { return without(LayerWith::get_config(), "sparse"); }
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  /// Boundaries between num_bins bins of about as many values each.
  void adapt(const Tensor& data);
  void adapt(const std::function<Tensor()>& next_batch);
};

namespace layers {
using Rescaling = LayerOf<RescalingBody>;
using Normalization = LayerOf<NormalizationBody>;
using CategoryEncoding = LayerOf<CategoryEncodingBody>;
using Discretization = LayerOf<DiscretizationBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
