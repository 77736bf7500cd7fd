#include "runnel/keras/optimizers/schedules.h"

#include <numbers>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace optimizers::schedules {

Config to_config(const std::vector<Number>& values) {
  Config out = Config::list();
  for (const Number& value : values) out.push_back(to_config(value));
  return out;
}
void from_config(const Config& c, std::vector<Number>& out) {
  out.clear();
  for (const Config& item : c.as_list()) from_config(item, out.emplace_back());
}

namespace {

// Where a tensor stands beside a number.
double of(const Number& number) { return number; }

void check_steps(const char* what, double steps) {
  if (!(steps > 0)) fail<ValueError>("", cat("Argument `", what, "` must be > 0. Received: ", what, "=", steps));
}

}  // namespace

#define RUNNEL_CHECKS_STEPS(NAME, FIELD) \
  NAME##Body::NAME##Body(const NAME##Options& options) : BodyWith(options) { check_steps(#FIELD, options.FIELD); }
RUNNEL_CHECKS_STEPS(ExponentialDecay, decay_steps)
RUNNEL_CHECKS_STEPS(InverseTimeDecay, decay_steps)
RUNNEL_CHECKS_STEPS(PolynomialDecay, decay_steps)
RUNNEL_CHECKS_STEPS(CosineDecay, decay_steps)
RUNNEL_CHECKS_STEPS(CosineDecayRestarts, first_decay_steps)
#undef RUNNEL_CHECKS_STEPS

PiecewiseConstantDecayBody::PiecewiseConstantDecayBody(const PiecewiseConstantDecayOptions& o) : BodyWith(o) {
  if (o.boundaries.size() + 1 != o.values.size())
    fail<ValueError>("", cat("The length of boundaries should be 1 less than the length of values. Received: boundaries=", to_config(o.boundaries).to_json(),
                             " of length ", o.boundaries.size(), ", and values=", to_config(o.values).to_json(), " of length ", o.values.size(), "."));
}

Tensor ExponentialDecayBody::call(const Tensor& step) {
  Tensor p = cast(step, float32) / of(options_.decay_steps);
  return of(options_.initial_learning_rate) * pow(of(options_.decay_rate), options_.staircase ? floor(p) : p);
}

Tensor InverseTimeDecayBody::call(const Tensor& step) {
  Tensor p = cast(step, float32) / of(options_.decay_steps);
  return of(options_.initial_learning_rate) / (1.0 + of(options_.decay_rate) * (options_.staircase ? floor(p) : p));
}

Tensor PiecewiseConstantDecayBody::call(const Tensor& step) {
  Tensor rate = Tensor::scalar(float(of(options_.values.back())));
  for (size_t i = options_.boundaries.size(); i-- > 0;)
    rate = where(less_equal(step, cast(Tensor::scalar(of(options_.boundaries[i])), step.dtype())), of(options_.values[i]), rate);
  return rate;
}

Tensor PolynomialDecayBody::call(const Tensor& step) {
  Tensor now = cast(step, float32), steps = Operand(of(options_.decay_steps)).tensor(float32);
  if (options_.cycle) steps = steps * where(equal(now, 0.0), 1.0, ceil(now / of(options_.decay_steps)));
  else now = minimum(now, steps);
  Tensor left = pow(1.0 - now / steps, of(options_.power));
  return (of(options_.initial_learning_rate) - of(options_.end_learning_rate)) * left + of(options_.end_learning_rate);
}

namespace {
/// From 1 down to 0 while `fraction` goes from 0 to 1.
Tensor half_cosine(const Tensor& fraction) { return 0.5 * (1.0 + cos(std::numbers::pi * fraction)); }
}  // namespace

Tensor CosineDecayBody::call(const Tensor& step) {
  const CosineDecayOptions& o = options_;
  Tensor now = cast(step, float32);
  auto decayed = [&](const Tensor& at, double from) {
    return from * ((1 - of(o.alpha)) * half_cosine(minimum(at, of(o.decay_steps)) / of(o.decay_steps)) + of(o.alpha));
  };
  if (!o.warmup_target) return decayed(now, of(o.initial_learning_rate));
  Tensor warming = (of(*o.warmup_target) - of(o.initial_learning_rate)) * (now / of(o.warmup_steps)) + of(o.initial_learning_rate);
  return where(now < of(o.warmup_steps), warming, decayed(now - of(o.warmup_steps), of(*o.warmup_target)));
}

Tensor CosineDecayRestartsBody::call(const Tensor& step) {
  const CosineDecayRestartsOptions& o = options_;
  Tensor fraction = cast(step, float32) / of(o.first_decay_steps), restarts;
  if (of(o.t_mul) == 1) {
    restarts = floor(fraction);
    fraction = fraction - restarts;
  } else {
    Tensor t_mul = Operand(of(o.t_mul)).tensor(float32);
    restarts = floor(log(1.0 - fraction * (1.0 - t_mul)) / log(t_mul));
    Tensor length = pow(t_mul, restarts);
    fraction = (fraction - (1.0 - length) / (1.0 - t_mul)) / length;
  }
  Tensor height = pow(of(o.m_mul), restarts) * half_cosine(fraction);
  return of(o.initial_learning_rate) * ((1 - of(o.alpha)) * height + of(o.alpha));
}

}  // namespace optimizers::schedules

RUNNEL_KERAS_CLASS(schedules, ExponentialDecay, optimizers::schedules::ExponentialDecayBody)
RUNNEL_KERAS_CLASS(schedules, InverseTimeDecay, optimizers::schedules::InverseTimeDecayBody)
RUNNEL_KERAS_CLASS(schedules, PiecewiseConstantDecay, optimizers::schedules::PiecewiseConstantDecayBody)
RUNNEL_KERAS_CLASS(schedules, PolynomialDecay, optimizers::schedules::PolynomialDecayBody)
RUNNEL_KERAS_CLASS(schedules, CosineDecay, optimizers::schedules::CosineDecayBody)
RUNNEL_KERAS_CLASS(schedules, CosineDecayRestarts, optimizers::schedules::CosineDecayRestartsBody)

}  // namespace runnel::inline v0::keras
