// keras.callbacks that end training, or call functions: EarlyStopping, TerminateOnNaN, LambdaCallback.
#pragma once

#include <functional>

#include "runnel/keras/callbacks/monitor.h"

namespace runnel::inline v0::keras::callbacks {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;
  int64_t patience = 0;
  int64_t verbose = 0;
  std::string mode = "auto";  ///< "min", "max", or by the metric that is monitored.
  std::optional<double> baseline{};
  bool restore_best_weights = false;
  int64_t start_from_epoch = 0;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("monitor", s.monitor);
    v("min_delta", s.min_delta);
    v("patience", s.patience);
    v("verbose", s.verbose);
    v("mode", s.mode);
    v("baseline", s.baseline);
    v("restore_best_weights", s.restore_best_weights);
    v("start_from_epoch", s.start_from_epoch);
  }
};

/// Ends training when the monitored value has not improved for `patience` epochs.
class EarlyStoppingBody : public BodyWith<CallbackBody, EarlyStoppingOptions> {
 public:
  static constexpr const char* kName = "EarlyStopping";
  explicit EarlyStoppingBody(const EarlyStoppingOptions& options);
  std::string class_name() const override { return kName; }
  void on_train_begin() override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_end() override;
  int64_t stopped_epoch() const { return stopped_epoch_; }
  int64_t best_epoch() const { return best_epoch_; }
  std::optional<double> best() const { return best_; }
  const std::vector<Tensor>& best_weights() const { return best_weights_; }  ///< With restore_best_weights.
  std::optional<Config> argument(std::string_view name) const override;

 private:
  Monitor monitor_;
  int64_t wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
  std::optional<double> best_;
  std::vector<Tensor> best_weights_;
};
using EarlyStopping = ObjectOf<EarlyStoppingBody>;

struct TerminateOnNaNOptions {
  bool raise_error = false;  ///< RuntimeError in place of a quiet end.
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("raise_error", s.raise_error);
  }
};

/// Ends training when the loss is not finite.
class TerminateOnNaNBody : public BodyWith<CallbackBody, TerminateOnNaNOptions> {
 public:
  static constexpr const char* kName = "TerminateOnNaN";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  bool wants_batches() const override { return true; }
  void on_train_batch_end(int64_t batch, const Logs& logs) override;
};
using TerminateOnNaN = ObjectOf<TerminateOnNaNBody>;

struct LambdaCallbackOptions {
  std::function<void(int64_t epoch)> on_epoch_begin{};
  std::function<void(int64_t epoch, const Logs& logs)> on_epoch_end{};
  std::function<void()> on_train_begin{}, on_train_end{};
  std::function<void(int64_t batch)> on_train_batch_begin{};
  std::function<void(int64_t batch, const Logs& logs)> on_train_batch_end{};
};

/// Calls functions of one's own.
class LambdaCallbackBody : public CallbackBody {
 public:
  using Options = LambdaCallbackOptions;
  explicit LambdaCallbackBody(const LambdaCallbackOptions& options) : on_(options) {}
  std::string class_name() const override { return "LambdaCallback"; }
  bool wants_batches() const override { return bool(on_.on_train_batch_end); }
  void on_epoch_begin(int64_t epoch) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_begin() override;
  void on_train_end() override;
  void on_train_batch_begin(int64_t batch) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;

 private:
  LambdaCallbackOptions on_;
};
using LambdaCallback = ObjectOf<LambdaCallbackBody>;

}  // namespace runnel::inline v0::keras::callbacks
