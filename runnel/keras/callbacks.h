// keras.callbacks: hooks into training.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runnel/core/tensor.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

class ModelBody;

/// Names and values in order: {"accuracy", 0.91}, {"loss", 0.25}, ...
using Logs = std::vector<std::pair<std::string, double>>;
/// The value of that name, or nullptr.
const double* find_log(const Logs& logs, const std::string& name);

class CallbackBody : public RefCounted {
 public:
  virtual void on_train_begin() {}
  virtual void on_train_end() {}
  virtual void on_epoch_begin(int64_t epoch) {}
  virtual void on_epoch_end(int64_t epoch, const Logs& logs) {}
  virtual void on_train_batch_end(int64_t batch, const Logs& logs) {}
  /// True where on_train_batch_end wants the logs of every batch (reading the metrics costs time).
  virtual bool wants_batches() const { return false; }

  ModelBody* model = nullptr;  ///< Set by fit().
};

/// Any callback.
class Callback final {
 public:
  explicit Callback(Ref<CallbackBody> body) : body_(std::move(body)) {}
  const Ref<CallbackBody>& body() const { return body_; }

 private:
  Ref<CallbackBody> body_;
};

/// What fit() returns: each log of each epoch.
struct History {
  std::map<std::string, std::vector<double>> history;
  std::vector<int64_t> epoch;
};

namespace callbacks {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;
  int64_t patience = 0;
  std::string mode = "auto";  ///< "min", "max", or by the name of what is monitored.
  bool restore_best_weights = false;
  int64_t start_from_epoch = 0;
};

/// Ends training when the monitored value has not improved for `patience` epochs.
class EarlyStoppingBody : public CallbackBody {
 public:
  explicit EarlyStoppingBody(const EarlyStoppingOptions& options) : options_(options) {}
  void on_train_begin() override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_end() override;
  int64_t stopped_epoch() const { return stopped_epoch_; }
  int64_t best_epoch() const { return best_epoch_; }

 private:
  bool improved(double value) const;
  EarlyStoppingOptions options_;
  int64_t wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
  bool has_best_ = false;
  double best_ = 0;
  std::vector<Tensor> best_weights_;
};
Callback EarlyStopping(const EarlyStoppingOptions& options = EarlyStoppingOptions());

}  // namespace callbacks
}  // namespace runnel::inline v0::keras
