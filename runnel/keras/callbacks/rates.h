// keras.callbacks that set learning rates or exchange weights: ReduceLROnPlateau, LearningRateScheduler, SwapEMAWeights.
#pragma once

#include <functional>

#include "runnel/keras/callbacks/monitor.h"

namespace runnel::inline v0::keras {

/// The rate of an epoch, given the rate so far: a C++ function, or one of another language.
class EpochSchedule {
 public:
  EpochSchedule() = default;
  template <class F>
    requires std::is_invocable_r_v<double, F&, int64_t, double>
  EpochSchedule(F schedule) : schedule_(std::move(schedule)) {}
  explicit operator bool() const { return bool(schedule_); }
  double operator()(int64_t epoch, double rate) const { return schedule_(epoch, rate); }

 private:
  std::function<double(int64_t, double)> schedule_;
};
inline Config to_config(const EpochSchedule&) { return {}; }
void from_config(const Config& config, EpochSchedule& out);

namespace callbacks {

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  int64_t patience = 10;
  int64_t verbose = 0;
  std::string mode = "auto";
  double min_delta = 1e-4;
  int64_t cooldown = 0;
  double min_lr = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("monitor", s.monitor);
    v("factor", s.factor);
    v("patience", s.patience);
    v("verbose", s.verbose);
    v("mode", s.mode);
    v("min_delta", s.min_delta);
    v("cooldown", s.cooldown);
    v("min_lr", s.min_lr);
  }
};

/// Multiplies the learning rate by `factor` when the monitored value has not improved for `patience` epochs.
class ReduceLROnPlateauBody : public BodyWith<CallbackBody, ReduceLROnPlateauOptions> {
 public:
  static constexpr const char* kName = "ReduceLROnPlateau";
  explicit ReduceLROnPlateauBody(const ReduceLROnPlateauOptions& options);  ///< ValueError for a factor of 1 or more.
  std::string class_name() const override { return kName; }
  void on_train_begin() override;
  void add_epoch_logs(Logs& logs) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  /// Also what it counts: "wait", "cooldown_counter", "best".
  std::optional<Config> argument(std::string_view name) const override;

 private:
  void reduce(int64_t epoch);
  Monitor monitor_;
  int64_t wait_ = 0, cooling_ = 0;
  double rate_ = 0;
  std::optional<double> best_;
};
using ReduceLROnPlateau = ObjectOf<ReduceLROnPlateauBody>;

struct LearningRateSchedulerOptions {
  EpochSchedule schedule{};
  int64_t verbose = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("schedule", s.schedule);
    v("verbose", s.verbose);
  }
};

/// Sets the learning rate at the start of each epoch.
class LearningRateSchedulerBody : public BodyWith<CallbackBody, LearningRateSchedulerOptions> {
 public:
  static constexpr const char* kName = "LearningRateScheduler";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  void on_epoch_begin(int64_t epoch) override;
  void add_epoch_logs(Logs& logs) override;
};
using LearningRateScheduler = ObjectOf<LearningRateSchedulerBody>;

struct SwapEMAWeightsOptions {
  bool swap_on_epoch = false;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("swap_on_epoch", s.swap_on_epoch);
  }
};

/// Puts the averages of an optimizer with `use_ema` into the model while it is evaluated or asked, and between epochs where
/// swap_on_epoch is set. ValueError for an optimizer without averages.
class SwapEMAWeightsBody : public BodyWith<CallbackBody, SwapEMAWeightsOptions> {
 public:
  static constexpr const char* kName = "SwapEMAWeights";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  void set_params(const Config& params) override;
  void on_epoch_begin(int64_t epoch) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_test_begin() override { swap_if(!swapped_); }
  void on_test_end(const Logs&) override { swap_if(swapped_); }
  void on_predict_begin() override { swap_if(!swapped_); }
  void on_predict_end() override { swap_if(swapped_); }

 private:
  OptimizerBody& optimizer() const;
  void swap_if(bool wanted);
  bool swapped_ = false;
  int64_t epochs_ = 0;
};
using SwapEMAWeights = ObjectOf<SwapEMAWeightsBody>;

}  // namespace callbacks
}  // namespace runnel::inline v0::keras
