#include "runnel/keras/layers/regularization.h"

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

// The shape of the random numbers: the input's, with some sizes replaced.
Ints noise_shape_of(const Tensor& input, const ShapeOption& wanted) {
  PartialShape shape = input.partial_shape();
  if (!wanted.is_set()) return shape.is_fully_known() ? Ints(shape.dims()) : Ints(runnel::shape(input));
  if (wanted.shape().is_fully_known()) return wanted.shape().dims();
  std::vector<Tensor> sizes = unstack(runnel::shape(input), wanted.shape().rank());
  for (int i = 0; i < wanted.shape().rank(); ++i)
    if (wanted.shape()[i] >= 0) sizes[size_t(i)] = Tensor::scalar(int32_t(wanted.shape()[i]));
  return stack(sizes);
}

}  // namespace

DropoutBody::DropoutBody(const DropoutOptions& options) : LayerWith(options) {
  if (!(options.rate >= 0 && options.rate <= 1))
    fail<ValueError>("", cat("Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate=", options.rate));
  if (options.rate > 0) seed_generator_.emplace(options.seed);
}

Tensor DropoutBody::call(const Tensor& input, const CallArgs& args) {
  if (!args.training.value_or(false) || options_.rate == 0) return input;
  if (options_.rate == 1) return zeros_like(input);
  Tensor noise = draw_uniform(noise_shape_of(input, options_.noise_shape), 0, 1, input.dtype(), seed_generator_->next());
  return where(noise >= options_.rate, input * (1 / (1 - options_.rate)), zeros_like(input));
}

RUNNEL_KERAS_CLASS(layers, Dropout, DropoutBody)

}  // namespace runnel::inline v0::keras
