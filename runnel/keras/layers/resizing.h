// ZeroPadding, Cropping and UpSampling over one, two or three axes.
#pragma once

#include "runnel/keras/layers/spatial.h"

namespace runnel::inline v0::keras {

/// How much before and after each spatial axis: 1 (everywhere), {2, 3} (both sides of each axis; of a single axis: before
/// and after), {{1, 2}, {3, 4}} (before and after each).
class Pairs {
 public:
  Pairs() = default;
  template <std::integral T>
  Pairs(T value) : flat_{int64_t(value)} {}
  Pairs(std::initializer_list<int64_t> values) : flat_(values) {}
  Pairs(std::initializer_list<std::initializer_list<int64_t>> pairs) : nested_(pairs.begin(), pairs.end()) {}
  Pairs(std::vector<std::vector<int64_t>> pairs) : nested_(std::move(pairs)) {}
  /// `rank` pairs; ValueError naming `what` for another form.
  std::vector<std::vector<int64_t>> expand(int rank, const char* what) const;
  friend Config to_config(const Pairs& pairs);
  friend void from_config(const Config& config, Pairs& out);

 private:
  std::vector<int64_t> flat_;
  std::vector<std::vector<int64_t>> nested_;
};
Config to_config(const Pairs& pairs);
void from_config(const Config& config, Pairs& out);

struct ZeroPaddingOptions {
  Pairs padding = 1;
  std::string data_format{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("padding", s.padding);
    v("data_format", s.data_format);
    base_fields(s, v);
  }
};

/// Puts zeros at both ends of each spatial axis.
template <int Rank>
class ZeroPaddingBody : public LayerWith<ZeroPaddingOptions> {
 public:
  static constexpr const char* kName = Rank == 1 ? "ZeroPadding1D" : Rank == 2 ? "ZeroPadding2D" : "ZeroPadding3D";
  explicit ZeroPaddingBody(const ZeroPaddingOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

template <int Rank>
struct CroppingOptions {
  Pairs cropping = Rank == 2 ? 0 : 1;  ///< Keras's defaults differ so.
  std::string data_format{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("cropping", s.cropping);
    if constexpr (Rank > 1) v("data_format", s.data_format);
    base_fields(s, v);
  }
};

/// Cuts rows from both ends of each spatial axis.
template <int Rank>
class CroppingBody : public LayerWith<CroppingOptions<Rank>> {
 public:
  static constexpr const char* kName = Rank == 1 ? "Cropping1D" : Rank == 2 ? "Cropping2D" : "Cropping3D";
  explicit CroppingBody(const CroppingOptions<Rank>& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

template <int Rank>
struct UpSamplingOptions {
  Tuple size = 2;
  std::string data_format{};
  std::string interpolation = "nearest";  ///< Of two axes: "nearest" or "bilinear".
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("size", s.size);
    if constexpr (Rank > 1) v("data_format", s.data_format);
    if constexpr (Rank == 2) v("interpolation", s.interpolation);
    base_fields(s, v);
  }
};

/// Every element `size` times along each spatial axis, or values between them.
template <int Rank>
class UpSamplingBody : public LayerWith<UpSamplingOptions<Rank>> {
 public:
  static constexpr const char* kName = Rank == 1 ? "UpSampling1D" : Rank == 2 ? "UpSampling2D" : "UpSampling3D";
  explicit UpSamplingBody(const UpSamplingOptions<Rank>& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

using ZeroPadding1DBody = ZeroPaddingBody<1>;
using ZeroPadding2DBody = ZeroPaddingBody<2>;
using ZeroPadding3DBody = ZeroPaddingBody<3>;
using Cropping1DBody = CroppingBody<1>;
using Cropping2DBody = CroppingBody<2>;
using Cropping3DBody = CroppingBody<3>;
using UpSampling1DBody = UpSamplingBody<1>;
using UpSampling2DBody = UpSamplingBody<2>;
using UpSampling3DBody = UpSamplingBody<3>;

namespace layers {
using ZeroPadding1D = LayerOf<ZeroPadding1DBody>;
using ZeroPadding2D = LayerOf<ZeroPadding2DBody>;
using ZeroPadding3D = LayerOf<ZeroPadding3DBody>;
using Cropping1D = LayerOf<Cropping1DBody>;
using Cropping2D = LayerOf<Cropping2DBody>;
using Cropping3D = LayerOf<Cropping3DBody>;
using UpSampling1D = LayerOf<UpSampling1DBody>;
using UpSampling2D = LayerOf<UpSampling2DBody>;
using UpSampling3D = LayerOf<UpSampling3DBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
