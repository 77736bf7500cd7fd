// Layers around a layer: Wrapper, TimeDistributed, Bidirectional, SpectralNormalization.
#pragma once

#include "runnel/keras/layers/rnn.h"

namespace runnel::inline v0::keras {

struct WrapperOptions {
  Layer layer{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("layer", s.layer);
    base_fields(s, v);
  }
};

/// What wrappers of one's own are derived from: builds `layer` with its own inputs.
class WrapperBody : public LayerWith<WrapperOptions> {
 public:
  static constexpr const char* kName = "Wrapper";
  explicit WrapperBody(const WrapperOptions& options);
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  const Layer& layer() const { return options_.layer; }
};

struct SpectralNormalizationOptions {
  Layer layer{};
  Int power_iterations = 1;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("layer", s.layer);
    v("power_iterations", s.power_iterations);
    base_fields(s, v);
  }
};

/// Divides the kernel (or embeddings) of a layer by its largest singular value at every training call.
/// Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
class SpectralNormalizationBody : public LayerWith<SpectralNormalizationOptions> {
 public:
  static constexpr const char* kName = "SpectralNormalization";
  explicit SpectralNormalizationBody(const SpectralNormalizationOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
  const Layer& layer() const { return options_.layer; }

 private:
  void normalize_kernel();

  Variable kernel_, vector_u_;
};

using TimeDistributedOptions = WrapperOptions;

/// The layer for each time step alone: (batch, time, ...).
class TimeDistributedBody : public WrapperBody {
 public:
  static constexpr const char* kName = "TimeDistributed";
  explicit TimeDistributedBody(const TimeDistributedOptions& options);
  std::string class_name() const override { return kName; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;
};

struct BidirectionalOptions {
  Layer layer{};
  std::optional<std::string> merge_mode = "concat";  ///< "concat", "sum", "mul", "ave", or none: both outputs, as a list.
  Ignored weights{};       ///< Of Python's signature, where every layer takes it by name.
  Layer backward_layer{};  ///< Default: like `layer`, in the other direction.
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("layer", s.layer);
    v("merge_mode", s.merge_mode);
    v("weights", s.weights);
    v("backward_layer", s.backward_layer);
    base_fields(s, v);
  }
};

/// A recurrent layer forwards and one backwards over the same sequence. Schuster and Paliwal, 1997.
class BidirectionalBody : public LayerWith<BidirectionalOptions> {
 public:
  static constexpr const char* kName = "Bidirectional";
  explicit BidirectionalBody(const BidirectionalOptions& options);
  std::string class_name() const override { return kName; }
  Config get_config() const override;
  /// Also what both directions have alike: return_sequences, return_state, stateful.
  std::optional<Config> argument(std::string_view name) const override;
  void constructed() override;
  void build(const std::vector<PartialShape>& input_shapes) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override { return {"initial_state", "mask", "training"}; }
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override { return forward_->recurrence().return_sequences ? mask : Tensor(); }
  const Ref<RecurrentBody>& forward_layer() const { return forward_; }
  const Ref<RecurrentBody>& backward_layer() const { return backward_; }
  void visit_owned(OwnedVisitor& visitor) const override {
    LayerWith::visit_owned(visitor);
    visitor.owned(forward_.get());
    visitor.owned(backward_.get());
  }

 private:
  Ref<RecurrentBody> forward_, backward_;
};

namespace layers {
using Wrapper = LayerOf<WrapperBody>;
using SpectralNormalization = LayerOf<SpectralNormalizationBody>;
using TimeDistributed = LayerOf<TimeDistributedBody>;
using Bidirectional = LayerOf<BidirectionalBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
