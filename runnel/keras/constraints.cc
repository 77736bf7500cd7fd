#include "runnel/keras/constraints.h"

#include "runnel/keras/settings.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

Tensor norms_of(const Tensor& w, const AxesOption& axes) { return sqrt(reduce_sum(square(w), axes.values(), /*keepdims=*/true)); }
}  // namespace

Config to_config(const AxesOption& axes) {
  return axes.values().size() == 1 ? Config(axes.values()[0]) : to_config(axes.values());
}
void from_config(const Config& config, AxesOption& out) {
  if (config.is_int()) {
    out = AxesOption(config.as_int());
    return;
  }
  std::vector<int64_t> axes;
  from_config(config, axes);
  out = AxesOption(axes);
}

Tensor NonNegBody::call(const Tensor& w) { return maximum(w, 0.0); }

Tensor MaxNormBody::call(const Tensor& w) {
  Tensor norms = norms_of(w, options_.axis);
  return w * (clip_by_value(norms, 0.0, options_.max_value) / (norms + config::epsilon()));
}

Tensor UnitNormBody::call(const Tensor& w) { return w / (norms_of(w, options_.axis) + config::epsilon()); }

Tensor MinMaxNormBody::call(const Tensor& w) {
  Tensor norms = norms_of(w, options_.axis);
  Tensor clipped = clip_by_value(norms, options_.min_value, options_.max_value);
  Tensor desired = clipped * options_.rate + norms * (1 - options_.rate);
  return w * (desired / (norms + config::epsilon()));
}

Tensor ConstraintBaseBody::call(const Tensor& w) {
  fail<NotImplementedError>("", "Constraint subclasses must implement the `__call__()` method.");
}

namespace {
struct ConstraintFromFunction final : FromFunction<ConstraintBody> {
  using FromFunction::FromFunction;
  Tensor call(const Tensor& w) override { return (*function_)({w}); }
};
}  // namespace
Ref<KerasObject> ConstraintBody::from_function(const Ref<Function>& function) { return make_ref<ConstraintFromFunction>(function); }

RUNNEL_KERAS_CLASS(constraints, Constraint, ConstraintBaseBody)
RUNNEL_KERAS_CLASS(constraints, NonNeg, NonNegBody)
RUNNEL_KERAS_CLASS(constraints, MaxNorm, MaxNormBody)
RUNNEL_KERAS_CLASS(constraints, UnitNorm, UnitNormBody)
RUNNEL_KERAS_CLASS(constraints, MinMaxNorm, MinMaxNormBody)

}  // namespace runnel::inline v0::keras
