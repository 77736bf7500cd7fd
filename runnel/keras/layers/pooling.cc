#include "runnel/keras/layers/pooling.h"

#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

Pooling2DBody::Pooling2DBody(const Pooling2DOptions& options) : LayerWith(options) {
  options_.pool_size = options.pool_size.expand(2, "pool_size");
  options_.strides = options.strides.is_set() ? Tuple(options.strides.expand(2, "strides")) : options_.pool_size;
  options_.padding = checked_padding(options.padding);
  options_.data_format = checked_data_format(options.data_format);
}

Tensor MaxPooling2DBody::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), 4);
  return nn::max_pool2d(input, options_.pool_size.values(), options_.strides.values(), operator_padding(options_.padding),
                        format_2d(options_.data_format));
}

Tensor AveragePooling2DBody::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), 4);
  return nn::avg_pool2d(input, options_.pool_size.values(), options_.strides.values(), operator_padding(options_.padding),
                        format_2d(options_.data_format));
}

GlobalPooling2DBody::GlobalPooling2DBody(const GlobalPooling2DOptions& options) : LayerWith(options) {
  options_.data_format = checked_data_format(options.data_format);
}

Axes GlobalPooling2DBody::spatial_axes(const Tensor& input) const {
  check_rank(*this, input.partial_shape(), 4);
  return channels_first(options_.data_format) ? Axes{2, 3} : Axes{1, 2};
}

Tensor GlobalMaxPooling2DBody::call(const Tensor& input, const CallArgs& args) {
  return reduce_max(input, spatial_axes(input), options_.keepdims);
}

Tensor GlobalAveragePooling2DBody::call(const Tensor& input, const CallArgs& args) {
  return reduce_mean(input, spatial_axes(input), options_.keepdims);
}

RUNNEL_KERAS_CLASS(layers, MaxPooling2D, MaxPooling2DBody)
RUNNEL_KERAS_CLASS(layers, AveragePooling2D, AveragePooling2DBody)
RUNNEL_KERAS_CLASS(layers, GlobalMaxPooling2D, GlobalMaxPooling2DBody)
RUNNEL_KERAS_CLASS(layers, GlobalAveragePooling2D, GlobalAveragePooling2DBody)

}  // namespace runnel::inline v0::keras
