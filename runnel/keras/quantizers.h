// keras.quantizers: Quantizer, AbsMaxQuantizer, and the configs that quantize() takes. Functions: keras/ops/quantizers.h.
#pragma once

#include <functional>

#include "runnel/keras/layers/base_fields.h"
#include "runnel/keras/ops/quantizers.h"
#include "runnel/keras/overrides.h"

namespace runnel::inline v0::keras {

template <class Body>
class OverridableQuantizer;

/// Brings a tensor to few bits: (values, scale).
class QuantizerBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableQuantizer<Body>;
  static constexpr const char* kKind = "quantizers";
  std::string module() const override { return "keras.quantizers"; }
  /// The scale has size 1 along the axes; unset: those that the quantizer was made with, or the last.
  virtual Results call(const Tensor& x, const Axes& axis) = 0;
  virtual std::string output_dtype() const { return "int8"; }
};
using Quantizer = Handle<QuantizerBody>;

/// A quantizer of which a subclass is written in another language.
template <class Body>
class OverridableQuantizer : public Overridable<Body> {
 public:
  enum { kCall, kGetConfig };
  static constexpr const char* kMethods[] = {"__call__", "get_config"};
  using Overridable<Body>::Overridable;
  Results call(const Tensor& x, const Axes& axis) override {
    if (!this->overridden(kCall)) return Body::call(x, axis);
    return {std::get<Nest>(this->ask("__call__", {x}, Wanted::kNest).held()).flatten()};
  }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};

struct QuantizerBaseOptions {
  std::string output_dtype = "int8";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("output_dtype", s.output_dtype);
  }
};
/// What a subclass in another language is derived from.
struct QuantizerBaseBody : BodyWith<QuantizerBody, QuantizerBaseOptions> {
  static constexpr const char* kName = "Quantizer";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Results call(const Tensor& x, const Axes& axis) override { return {{x}}; }
  Config get_config() const override;
  std::string output_dtype() const override { return options_.output_dtype; }
};

struct AbsMaxQuantizerOptions {
  Tuple axis{};  ///< Along which numbers share a scale; unset: the last one.
  std::vector<int64_t> value_range{-127, 127};
  double epsilon = 1e-7;
  std::string output_dtype = "int8";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("axis", s.axis);
    v("value_range", s.value_range);
    v("epsilon", s.epsilon);
    v("output_dtype", s.output_dtype);
  }
};
/// The largest magnitude becomes the end of `value_range`: abs_max_quantize().
struct AbsMaxQuantizerBody : BodyWith<QuantizerBody, AbsMaxQuantizerOptions> {
  static constexpr const char* kName = "AbsMaxQuantizer";
  explicit AbsMaxQuantizerBody(const AbsMaxQuantizerOptions& options);
  std::string class_name() const override { return kName; }
  Results call(const Tensor& x, const Axes& axis) override;
  Config get_config() const override;
  std::string output_dtype() const override { return options_.output_dtype; }
};

/// A quantizer of activations: the usual one ("default"), one's own, or none.
struct ActivationQuantizer {
  bool usual = false;
  Quantizer quantizer{};
};
Config to_config(const ActivationQuantizer& value);
Config live(const ActivationQuantizer& value);
void from_config(const Config& c, ActivationQuantizer& out);

/// How a layer is quantized.
class QuantizationConfigBody : public KerasObject {
 public:
  static constexpr const char* kKind = "quantizers";
  std::string module() const override { return "keras.quantizers"; }
  virtual std::string mode() const = 0;             ///< "int8", "int4", "float8".
  virtual Quantizer weight_quantizer() const { return {}; }
  virtual Quantizer activation_quantizer() const { return {}; }
  /// Numbers of 4 bits that share a scale; -1: all of a column.
  virtual int64_t block_size() const { return -1; }
};
using QuantizationConfig = Handle<QuantizationConfigBody>;

struct QuantizationConfigOptions {
  Quantizer weight_quantizer{};
  ActivationQuantizer activation_quantizer{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("weight_quantizer", s.weight_quantizer);
    v("activation_quantizer", s.activation_quantizer);
  }
};
template <class Options>
struct QuantizationConfigWith : BodyWith<QuantizationConfigBody, Options> {
  using BodyWith<QuantizationConfigBody, Options>::BodyWith;
  Quantizer weight_quantizer() const override { return this->options_.weight_quantizer; }
  Quantizer activation_quantizer() const override { return this->options_.activation_quantizer.quantizer; }
};
/// The base; its mode() is a NotImplementedError.
struct QuantizationConfigBaseBody : QuantizationConfigWith<QuantizationConfigOptions> {
  static constexpr const char* kName = "QuantizationConfig";
  using QuantizationConfigWith::QuantizationConfigWith;
  std::string class_name() const override { return kName; }
  std::string mode() const override;
};

struct Int8QuantizationConfigOptions {
  Quantizer weight_quantizer{};
  ActivationQuantizer activation_quantizer{.usual = true};  ///< Usually AbsMaxQuantizer along the axes that are summed.
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("weight_quantizer", s.weight_quantizer);
    v("activation_quantizer", s.activation_quantizer);
  }
};
/// Weights, and usually activations, in 8 bits.
struct Int8QuantizationConfigBody : QuantizationConfigWith<Int8QuantizationConfigOptions> {
  static constexpr const char* kName = "Int8QuantizationConfig";
  explicit Int8QuantizationConfigBody(const Int8QuantizationConfigOptions& options);
  std::string class_name() const override { return kName; }
  std::string mode() const override { return "int8"; }
};

struct Int4QuantizationConfigOptions {
  Quantizer weight_quantizer{};
  ActivationQuantizer activation_quantizer{.usual = true};  ///< Usually none: weights alone are quantized.
  std::optional<Int> block_size = 128;                      ///< Numbers that share a scale and a zero point; unset or -1: whole columns.
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("weight_quantizer", s.weight_quantizer);
    v("activation_quantizer", s.activation_quantizer);
    v("block_size", s.block_size);
  }
};
/// Weights in 4 bits. ValueError for quantizers of one's own beside blocks.
struct Int4QuantizationConfigBody : QuantizationConfigWith<Int4QuantizationConfigOptions> {
  static constexpr const char* kName = "Int4QuantizationConfig";
  explicit Int4QuantizationConfigBody(const Int4QuantizationConfigOptions& options);
  std::string class_name() const override { return kName; }
  std::string mode() const override { return "int4"; }
  int64_t block_size() const override { return options_.block_size.value_or(-1); }
};

struct Float8QuantizationConfigOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// Training with products in float8; weights stay floats.
struct Float8QuantizationConfigBody : BodyWith<QuantizationConfigBody, Float8QuantizationConfigOptions> {
  static constexpr const char* kName = "Float8QuantizationConfig";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  std::string mode() const override { return "float8"; }
};

namespace quantizers {
using AbsMaxQuantizer = ObjectOf<AbsMaxQuantizerBody>;
using Int8QuantizationConfig = ObjectOf<Int8QuantizationConfigBody>;
using Int4QuantizationConfig = ObjectOf<Int4QuantizationConfigBody>;
using Float8QuantizationConfig = ObjectOf<Float8QuantizationConfigBody>;
}  // namespace quantizers

class LayerBody;
class Layer;
struct QuantizeOptions {
  std::string mode{};                       ///< "int8", "int4", "float8"; unset: that of `config`.
  QuantizationConfig config{};              ///< Unset: the usual one of `mode`.
  bool type_check = true;                   ///< Refuses layers whose class is derived from a quantizable one.
  std::vector<std::string> filters{};       ///< Of a model: patterns (base/pattern.h), one of which a layer's name must contain; none: all layers.
  std::function<bool(const Layer&)> filter{};  ///< The same as a function.
};
/// The config that is meant. ValueError where mode and config contradict each other, or neither is given.
QuantizationConfig resolved_config(const std::string& mode, const QuantizationConfig& config);
/// Keeps the layer's weight in few bits, or multiplies in float8. NotImplementedError for a layer that cannot; ValueError for one that is not built, or is quantized.
void quantize_layer(LayerBody& layer, const QuantizeOptions& options);

}  // namespace runnel::inline v0::keras
