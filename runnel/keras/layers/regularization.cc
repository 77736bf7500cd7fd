#include "runnel/keras/layers/regularization.h"

#include <cmath>

#include "runnel/keras/dropped.h"
#include "runnel/keras/seed_states.h"
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

void check_rate(double rate) {
  if (!(rate >= 0 && rate <= 1))
    fail<ValueError>("", cat("Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate=", rate));
}

Ints shape_of(const Tensor& input) { return noise_shape_of(input, ShapeOption()); }

}  // namespace

DropoutBody::DropoutBody(const DropoutOptions& options) : LayerWith(options) {
  check_rate(options.rate);
  if (options.rate > 0) seed_generator_ = tracked_seeds(*this, options.seed);
}

Tensor DropoutBody::call(const Tensor& input, const CallArgs& args) {
  if (!args.training.value_or(false) || options_.rate == 0) return input;
  return dropped(input, options_.rate, seed_generator_->next(), noise_shape_of(input, options_.noise_shape));
}

template <int Rank>
SpatialDropoutBody<Rank>::SpatialDropoutBody(const SpatialDropoutOptions<Rank>& options) : LayerWith<SpatialDropoutOptions<Rank>>(options) {
  check_rate(options.rate);
  this->options_.data_format = checked_data_format(options.data_format);
  if (options.rate > 0) seed_generator_ = tracked_seeds(*this, options.seed);
}

template <int Rank>
Tensor SpatialDropoutBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), Rank + 2);
  if (!args.training.value_or(false) || this->options_.rate == 0) return input;
  PartialShape noise = PartialShape::unknown_dims(Rank + 2);
  for (int i = 0; i < Rank; ++i) noise.set_dim((channels_first(this->options_.data_format) ? 2 : 1) + i, 1);
  return dropped(input, this->options_.rate, seed_generator_->next(), noise_shape_of(input, noise));
}

GaussianDropoutBody::GaussianDropoutBody(const GaussianDropoutOptions& options) : LayerWith(options) {
  check_rate(options.rate);
  if (options.rate > 0) seed_generator_ = tracked_seeds(*this, options.seed);
}

Tensor GaussianDropoutBody::call(const Tensor& input, const CallArgs& args) {
  if (!args.training.value_or(false) || options_.rate == 0) return input;
  double stddev = std::sqrt(options_.rate / (1 - options_.rate));
  return input * draw_normal(shape_of(input), 1, stddev, compute_dtype(), seed_generator_->next());
}

GaussianNoiseBody::GaussianNoiseBody(const GaussianNoiseOptions& options) : LayerWith(options) {
  if (options.stddev < 0)
    fail<ValueError>("", cat("Invalid value received for argument `stddev`. Expected a float value between 0 and 1. Received: stddev=", options.stddev));
  if (options.stddev > 0) seed_generator_ = tracked_seeds(*this, options.seed);
}

Tensor GaussianNoiseBody::call(const Tensor& input, const CallArgs& args) {
  if (!args.training.value_or(false) || options_.stddev == 0) return input;
  return input + draw_normal(shape_of(input), 0, options_.stddev, compute_dtype(), seed_generator_->next());
}

AlphaDropoutBody::AlphaDropoutBody(const AlphaDropoutOptions& options) : LayerWith(options) {
  check_rate(options.rate);
  if (options.rate > 0) seed_generator_ = tracked_seeds(*this, options.seed);
}

// Dropped elements take selu's lowest value; a and b restore mean 0 and variance 1.
Tensor AlphaDropoutBody::call(const Tensor& input, const CallArgs& args) {
  double rate = options_.rate;
  if (!args.training.value_or(false) || rate == 0) return input;
  if (rate == 1) return zeros_like(input);
  constexpr double kAlpha = 1.6732632423543772848170429916717, kScale = 1.0507009873554804934193349852946;
  constexpr double kLowest = -kAlpha * kScale;
  double a = 1 / std::sqrt((1 - rate) * (1 + rate * kLowest * kLowest)), b = -a * kLowest * rate;
  Tensor noise = draw_uniform(noise_shape_of(input, options_.noise_shape), 0, 1, compute_dtype(), seed_generator_->next());
  Tensor kept = cast(greater_equal(noise, rate), input.dtype());
  return a * (input * kept + kLowest * (1.0 - kept)) + b;
}

ActivityRegularizationBody::ActivityRegularizationBody(const ActivityRegularizationOptions& options) : LayerWith(options) {
  set_activity_regularizer(regularizers::L1L2({.l1 = options.l1, .l2 = options.l2}));
}

template class SpatialDropoutBody<1>;
template class SpatialDropoutBody<2>;
template class SpatialDropoutBody<3>;
RUNNEL_KERAS_CLASS(layers, Dropout, DropoutBody)
RUNNEL_KERAS_CLASS(layers, SpatialDropout1D, SpatialDropout1DBody)
RUNNEL_KERAS_CLASS(layers, SpatialDropout2D, SpatialDropout2DBody)
RUNNEL_KERAS_CLASS(layers, SpatialDropout3D, SpatialDropout3DBody)
RUNNEL_KERAS_CLASS(layers, GaussianDropout, GaussianDropoutBody)
RUNNEL_KERAS_CLASS(layers, GaussianNoise, GaussianNoiseBody)
RUNNEL_KERAS_CLASS(layers, AlphaDropout, AlphaDropoutBody)
RUNNEL_KERAS_CLASS(layers, ActivityRegularization, ActivityRegularizationBody)

}  // namespace runnel::inline v0::keras
