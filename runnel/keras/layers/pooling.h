// Max and average pooling: in windows, over everything, and to a given size; over one, two or three axes.
#pragma once

#include "runnel/keras/layers/spatial.h"

namespace runnel::inline v0::keras {

struct PoolingOptions {
  Tuple pool_size = 2;
  Tuple strides{};  ///< Default: pool_size.
  std::string padding = "valid";
  std::string data_format{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("pool_size", s.pool_size);
    v("strides", s.strides);
    v("padding", s.padding);
    v("data_format", s.data_format);
    base_fields(s, v);
  }
};

enum class Pool { kMax, kAverage };

/// The greatest or the mean value of each window.
template <Pool Kind, int Rank>
class PoolingBody : public LayerWith<PoolingOptions> {
 public:
  static constexpr const char* kNames[2][3] = {{"MaxPooling1D", "MaxPooling2D", "MaxPooling3D"},
                                               {"AveragePooling1D", "AveragePooling2D", "AveragePooling3D"}};
  static constexpr const char* kName = kNames[int(Kind)][Rank - 1];
  explicit PoolingBody(const PoolingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct GlobalPoolingOptions {
  std::string data_format{};
  bool keepdims = false;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("data_format", s.data_format);
    v("keepdims", s.keepdims);
    base_fields(s, v);
  }
};

/// The greatest or the mean value over all spatial axes. The mean over one axis counts only what the mask lets through.
template <Pool Kind, int Rank>
class GlobalPoolingBody : public LayerWith<GlobalPoolingOptions> {
 public:
  static constexpr const char* kNames[2][3] = {{"GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"},
                                               {"GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"}};
  static constexpr const char* kName = kNames[int(Kind)][Rank - 1];
  explicit GlobalPoolingBody(const GlobalPoolingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override { return {}; }

 private:
  Tensor masked_mean(const Tensor& input, const Tensor& mask) const;
};

struct AdaptivePoolingOptions {
  Tuple output_size{};
  std::string data_format{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("output_size", s.output_size);
    v("data_format", s.data_format);
    base_fields(s, v);
  }
};

/// output_size windows for each axis, as even as they can be: window i begins at floor(i * in / out) and ends at
/// ceil((i + 1) * in / out).
template <Pool Kind, int Rank>
class AdaptivePoolingBody : public LayerWith<AdaptivePoolingOptions> {
 public:
  static constexpr const char* kNames[2][3] = {{"AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D"},
                                               {"AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D"}};
  static constexpr const char* kName = kNames[int(Kind)][Rank - 1];
  explicit AdaptivePoolingBody(const AdaptivePoolingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

using MaxPooling1DBody = PoolingBody<Pool::kMax, 1>;
using MaxPooling2DBody = PoolingBody<Pool::kMax, 2>;
using MaxPooling3DBody = PoolingBody<Pool::kMax, 3>;
using AveragePooling1DBody = PoolingBody<Pool::kAverage, 1>;
using AveragePooling2DBody = PoolingBody<Pool::kAverage, 2>;
using AveragePooling3DBody = PoolingBody<Pool::kAverage, 3>;
using GlobalMaxPooling1DBody = GlobalPoolingBody<Pool::kMax, 1>;
using GlobalMaxPooling2DBody = GlobalPoolingBody<Pool::kMax, 2>;
using GlobalMaxPooling3DBody = GlobalPoolingBody<Pool::kMax, 3>;
using GlobalAveragePooling1DBody = GlobalPoolingBody<Pool::kAverage, 1>;
using GlobalAveragePooling2DBody = GlobalPoolingBody<Pool::kAverage, 2>;
using GlobalAveragePooling3DBody = GlobalPoolingBody<Pool::kAverage, 3>;
using AdaptiveMaxPooling1DBody = AdaptivePoolingBody<Pool::kMax, 1>;
using AdaptiveMaxPooling2DBody = AdaptivePoolingBody<Pool::kMax, 2>;
using AdaptiveMaxPooling3DBody = AdaptivePoolingBody<Pool::kMax, 3>;
using AdaptiveAveragePooling1DBody = AdaptivePoolingBody<Pool::kAverage, 1>;
using AdaptiveAveragePooling2DBody = AdaptivePoolingBody<Pool::kAverage, 2>;
using AdaptiveAveragePooling3DBody = AdaptivePoolingBody<Pool::kAverage, 3>;

namespace layers {
using MaxPooling1D = LayerOf<MaxPooling1DBody>;
using MaxPooling2D = LayerOf<MaxPooling2DBody>;
using MaxPooling3D = LayerOf<MaxPooling3DBody>;
using AveragePooling1D = LayerOf<AveragePooling1DBody>;
using AveragePooling2D = LayerOf<AveragePooling2DBody>;
using AveragePooling3D = LayerOf<AveragePooling3DBody>;
using GlobalMaxPooling1D = LayerOf<GlobalMaxPooling1DBody>;
using GlobalMaxPooling2D = LayerOf<GlobalMaxPooling2DBody>;
using GlobalMaxPooling3D = LayerOf<GlobalMaxPooling3DBody>;
using GlobalAveragePooling1D = LayerOf<GlobalAveragePooling1DBody>;
using GlobalAveragePooling2D = LayerOf<GlobalAveragePooling2DBody>;
using GlobalAveragePooling3D = LayerOf<GlobalAveragePooling3DBody>;
using AdaptiveMaxPooling1D = LayerOf<AdaptiveMaxPooling1DBody>;
using AdaptiveMaxPooling2D = LayerOf<AdaptiveMaxPooling2DBody>;
using AdaptiveMaxPooling3D = LayerOf<AdaptiveMaxPooling3DBody>;
using AdaptiveAveragePooling1D = LayerOf<AdaptiveAveragePooling1DBody>;
using AdaptiveAveragePooling2D = LayerOf<AdaptiveAveragePooling2DBody>;
using AdaptiveAveragePooling3D = LayerOf<AdaptiveAveragePooling3DBody>;
// Keras's short names.
using MaxPool1D = MaxPooling1D;
using MaxPool2D = MaxPooling2D;
using MaxPool3D = MaxPooling3D;
using AvgPool1D = AveragePooling1D;
using AvgPool2D = AveragePooling2D;
using AvgPool3D = AveragePooling3D;
using GlobalMaxPool1D = GlobalMaxPooling1D;
using GlobalMaxPool2D = GlobalMaxPooling2D;
using GlobalMaxPool3D = GlobalMaxPooling3D;
using GlobalAvgPool1D = GlobalAveragePooling1D;
using GlobalAvgPool2D = GlobalAveragePooling2D;
using GlobalAvgPool3D = GlobalAveragePooling3D;
}  // namespace layers

}  // namespace runnel::inline v0::keras
