// keras.optimizers.schedules. Each needs its first arguments; they have values here only because options structs do.
#pragma once

#include <vector>

#include "runnel/keras/optimizers/schedule.h"

namespace runnel::inline v0::keras::optimizers::schedules {

/// A number that a config keeps as it was given: 1000, or 0.1.
class Number {
 public:
  Number() = default;
  template <class T>
    requires std::is_arithmetic_v<T>
  Number(T value) : value_(double(value)), whole_(std::is_integral_v<T>) {}
  operator double() const { return value_; }
  bool whole() const { return whole_; }

 private:
  double value_ = 0;
  bool whole_ = false;
};
inline Config to_config(const Number& n) { return n.whole() ? Config(int64_t(double(n))) : Config(double(n)); }
inline void from_config(const Config& c, Number& out) { out = c.is_int() ? Number(c.as_int()) : Number(c.as_double()); }
Config to_config(const std::vector<Number>& values);
void from_config(const Config& c, std::vector<Number>& out);

struct ExponentialDecayOptions {
  Number initial_learning_rate = 0.01;
  Number decay_steps = 1, decay_rate = 0.96;
  bool staircase = false;
  std::string name = "ExponentialDecay";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("initial_learning_rate", s.initial_learning_rate);
    v("decay_steps", s.decay_steps);
    v("decay_rate", s.decay_rate);
    v("staircase", s.staircase);
    v("name", s.name);
  }
};
struct InverseTimeDecayOptions {
  Number initial_learning_rate = 0.01;
  Number decay_steps = 1, decay_rate = 0.5;
  bool staircase = false;
  std::string name = "InverseTimeDecay";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("initial_learning_rate", s.initial_learning_rate);
    v("decay_steps", s.decay_steps);
    v("decay_rate", s.decay_rate);
    v("staircase", s.staircase);
    v("name", s.name);
  }
};
struct PiecewiseConstantDecayOptions {
  std::vector<Number> boundaries{}, values{};
  std::string name = "PiecewiseConstant";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("boundaries", s.boundaries);
    v("values", s.values);
    v("name", s.name);
  }
};
struct PolynomialDecayOptions {
  Number initial_learning_rate = 0.01;
  Number decay_steps = 1, end_learning_rate = 0.0001, power = 1.0;
  bool cycle = false;
  std::string name = "PolynomialDecay";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("initial_learning_rate", s.initial_learning_rate);
    v("decay_steps", s.decay_steps);
    v("end_learning_rate", s.end_learning_rate);
    v("power", s.power);
    v("cycle", s.cycle);
    v("name", s.name);
  }
};
struct CosineDecayOptions {
  Number initial_learning_rate = 0.01;
  Number decay_steps = 1, alpha = 0.0;
  std::string name = "CosineDecay";
  std::optional<Number> warmup_target{};
  Number warmup_steps = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("initial_learning_rate", s.initial_learning_rate);
    v("decay_steps", s.decay_steps);
    v("alpha", s.alpha);
    v("name", s.name);
    v("warmup_target", s.warmup_target);
    v("warmup_steps", s.warmup_steps);
  }
};
struct CosineDecayRestartsOptions {
  Number initial_learning_rate = 0.01;
  Number first_decay_steps = 1, t_mul = 2.0, m_mul = 1.0, alpha = 0.0;
  std::string name = "SGDRDecay";
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("initial_learning_rate", s.initial_learning_rate);
    v("first_decay_steps", s.first_decay_steps);
    v("t_mul", s.t_mul);
    v("m_mul", s.m_mul);
    v("alpha", s.alpha);
    v("name", s.name);
  }
};

// Each throws ValueError for steps that are not positive, and for boundaries and values that do not fit together.
#define RUNNEL_SCHEDULE(NAME)                                                                                \
  class NAME##Body : public BodyWith<LearningRateScheduleBody, NAME##Options> {                              \
   public:                                                                                                   \
    explicit NAME##Body(const NAME##Options& options);                                                       \
    static constexpr const char* kName = #NAME;                                                              \
    std::string class_name() const override { return kName; }                                                \
    Tensor call(const Tensor& step) override;                                                                \
  };                                                                                                         \
  using NAME = ObjectOf<NAME##Body>;
/// initial * decay_rate^(step / decay_steps); staircase: whole powers only.
RUNNEL_SCHEDULE(ExponentialDecay)
/// initial / (1 + decay_rate * step / decay_steps)
RUNNEL_SCHEDULE(InverseTimeDecay)
/// values[i] up to and with boundaries[i], values.back() after the last.
RUNNEL_SCHEDULE(PiecewiseConstantDecay)
/// From the initial to the end rate as (1 - step / decay_steps)^power; cycle: again and again, each time longer.
RUNNEL_SCHEDULE(PolynomialDecay)
/// Half a cosine down to alpha * initial, after a linear warm-up to warmup_target (Loshchilov and Hutter, "SGDR", 2017).
RUNNEL_SCHEDULE(CosineDecay)
/// Half a cosine, restarted after each end with a period t_mul times as long and a rate m_mul times as high.
RUNNEL_SCHEDULE(CosineDecayRestarts)
#undef RUNNEL_SCHEDULE

}  // namespace runnel::inline v0::keras::optimizers::schedules
