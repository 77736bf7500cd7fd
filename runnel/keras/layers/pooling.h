// MaxPooling2D, AveragePooling2D, GlobalMaxPooling2D, GlobalAveragePooling2D.
#pragma once

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

struct Pooling2DOptions {
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

class Pooling2DBody : public LayerWith<Pooling2DOptions> {
 public:
  explicit Pooling2DBody(const Pooling2DOptions& options);
};

class MaxPooling2DBody : public Pooling2DBody {
 public:
  static constexpr const char* kName = "MaxPooling2D";
  using Pooling2DBody::Pooling2DBody;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

class AveragePooling2DBody : public Pooling2DBody {
 public:
  static constexpr const char* kName = "AveragePooling2D";
  using Pooling2DBody::Pooling2DBody;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct GlobalPooling2DOptions {
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

class GlobalPooling2DBody : public LayerWith<GlobalPooling2DOptions> {
 public:
  explicit GlobalPooling2DBody(const GlobalPooling2DOptions& options);

 protected:
  /// The two spatial axes, after the rank has been checked.
  Axes spatial_axes(const Tensor& input) const;
};

class GlobalMaxPooling2DBody : public GlobalPooling2DBody {
 public:
  static constexpr const char* kName = "GlobalMaxPooling2D";
  using GlobalPooling2DBody::GlobalPooling2DBody;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

class GlobalAveragePooling2DBody : public GlobalPooling2DBody {
 public:
  static constexpr const char* kName = "GlobalAveragePooling2D";
  using GlobalPooling2DBody::GlobalPooling2DBody;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

namespace layers {
using MaxPooling2D = LayerOf<MaxPooling2DBody>;
using MaxPool2D = MaxPooling2D;
using AveragePooling2D = LayerOf<AveragePooling2DBody>;
using AvgPool2D = AveragePooling2D;
using GlobalMaxPooling2D = LayerOf<GlobalMaxPooling2DBody>;
using GlobalMaxPool2D = GlobalMaxPooling2D;
using GlobalAveragePooling2D = LayerOf<GlobalAveragePooling2DBody>;
using GlobalAvgPool2D = GlobalAveragePooling2D;
}  // namespace layers

}  // namespace runnel::inline v0::keras
