#include "runnel/keras/layers/normalization.h"

#include <algorithm>

#include "runnel/keras/saving/hooks.h"
#include "runnel/keras/settings.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

// Statistics are taken in at least float32.
Tensor widened(const Tensor& x) { return x.dtype() == float64 || x.dtype() == float32 ? x : cast(x, float32); }
Tensor as(const Variable& weight, DType dtype) {
  Tensor value = weight.value();
  return value.dtype() == dtype ? value : cast(value, dtype);
}
Tensor narrowed(const Tensor& y, DType dtype) { return y.dtype() == dtype ? y : cast(y, dtype); }

int64_t known_size(const LayerBody& layer, const PartialShape& shape, int64_t axis) {
  if (!shape.has_rank()) fail<ValueError>("", cat("Layer \"", layer.name(), "\" needs inputs of known rank."));
  if (axis >= shape.rank() || axis < -shape.rank())
    fail<ValueError>("", cat("Axis ", axis, " is out of bounds for input shape ", to_text(shape), ". Received: axis=", axis));
  int64_t size = shape.dim(int(axis));
  if (size < 0) fail<ValueError>("", cat("Layer \"", layer.name(), "\" needs a known size along axis ", axis, ", got ", to_text(shape)));
  return size;
}

}  // namespace

void BatchNormalizationBody::build(const PartialShape& input_shape) {
  int64_t size = known_size(*this, input_shape, options_.axis);
  rank_ = input_shape.rank();
  axis_ = int(options_.axis < 0 ? options_.axis + rank_ : int64_t(options_.axis));
  const auto& o = options_;
  if (o.scale)
    gamma_ = add_weight({.name = "gamma", .shape = {size}, .initializer = o.gamma_initializer, .regularizer = o.gamma_regularizer,
                         .constraint = o.gamma_constraint});
  if (o.center)
    beta_ = add_weight({.name = "beta", .shape = {size}, .initializer = o.beta_initializer, .regularizer = o.beta_regularizer,
                        .constraint = o.beta_constraint});
  moving_mean_ = add_weight({.name = "moving_mean", .shape = {size}, .initializer = o.moving_mean_initializer, .trainable = false});
  moving_variance_ = add_weight({.name = "moving_variance", .shape = {size}, .initializer = o.moving_variance_initializer, .trainable = false});
  if (o.renorm) build_renorm(size);
}

// A vector for the axis, shaped so that it broadcasts against inputs.
Tensor BatchNormalizationBody::along_axis(const Tensor& x) const {
  if (axis_ == rank_ - 1) return x;
  std::vector<int64_t> shape(size_t(rank_), 1);
  shape[size_t(axis_)] = -1;
  return reshape(x, shape);
}

BatchNormalizationBody::Statistics BatchNormalizationBody::batch_statistics(const Tensor& x, const Tensor& mask) const {
  if (std::optional<Nest> own = hooks::computed(*this, "_moments", {x, mask ? Nest(mask) : Nest()})) return {(*own)[0].tensor(), (*own)[1].tensor()};
  std::vector<int64_t> others;
  for (int i = 0; i < rank_; ++i)
    if (i != axis_) others.push_back(i);
  if (!mask) {
    nn::Moments moments = nn::moments(x, others);
    return {moments.mean, moments.variance};
  }
  // Masked positions count neither in the sums nor in the number of elements.
  Tensor weights = broadcast_to(expand_dims(cast(mask, x.dtype()), -1), shape(x));
  Tensor total = reduce_sum(weights, others, true) + config::epsilon();
  Tensor masked = weights * x;
  Tensor mean = reduce_sum(masked, others, true) / total;
  Tensor variance = reduce_sum(weights * square(masked - mean), others, true) / total;
  return {squeeze(mean, others), squeeze(variance, others)};
}

void BatchNormalizationBody::update(const Variable& moving, const Tensor& now, double momentum) const {
  Tensor next = as(moving, now.dtype()) * momentum + now * (1 - momentum);
  moving.assign(narrowed(next, moving.dtype()));
}

// Images in float32, whose channels come first or last, have an operator of their own.
bool BatchNormalizationBody::is_fused(const Tensor& x, const Tensor& mask) const {
  return !mask && x.dtype() == float32 && (rank_ == 4 || rank_ == 5) && (axis_ == 1 || axis_ == rank_ - 1);
}

Tensor BatchNormalizationBody::fused(const Tensor& x, bool training) const {
  static const Op& op = get_op("FusedBatchNormV3");
  Shape channels = moving_mean_.shape().known();
  Tensor none(float32, {0});
  std::vector<Tensor> inputs{x, gamma_ ? as(gamma_, float32) : ones(channels), beta_ ? as(beta_, float32) : zeros(channels),
                             training ? none : as(moving_mean_, float32), training ? none : as(moving_variance_, float32)};
  const char* format = axis_ == 1 ? (rank_ == 4 ? "NCHW" : "NCDHW") : rank_ == 4 ? "NHWC" : "NDHWC";
  std::vector<Tensor> out = run_all(op, inputs, {{"epsilon", options_.epsilon}, {"is_training", training}, {"data_format", std::string(format)}});
  if (training) {
    update(moving_mean_, out[3], options_.momentum);  // the moments of the population; outputs 1 and 2 are those of a sample
    update(moving_variance_, out[4], options_.momentum);
  }
  return out[0];
}

Tensor BatchNormalizationBody::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), rank_);
  check_axis(*this, input.partial_shape(), int(options_.axis), moving_mean_.shape()[0]);
  Tensor x = widened(input);
  bool training = args.training.value_or(false) && trainable();
  const bool renorm = training && options_.renorm;
  const bool own_moments = training && hooks::overrides(*this, "_moments");
  if (!renorm && !own_moments && is_fused(x, args.mask)) return narrowed(fused(x, training), input.dtype());
  if (renorm) return narrowed(renormalized(x, batch_statistics(x, args.mask)), input.dtype());
  Statistics used;
  if (training) {
    used = batch_statistics(x, args.mask);
    update(moving_mean_, used.mean, options_.momentum);
    update(moving_variance_, used.variance, options_.momentum);
  } else {
    used = {as(moving_mean_, x.dtype()), as(moving_variance_, x.dtype())};
  }
  std::optional<Tensor> offset, scale;
  if (beta_) offset = as(beta_, x.dtype());
  if (gamma_) scale = as(gamma_, x.dtype());
  return narrowed(normalized(x, used, scale, offset), input.dtype());
}

Tensor BatchNormalizationBody::normalized(const Tensor& x, const Statistics& used, const std::optional<Tensor>& scale, const std::optional<Tensor>& offset) const {
  auto along = [&](const std::optional<Tensor>& t) { return t ? std::optional<Tensor>(along_axis(*t)) : std::nullopt; };
  return nn::batch_normalization(x, along_axis(used.mean), along_axis(used.variance), along(offset), along(scale), options_.epsilon);
}

void LayerNormalizationBody::build(const PartialShape& input_shape) {
  Dims sizes;
  for (int64_t axis : options_.axis.values()) {
    known_size(*this, input_shape, axis);
    axes_.push_back(axis < 0 ? axis + input_shape.rank() : axis);
  }
  std::sort(axes_.begin(), axes_.end());
  broadcast_shape_.assign(size_t(input_shape.rank()), 1);
  for (int64_t axis : axes_) sizes.push_back(broadcast_shape_[size_t(axis)] = input_shape[int(axis)]);
  const auto& o = options_;
  if (o.scale)
    gamma_ = add_weight({.name = "gamma", .shape = Shape(sizes), .initializer = o.gamma_initializer, .regularizer = o.gamma_regularizer,
                         .constraint = o.gamma_constraint});
  if (o.center)
    beta_ = add_weight({.name = "beta", .shape = Shape(sizes), .initializer = o.beta_initializer, .regularizer = o.beta_regularizer,
                        .constraint = o.beta_constraint});
}

Tensor LayerNormalizationBody::broadcastable(const Variable& weight, DType dtype) const {
  bool last_only = axes_.size() == 1 && axes_[0] + 1 == int64_t(broadcast_shape_.size());
  return last_only ? as(weight, dtype) : reshape(as(weight, dtype), broadcast_shape_);
}

Tensor LayerNormalizationBody::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), int(broadcast_shape_.size()));
  Tensor x = widened(input);
  nn::Moments moments = nn::moments(x, axes_, {}, /*keepdims=*/true);
  Tensor factor = rsqrt(moments.variance + options_.epsilon);
  if (gamma_) factor = factor * broadcastable(gamma_, x.dtype());
  Tensor offset = -moments.mean * factor;
  if (beta_) offset = offset + broadcastable(beta_, x.dtype());
  return narrowed(x * factor + offset, input.dtype());
}

void GroupNormalizationBody::build(const PartialShape& input_shape) {
  const auto& o = options_;
  int64_t channels = known_size(*this, input_shape, o.axis);
  rank_ = input_shape.rank();
  axis_ = int(o.axis < 0 ? o.axis + rank_ : int64_t(o.axis));
  groups_ = o.groups == -1 ? channels : int64_t(o.groups);
  if (channels < groups_)
    fail<ValueError>("", cat("Number of groups (", groups_, ") cannot be more than the number of channels (", channels, ")."));
  if (groups_ <= 0 || channels % groups_ != 0)
    fail<ValueError>("", cat("Number of groups (", groups_, ") must be a multiple of the number of channels (", channels, ")."));
  if (o.scale)
    gamma_ = add_weight({.name = "gamma", .shape = {channels}, .initializer = o.gamma_initializer, .regularizer = o.gamma_regularizer,
                         .constraint = o.gamma_constraint});
  if (o.center)
    beta_ = add_weight({.name = "beta", .shape = {channels}, .initializer = o.beta_initializer, .regularizer = o.beta_regularizer,
                        .constraint = o.beta_constraint});
}

// A weight of the channels as (groups, channels / groups) at their place among axes of size 1.
Tensor GroupNormalizationBody::along_axis(const Variable& weight, DType dtype) const {
  std::vector<int64_t> shape(size_t(rank_) + 1, 1);
  shape[size_t(axis_)] = groups_;
  shape[size_t(axis_) + 1] = -1;
  return reshape(as(weight, dtype), shape);
}

Tensor GroupNormalizationBody::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), rank_);
  Tensor x = widened(input);
  PartialShape in = x.partial_shape();
  // (batch, ..., groups, channels / groups, ...): all but the batch and the groups are averaged over.
  std::vector<Tensor> sizes = unstack(shape(x), rank_);
  sizes.insert(sizes.begin() + axis_, Tensor::scalar(int32_t(groups_)));
  sizes[size_t(axis_) + 1] = Tensor::scalar(int32_t(in.dim(axis_) / groups_));
  Tensor grouped = reshape(x, stack(sizes));
  std::vector<int64_t> axes;
  for (int i = 1; i <= rank_; ++i)
    if (i != axis_) axes.push_back(i);
  nn::Moments moments = nn::moments(grouped, axes, {}, /*keepdims=*/true);
  Tensor factor = rsqrt(moments.variance + options_.epsilon);
  if (gamma_) factor = factor * along_axis(gamma_, x.dtype());
  Tensor offset = -moments.mean * factor;
  if (beta_) offset = offset + along_axis(beta_, x.dtype());
  Tensor y = reshape(grouped * factor + offset, shape(x));
  return narrowed(ensure_shape(y, in), input.dtype());
}

Tensor UnitNormalizationBody::call(const Tensor& input, const CallArgs& args) {
  return nn::l2_normalize(input, options_.axis.values(), 1e-12);
}

void RMSNormalizationBody::build(const PartialShape& input_shape) {
  Dims sizes;
  for (int64_t axis : options_.axis.values()) sizes.push_back(known_size(*this, input_shape, axis));
  scale_ = add_weight({.name = "scale", .shape = Shape(sizes), .initializer = "ones"});
}

Tensor RMSNormalizationBody::call(const Tensor& input, const CallArgs& args) {
  Tensor x = widened(input);
  Tensor y = x * rsqrt(reduce_mean(square(x), options_.axis.values(), true) + options_.epsilon);
  std::vector<int64_t> along(size_t(x.partial_shape().rank()), 1);
  for (int64_t axis : options_.axis.values()) {
    size_t at = size_t(axis < 0 ? axis + int64_t(along.size()) : axis);
    along[at] = x.partial_shape()[int(at)];
  }
  return narrowed(y * reshape(as(scale_, x.dtype()), along), input.dtype());
}

RUNNEL_KERAS_CLASS(layers, GroupNormalization, GroupNormalizationBody)
RUNNEL_KERAS_CLASS(layers, UnitNormalization, UnitNormalizationBody)
RUNNEL_KERAS_CLASS(layers, RMSNormalization, RMSNormalizationBody)
RUNNEL_KERAS_CLASS(layers, BatchNormalization, BatchNormalizationBody)
RUNNEL_KERAS_CLASS(layers, LayerNormalization, LayerNormalizationBody)

}  // namespace runnel::inline v0::keras
