// Flatten, Reshape, Permute, RepeatVector.
#pragma once

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

struct FlattenOptions {
  std::string data_format{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("data_format", s.data_format);
    base_fields(s, v);
  }
};

/// (batch, ...) -> (batch, all the rest)
class FlattenBody : public LayerWith<FlattenOptions> {
 public:
  static constexpr const char* kName = "Flatten";
  explicit FlattenBody(const FlattenOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct ReshapeOptions {
  Tuple target_shape{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("target_shape", s.target_shape);
    base_fields(s, v);
  }
};

/// (batch, ...) -> (batch, *target_shape), where one size may be -1.
class ReshapeBody : public LayerWith<ReshapeOptions> {
 public:
  static constexpr const char* kName = "Reshape";
  explicit ReshapeBody(const ReshapeOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct PermuteOptions {
  Tuple dims{};  ///< The order of the axes after the batch axis, counted from 1.
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("dims", s.dims);
    base_fields(s, v);
  }
};

/// Reorders the axes of each example.
class PermuteBody : public LayerWith<PermuteOptions> {
 public:
  static constexpr const char* kName = "Permute";
  explicit PermuteBody(const PermuteOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct RepeatVectorOptions {
  Int n{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("n", s.n);
    base_fields(s, v);
  }
};

/// (batch, features) -> (batch, n, features)
class RepeatVectorBody : public LayerWith<RepeatVectorOptions> {
 public:
  static constexpr const char* kName = "RepeatVector";
  explicit RepeatVectorBody(const RepeatVectorOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

namespace layers {
using Permute = LayerOf<PermuteBody>;
using RepeatVector = LayerOf<RepeatVectorBody>;
using Flatten = LayerOf<FlattenBody>;
using Reshape = LayerOf<ReshapeBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
