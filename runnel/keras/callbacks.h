// Callbacks: hooks into training. CallbackBody is what one subclasses; keras/callbacks/ has those of Keras.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runnel/keras/compiled.h"
#include "runnel/keras/overrides.h"

namespace runnel::inline v0::keras {

class ModelBody;

/// The value of that name, or nullptr.
const double* find_log(const Logs& logs, const std::string& name);
/// A dict of numbers, as another language gives it.
Logs logs_of(const Config& dict);
Config to_config(const Logs& logs);

template <class Body>
class OverridableCallback;

/// Hooks into fit(), evaluate() and predict(). Batches and epochs are counted from 0.
class CallbackBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableCallback<Body>;
  static constexpr const char* kKind = "callbacks";
  std::string class_name() const override { return "Callback"; }
  std::string module() const override { return "keras.callbacks"; }
  virtual void on_train_begin() {}
  virtual void on_train_end() {}
  virtual void on_epoch_begin(int64_t epoch) {}
  virtual void on_epoch_end(int64_t epoch, const Logs& logs) {}
  virtual void on_train_batch_begin(int64_t batch) {}
  virtual void on_train_batch_end(int64_t batch, const Logs& logs) {}
  virtual void on_test_begin() {}
  virtual void on_test_end(const Logs& logs) {}
  virtual void on_test_batch_begin(int64_t batch) {}
  virtual void on_test_batch_end(int64_t batch, const Logs& logs) {}
  virtual void on_predict_begin() {}
  virtual void on_predict_end() {}
  virtual void on_predict_batch_begin(int64_t batch) {}
  virtual void on_predict_batch_end(int64_t batch, const Nest& outputs) {}
  /// True where the batch hooks want the logs of every batch (reading the metrics costs time).
  virtual bool wants_batches() const { return false; }
  /// Adds to the logs of an epoch, after the callback's on_epoch_end(): the callbacks after it, the history and the bar see them.
  virtual void add_epoch_logs(Logs& logs) {}
  /// The epoch at which training goes on where it was interrupted, known after on_train_begin().
  virtual std::optional<int64_t> resumed_epoch() const { return {}; }
  /// Before the first hook: {"epochs", "steps", "verbose"}.
  virtual void set_params(const Config& params) {}

  ModelBody* model = nullptr;  ///< Set by fit(), evaluate() and predict().
  Logs last_logs{};            ///< Those of the last epoch, set before on_train_end().
};

/// A callback of which a subclass is written in another language.
template <class Body>
class OverridableCallback : public Overridable<Body> {
 public:
  enum Method { kTrainBegin, kTrainEnd, kEpochBegin, kEpochEnd, kTrainBatchBegin, kTrainBatchEnd, kTestBegin, kTestEnd, kTestBatchBegin, kTestBatchEnd,
                kPredictBegin, kPredictEnd, kPredictBatchBegin, kPredictBatchEnd };
  static constexpr const char* kMethods[] = {"on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", "on_train_batch_begin",
                                             "on_train_batch_end", "on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end",
                                             "on_predict_begin", "on_predict_end", "on_predict_batch_begin", "on_predict_batch_end"};
  using Overridable<Body>::Overridable;
  void on_train_begin() override { told(kTrainBegin, {Config::dict()}) ? void() : Body::on_train_begin(); }
  void on_train_end() override { told(kTrainEnd, {to_config(this->last_logs)}) ? void() : Body::on_train_end(); }
  void on_epoch_begin(int64_t epoch) override { told(kEpochBegin, {epoch, Config::dict()}) ? void() : Body::on_epoch_begin(epoch); }
  // The hook may change the logs: "_on_epoch_end" gives them back.
  void on_epoch_end(int64_t epoch, const Logs& logs) override {
    changed_.reset();
    if (!this->overridden(kEpochEnd)) return Body::on_epoch_end(epoch, logs);
    changed_ = logs_of(std::get<Config>(this->ask("_on_epoch_end", {epoch, to_config(logs)}, Wanted::kConfig).held()));
  }
  void add_epoch_logs(Logs& logs) override {
    if (changed_) logs = *changed_;
    Body::add_epoch_logs(logs);
  }
  void on_train_batch_begin(int64_t batch) override { told(kTrainBatchBegin, {batch, Config::dict()}) ? void() : Body::on_train_batch_begin(batch); }
  void on_train_batch_end(int64_t batch, const Logs& logs) override {
    told(kTrainBatchEnd, {batch, to_config(logs)}) ? void() : Body::on_train_batch_end(batch, logs);
  }
  void on_test_begin() override { told(kTestBegin, {Config::dict()}) ? void() : Body::on_test_begin(); }
  void on_test_end(const Logs& logs) override { told(kTestEnd, {to_config(logs)}) ? void() : Body::on_test_end(logs); }
  void on_test_batch_begin(int64_t batch) override { told(kTestBatchBegin, {batch, Config::dict()}) ? void() : Body::on_test_batch_begin(batch); }
  void on_test_batch_end(int64_t batch, const Logs& logs) override {
    told(kTestBatchEnd, {batch, to_config(logs)}) ? void() : Body::on_test_batch_end(batch, logs);
  }
  void on_predict_begin() override { told(kPredictBegin, {Config::dict()}) ? void() : Body::on_predict_begin(); }
  void on_predict_end() override { told(kPredictEnd, {Config::dict()}) ? void() : Body::on_predict_end(); }
  void on_predict_batch_begin(int64_t batch) override { told(kPredictBatchBegin, {batch, Config::dict()}) ? void() : Body::on_predict_batch_begin(batch); }
  void on_predict_batch_end(int64_t batch, const Nest& outputs) override {
    told(kPredictBatchEnd, {batch, Nest(Nest::Dict{{"outputs", outputs}})}) ? void() : Body::on_predict_batch_end(batch, outputs);
  }
  bool wants_batches() const override {
    uint32_t bits = this->foreign_class()->overridden;
    return (bits >> kTrainBatchEnd & 1) || (bits >> kTestBatchEnd & 1) || Body::wants_batches();
  }
  void set_params(const Config& params) override {
    Body::set_params(params);
    this->tell("set_params", {params});
  }

 private:
  bool told(Method method, std::initializer_list<Value> arguments) {
    if (!this->overridden(method)) return false;
    this->tell(kMethods[method], arguments);
    return true;
  }
  std::optional<Logs> changed_;
};

struct CallbackOptions {
  template <class S, class V>
  static void fields(S&, V&&) {}
};
/// What a subclass in another language is derived from.
struct CallbackBaseBody : BodyWith<CallbackBody, CallbackOptions> {
  static constexpr const char* kName = "Callback";
  using BodyWith::BodyWith;
};

/// Any callback.
class Callback final {
 public:
  explicit Callback(Ref<CallbackBody> body) : body_(std::move(body)) {}
  template <class Body>
  Callback(const ObjectOf<Body>& callback) : body_(callback.body()) {}
  const Ref<CallbackBody>& body() const { return body_; }

 private:
  Ref<CallbackBody> body_;
};

/// What fit() returns: each log of each epoch.
struct History {
  std::map<std::string, std::vector<double>> history;
  std::vector<std::string> names;  ///< Of the logs, in the order in which they came.
  std::vector<int64_t> epoch;
  std::optional<int64_t> steps;  ///< An epoch, where that is known.
};

}  // namespace runnel::inline v0::keras
