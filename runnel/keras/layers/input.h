// InputLayer: where a functional graph begins.
#pragma once

#include <optional>

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

struct InputLayerOptions {
  ShapeOption shape{};  ///< Without the batch axis.
  std::optional<int64_t> batch_size{};
  DTypePolicy dtype{};
  bool sparse = false, ragged = false;
  ShapeOption batch_shape{};  ///< With the batch axis; in place of shape and batch_size.
  Unsupported input_tensor{};  ///< Of Python's signature; Input(tensor=...) takes it.
  bool optional = false;
  std::string name{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("shape", s.shape);
    v("batch_size", s.batch_size);
    v("dtype", s.dtype);
    v("sparse", s.sparse);
    v("ragged", s.ragged);
    v("batch_shape", s.batch_shape);
    v("input_tensor", s.input_tensor);
    v("optional", s.optional);
    v("name", s.name);
    if constexpr (!std::is_const_v<S>) {  // as Keras 2 called them
      v("input_shape", s.shape);
      v("batch_input_shape", s.batch_shape);
    }
  }
};

/// Where data enter a model: a shape without the batch, and a dtype.
class InputLayerBody : public BodyWith<LayerBody, InputLayerOptions> {
 public:
  static constexpr const char* kName = "InputLayer";
  /// ValueError without a shape, and for sparse or ragged inputs.
  explicit InputLayerBody(const InputLayerOptions& options);
  std::string class_name() const override { return kName; }
  using LayerBody::call;
  Nest call(const Nest& inputs, const CallArgs&) override { return inputs; }
  Config get_config() const override;
  /// With the batch axis.
  const PartialShape& batch_shape() const { return batch_shape_; }
  /// A Keras tensor that begins a graph.
  Tensor make_tensor();

 private:
  PartialShape batch_shape_;
};

namespace layers {
using InputLayer = LayerOf<InputLayerBody>;
}  // namespace layers

struct InputOptions {
  int64_t batch_size = -1;  ///< -1: any.
};
/// A Keras tensor to begin a functional model with; `shape` is without the batch axis.
Tensor Input(const ShapeOption& shape, DType dtype = float32, const std::string& name = "", const InputOptions& options = {});

}  // namespace runnel::inline v0::keras
