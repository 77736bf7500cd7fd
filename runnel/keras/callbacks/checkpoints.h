// keras.callbacks that write files to go back to: ModelCheckpoint and BackupAndRestore.
#pragma once

#include "runnel/keras/callbacks/monitor.h"

namespace runnel::inline v0::keras {

/// When to save: after each epoch ("epoch"), or after a number of batches.
class SaveFreq {
 public:
  SaveFreq() = default;
  SaveFreq(const char* word) : SaveFreq(std::string(word)) {}
  SaveFreq(const std::string& word);  ///< ValueError for another word than "epoch".
  template <std::integral T>
  SaveFreq(T batches) : batches_(int64_t(batches)) {}
  bool each_epoch() const { return batches_ == 0; }
  int64_t batches() const { return batches_; }

 private:
  int64_t batches_ = 0;
};
Config to_config(const SaveFreq& freq);
void from_config(const Config& config, SaveFreq& out);

/// Counts batches over epochs: true for every n-th.
class BatchCounter {
 public:
  bool due(int64_t batch, int64_t every);

 private:
  int64_t seen_ = 0, last_ = -1;
};

namespace callbacks {

/// "weights.{epoch:02d}-{val_loss:.2f}.h5" with the numbers put in, as Python's str.format() does for numbers. KeyError for a
/// name that is not among them.
std::string formatted_path(const std::string& path, const Logs& numbers);

struct ModelCheckpointOptions {
  std::string filepath{};
  std::string monitor = "val_loss";
  int64_t verbose = 0;
  bool save_best_only = false, save_weights_only = false;
  std::string mode = "auto";
  SaveFreq save_freq{};
  std::optional<double> initial_value_threshold{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("filepath", s.filepath);
    v("monitor", s.monitor);
    v("verbose", s.verbose);
    v("save_best_only", s.save_best_only);
    v("save_weights_only", s.save_weights_only);
    v("mode", s.mode);
    v("save_freq", s.save_freq);
    v("initial_value_threshold", s.initial_value_threshold);
  }
};

/// Saves the model, or its weights, again and again or where the monitored value is the best so far.
class ModelCheckpointBody : public BodyWith<CallbackBody, ModelCheckpointOptions> {
 public:
  static constexpr const char* kName = "ModelCheckpoint";
  explicit ModelCheckpointBody(const ModelCheckpointOptions& options);  ///< ValueError for an ending that is none of Keras's.
  std::string class_name() const override { return kName; }
  bool wants_batches() const override { return !options_.save_freq.each_epoch(); }
  void on_epoch_begin(int64_t epoch) override { epoch_ = epoch; }
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;

 private:
  void save(Logs numbers, const Logs& logs);
  bool wants_saving(const Logs& logs, const std::string& path);
  Monitor monitor_;
  std::optional<double> best_;
  BatchCounter counter_;
  int64_t epoch_ = 0;
};
using ModelCheckpoint = ObjectOf<ModelCheckpointBody>;

struct BackupAndRestoreOptions {
  std::string backup_dir{};
  SaveFreq save_freq{};
  bool double_checkpoint = false, delete_checkpoint = true;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("backup_dir", s.backup_dir);
    v("save_freq", s.save_freq);
    v("double_checkpoint", s.double_checkpoint);
    v("delete_checkpoint", s.delete_checkpoint);
  }
};

/// Keeps what is needed to go on after an interruption: the same fit() on a model made anew continues with the epoch after the
/// last that was saved, its weights, its optimizer's state and its order of samples. Needs a built model.
class BackupAndRestoreBody : public BodyWith<CallbackBody, BackupAndRestoreOptions> {
 public:
  static constexpr const char* kName = "BackupAndRestore";
  explicit BackupAndRestoreBody(const BackupAndRestoreOptions& options);  ///< ValueError without a backup_dir.
  std::string class_name() const override { return kName; }
  void on_train_begin() override;
  std::optional<int64_t> resumed_epoch() const override { return resumed_; }
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;
  void on_train_end() override;

 private:
  std::string weights_path() const;
  std::string metadata_path() const;
  void load();
  void save();
  std::optional<int64_t> resumed_;
  int64_t epoch_ = 0, batch_ = 0;
  BatchCounter counter_;
};
using BackupAndRestore = ObjectOf<BackupAndRestoreBody>;

}  // namespace callbacks
}  // namespace runnel::inline v0::keras
