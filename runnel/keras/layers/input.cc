#include "runnel/keras/layers/input.h"

#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0::keras {

InputLayerBody::InputLayerBody(const InputLayerOptions& options) : BodyWith(options) {
  if (options.batch_shape.is_set()) batch_shape_ = options.batch_shape.shape();
  else if (options.shape.is_set()) batch_shape_ = PartialShape({options.batch_size.value_or(-1)}).concatenate(options.shape.shape());
  else fail<ValueError>("Input", "You must pass a `shape` argument.");
  if (options.sparse || options.ragged) fail<NotImplementedError>("Input", "sparse and ragged inputs are not supported");
  set_base(options.name, true, options.dtype);
  set_built(true);
}

Config InputLayerBody::get_config() const {
  return Config::Dict{{"batch_shape", to_config(ShapeOption(batch_shape_))},
                      {"dtype", dtype_policy().name()},
                      {"sparse", false},
                      {"ragged", false},
                      {"name", name()},
                      {"optional", options_.optional}};
}

Tensor InputLayerBody::make_tensor() {
  auto tracer = make_ref<ShapeTracer>();
  auto node = KerasNode::make(Ref<LayerBody>(this));
  Tensor made = node->make_outputs(tracer->placeholder(variable_dtype(), batch_shape_)).tensor();
  if (!options_.name.empty()) node->set_output_name(0, options_.name);
  return made;
}

Tensor Input(const ShapeOption& shape, DType dtype, const std::string& name, const InputOptions& options) {
  InputLayerOptions layer{.shape = shape, .dtype = dtype, .name = name};
  if (options.batch_size >= 0) layer.batch_size = options.batch_size;
  return layers::InputLayer(layer).body()->make_tensor();
}

RUNNEL_KERAS_CLASS(layers, InputLayer, InputLayerBody)

}  // namespace runnel::inline v0::keras
