// keras.callbacks.TensorBoard: what happens while a model is trained, as event files.
#pragma once

#include <map>
#include <memory>

#include "runnel/keras/callbacks.h"
#include "runnel/keras/layers/base_fields.h"
#include "runnel/summary/summary.h"

namespace runnel::inline v0::keras {

/// When batches are told: never ("epoch"), all ("batch"), or every n-th.
class UpdateFreq {
 public:
  UpdateFreq() = default;
  UpdateFreq(const std::string& word);  ///< ValueError for another word.
  UpdateFreq(const char* word) : UpdateFreq(std::string(word)) {}
  template <std::integral T>
  UpdateFreq(T batches) : batches_(int64_t(batches)) {}
  bool each_epoch() const { return batches_ == 0; }
  bool due(int64_t step) const { return step % batches_ == 0; }
  int64_t batches() const { return batches_; }

 private:
  int64_t batches_ = 0;
};
Config to_config(const UpdateFreq& freq);
void from_config(const Config& config, UpdateFreq& out);

/// A value of several kinds, as it was given.
struct AsGiven {
  AsGiven() = default;
  template <class T>
    requires std::constructible_from<Config, T>
  AsGiven(const T& given) : value(given) {}
  Config value;
};
inline Config to_config(const AsGiven& given) { return given.value; }
inline void from_config(const Config& config, AsGiven& out) { out.value = config; }

namespace callbacks {

struct TensorBoardOptions {
  std::string log_dir = "logs";
  int64_t histogram_freq = 0;
  bool write_graph = true, write_images = false, write_steps_per_second = false;
  UpdateFreq update_freq{};
  AsGiven profile_batch = int64_t(0);
  int64_t embeddings_freq = 0;
  AsGiven embeddings_metadata{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("log_dir", s.log_dir);
    v("histogram_freq", s.histogram_freq);
    v("write_graph", s.write_graph);
    v("write_images", s.write_images);
    v("write_steps_per_second", s.write_steps_per_second);
    v("update_freq", s.update_freq);
    v("profile_batch", s.profile_batch);
    v("embeddings_freq", s.embeddings_freq);
    v("embeddings_metadata", s.embeddings_metadata);
  }
};

/// Writes for TensorBoard, into log_dir/train and log_dir/validation: the loss, the metrics and the learning rate of each epoch, and the model.
///
/// update_freq: "epoch", "batch" or a number of batches, after which those of batches are written, too; tf.summary's functions called in
/// train_step() then write into the same file. histogram_freq: every so many epochs the weights, as histograms, and with write_images as
/// images. write_steps_per_second: the speed. embeddings_freq: every so many epochs the weights in a file for TensorBoard's projector,
/// whose embeddings_metadata is a path, or a dict of paths by the names of layers. NotImplementedError for profile_batch.
class TensorBoardBody : public BodyWith<CallbackBody, TensorBoardOptions> {
 public:
  static constexpr const char* kName = "TensorBoard";
  explicit TensorBoardBody(const TensorBoardOptions& options);
  std::string class_name() const override { return kName; }
  bool wants_batches() const override;
  void set_params(const Config& params) override;
  void on_train_begin() override;
  void on_train_end() override;
  void on_epoch_begin(int64_t epoch) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_batch_begin(int64_t batch) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;
  void on_test_begin() override;
  void on_test_end(const Logs& logs) override;
  void on_test_batch_begin(int64_t batch) override;
  void on_predict_begin() override { begin(); }

 private:
  enum Part { kTrain, kValidation };
  struct Default {  // within it, tf.summary's functions write here
    Default(const summary::SummaryWriter& writer, int64_t step, bool record) : scope(writer, step), recording(record) {}
    summary::DefaultWriter scope;
    summary::RecordIf recording;
  };

  const summary::SummaryWriter& writer(Part part);
  void push(Part part, int64_t step);
  void pop();
  void begin();
  void write_model();
  void configure_embeddings();
  void write_epoch(Part part, int64_t epoch, const Logs& logs);
  void add_rates(Logs& logs) const;
  void write_weights(int64_t epoch);

  std::map<Part, summary::SummaryWriter> writers_;
  std::vector<std::unique_ptr<Default>> pushed_;
  bool begun_ = false;
  int64_t train_batch_ = 0, test_batch_ = 0;  // since training began
  double batch_began_ = 0, epoch_began_ = 0, iterations_before_ = 0;
};
using TensorBoard = ObjectOf<TensorBoardBody>;

}  // namespace callbacks
}  // namespace runnel::inline v0::keras
