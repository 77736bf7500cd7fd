// Batch renormalization: Ioffe, "Batch renormalization: towards reducing minibatch dependence in batch-normalized models", 2017.
#include <cmath>

#include "runnel/keras/layers/normalization.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

Config to_config(const RenormClipping& clipping) {
  Config out = Config::dict();
  if (clipping.rmax) out.set("rmax", *clipping.rmax);
  if (clipping.rmin) out.set("rmin", *clipping.rmin);
  if (clipping.dmax) out.set("dmax", *clipping.dmax);
  return out;
}

void from_config(const Config& c, RenormClipping& out) {
  for (const auto& [name, value] : c.as_dict()) {
    std::optional<double>* place = name == "rmax" ? &out.rmax : name == "rmin" ? &out.rmin : name == "dmax" ? &out.dmax : nullptr;
    if (!place)
      fail<ValueError>("", cat("Received invalid keys for `renorm_clipping` argument: ", c.to_json(), ". Supported values: ['rmax', 'rmin', 'dmax']."));
    from_config(value, *place);
  }
}

BatchNormalizationBody::BatchNormalizationBody(const BatchNormalizationOptions& options) : LayerWith(options) {
  if (!options.renorm) return;
  const RenormClipping clipping = options.renorm_clipping.value_or(RenormClipping());
  options_.renorm_clipping = clipping;
  if (clipping.rmax && clipping.rmin && *clipping.rmax < *clipping.rmin)
    fail<ValueError>("", "rmax should be greater than rmin in the `renorm_clipping` argument.", {.got = cat("rmax=", *clipping.rmax, ", rmin=", *clipping.rmin)});
  if (clipping.dmax && *clipping.dmax < 0)
    fail<ValueError>("", "dmax should be non-negative in the `renorm_clipping` argument.", {.got = cat("dmax=", *clipping.dmax)});
}

// A moving deviation starts as the root of how a moving variance starts.
void BatchNormalizationBody::build_renorm(int64_t size) {
  auto add = [&](const char* name, const Initializer& initializer) {
    return add_weight({.name = name, .shape = {size}, .initializer = initializer, .trainable = false});
  };
  auto add_deviation = [&](const char* name) {
    Variable deviation = add(name, options_.moving_variance_initializer);
    deviation.assign(sqrt(deviation.value()));
    return deviation;
  };
  moving_stddev_ = add_deviation("moving_stddev");
  renorm_mean_ = add("renorm_mean", options_.moving_mean_initializer);
  renorm_stddev_ = add_deviation("renorm_stddev");
}

void BatchNormalizationBody::update_renorm(const Tensor& mean, const Tensor& deviation) const {
  update(renorm_mean_, mean, options_.renorm_momentum);
  update(renorm_stddev_, deviation, options_.renorm_momentum);
  update(moving_mean_, mean, options_.momentum);
  update(moving_stddev_, deviation, options_.momentum);
  moving_variance_.assign(nn::relu(square(moving_stddev_.value()) - options_.epsilon));
}

// With the batch's statistics, corrected by r and d towards those averages; gradients see both as constants.
Tensor BatchNormalizationBody::renormalized(const Tensor& x, const Statistics& now) const {
  const RenormClipping& clipping = *options_.renorm_clipping;
  Tensor deviation = sqrt(now.variance + options_.epsilon);
  Tensor mean = cast(renorm_mean_.value(), x.dtype()), usual = maximum(cast(renorm_stddev_.value(), x.dtype()), std::sqrt(options_.epsilon));
  Tensor r = deviation / usual, d = (now.mean - mean) / usual;
  if (clipping.rmin) r = maximum(r, *clipping.rmin);
  if (clipping.rmax) r = minimum(r, *clipping.rmax);
  if (clipping.dmax) d = clip_by_value(d, -*clipping.dmax, *clipping.dmax);
  Tensor scale = stop_gradient(r), offset = stop_gradient(d);
  if (gamma_) {
    Tensor gamma = cast(gamma_.value(), x.dtype());
    scale = scale * gamma;
    offset = offset * gamma;
  }
  if (beta_) offset = offset + cast(beta_.value(), x.dtype());
  update_renorm(now.mean, deviation);
  return normalized(x, now, scale, offset);
}

}  // namespace runnel::inline v0::keras
