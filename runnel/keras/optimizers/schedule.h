// LearningRateSchedule: the learning rate as a function of the step. LearningRate: a number, a schedule or a function.
#pragma once

#include <functional>
#include <variant>

#include "runnel/core/tensor.h"
#include "runnel/keras/overrides.h"

namespace runnel::inline v0::keras {

template <class Body>
class OverridableSchedule;

/// A learning rate that depends on the number of steps done.
class LearningRateScheduleBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableSchedule<Body>;
  static constexpr const char* kKind = "schedules";
  std::string module() const override { return "keras.optimizers.schedules"; }
  /// The rate, a scalar, at a step (an int64 scalar).
  virtual Tensor call(const Tensor& step) = 0;
};
using LearningRateSchedule = Handle<LearningRateScheduleBody>;

/// A schedule of which a subclass is written in another language.
template <class Body>
class OverridableSchedule : public Overridable<Body> {
 public:
  enum { kCall, kGetConfig };
  static constexpr const char* kMethods[] = {"__call__", "get_config"};
  using Overridable<Body>::Overridable;
  Tensor call(const Tensor& step) override { return this->overridden(kCall) ? this->call_foreign("__call__", {step}) : Body::call(step); }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};

struct ScheduleBaseOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// What a subclass in another language is derived from.
struct ScheduleBaseBody : BodyWith<LearningRateScheduleBody, ScheduleBaseOptions> {
  static constexpr const char* kName = "LearningRateSchedule";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& step) override;
};

class LearningRate {
 public:
  LearningRate(double rate);
  LearningRate(const LearningRateSchedule& schedule);
  LearningRate(const LearningRate&);
  LearningRate(LearningRate&&) noexcept;
  LearningRate& operator=(const LearningRate&);
  LearningRate& operator=(LearningRate&&) noexcept;
  ~LearningRate();
  template <class Body>
  LearningRate(const ObjectOf<Body>& schedule) : LearningRate(LearningRateSchedule(schedule)) {}
  LearningRate(std::function<Tensor()> rate);
  /// A function of another language.
  explicit LearningRate(const Ref<Function>& function);

  // Each is nullptr where the rate is something else.
  const double* number() const { return std::get_if<double>(&value_); }
  const LearningRateSchedule* schedule() const { return std::get_if<LearningRateSchedule>(&value_); }
  const std::function<Tensor()>* function() const { return std::get_if<std::function<Tensor()>>(&value_); }
  const Ref<RefCounted>& source() const { return source_; }

 private:
  std::variant<double, LearningRateSchedule, std::function<Tensor()>> value_;
  Ref<RefCounted> source_;
};
inline void visit_field(const LearningRate& rate, OwnedVisitor& visitor) {
  visitor.owned(rate.source().get());
  if (rate.schedule()) visitor.owned(rate.schedule()->body().get());
}
Config to_config(const LearningRate& rate);
void from_config(const Config& config, LearningRate& out);

}  // namespace runnel::inline v0::keras
