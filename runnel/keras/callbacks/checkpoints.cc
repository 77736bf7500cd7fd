#include "runnel/keras/callbacks/checkpoints.h"

#include <cstdio>
#include <filesystem>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/model.h"
#include "runnel/keras/progress_bar.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras {

SaveFreq::SaveFreq(const std::string& word) {
  if (word != "epoch") fail<ValueError>("", cat("Unrecognized save_freq: ", word, ". Expected save_freq are 'epoch' or integer values"));
}
Config to_config(const SaveFreq& freq) { return freq.each_epoch() ? Config("epoch") : Config(freq.batches()); }
void from_config(const Config& config, SaveFreq& out) { out = config.is_int() ? SaveFreq(config.as_int()) : SaveFreq(config.as_string()); }

bool BatchCounter::due(int64_t batch, int64_t every) {
  seen_ += batch <= last_ ? batch + 1 : batch - last_;
  last_ = batch;
  if (seen_ < every) return false;
  seen_ = 0;
  return true;
}

namespace callbacks {

namespace {

/// A number as Python's format() writes it for a spec like "02d", ".3f" or "".
std::string formatted(double value, std::string_view spec) {
  char kind = spec.empty() || !std::isalpha(spec.back()) ? '\0' : spec.back();
  std::string flags(kind ? spec.substr(0, spec.size() - 1) : spec);
  if (flags.find_first_not_of("0123456789.") != std::string::npos || flags.size() > 8) fail<ValueError>("", cat("Invalid format specifier '", std::string(spec), "'"));
  bool whole = value == double(int64_t(value)) && kind != 'f' && kind != 'e' && kind != 'g';
  if (!whole && !kind) return flags.empty() ? to_text(value) : formatted(value, flags + "g");
  char text[64];
  if (whole) std::snprintf(text, sizeof text, cat("%", flags, "lld").c_str(), static_cast<long long>(value));
  else std::snprintf(text, sizeof text, cat("%", flags, std::string(1, kind)).c_str(), value);
  return text;
}

}  // namespace

std::string formatted_path(const std::string& path, const Logs& numbers) {
  std::string out;
  for (size_t at = 0; at < path.size();) {
    size_t open = path.find('{', at), close = path.find('}', open);
    out += path.substr(at, open - at);
    if (open == std::string::npos || close == std::string::npos) break;
    std::string inside = path.substr(open + 1, close - open - 1), name = inside.substr(0, inside.find(':'));
    const double* value = find_log(numbers, name);
    if (!value) fail<KeyError>("", cat("Failed to format this callback filepath: \"", path, "\". Reason: '", name, "'"));
    out += formatted(*value, std::string_view(inside).substr(std::min(inside.size(), name.size() + 1)));
    at = close + 1;
  }
  return out;
}

// --- ModelCheckpoint

ModelCheckpointBody::ModelCheckpointBody(const ModelCheckpointOptions& o)
    : BodyWith(o), monitor_(kName, o.monitor, o.mode, 0), best_(o.initial_value_threshold) {
  if (o.save_weights_only && !o.filepath.ends_with(".weights.h5"))
    fail<ValueError>("", cat("When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must end in `.weights.h5` (Keras weights "
                             "format). Received: filepath=", o.filepath));
  if (!o.save_weights_only && !o.filepath.ends_with(".keras") && !o.filepath.ends_with(".h5"))
    fail<ValueError>("", cat("The filepath provided must end in `.keras` (Keras model format). Received: filepath=", o.filepath));
}

void ModelCheckpointBody::on_epoch_end(int64_t epoch, const Logs& logs) {
  if (options_.save_best_only) monitor_.settle(*model);
  if (options_.save_freq.each_epoch()) save({{"epoch", double(epoch + 1)}}, logs);
}

void ModelCheckpointBody::on_train_batch_end(int64_t batch, const Logs& logs) {
  if (options_.save_freq.each_epoch() || !counter_.due(batch, options_.save_freq.batches())) return;
  if (options_.save_best_only) monitor_.settle(*model);
  save({{"epoch", double(epoch_ + 1)}, {"batch", double(batch + 1)}}, logs);
}

bool ModelCheckpointBody::wants_saving(const Logs& logs, const std::string& path) {
  auto tell = [&](const std::string& text) {
    if (options_.verbose > 0) ProgressBar::write(cat("\nEpoch ", epoch_ + 1, ": ", text, "\n"));
  };
  auto short_text = [](const std::optional<double>& value) { return value ? formatted(*value, ".5f") : std::string("None"); };
  if (!options_.save_best_only) {
    tell(cat("saving model to ", path));
    return true;
  }
  const double* value = find_log(logs, options_.monitor);
  if (!value) {
    warn(cat("Can save best model only with ", options_.monitor, " available."));
    return true;
  }
  if (!monitor_.improved(*value, best_)) {
    tell(cat(options_.monitor, " did not improve from ", short_text(best_)));
    return false;
  }
  tell(cat(options_.monitor, " improved from ", short_text(best_), " to ", short_text(*value), ", saving model to ", path));
  best_ = *value;
  return true;
}

void ModelCheckpointBody::save(Logs numbers, const Logs& logs) {
  numbers.insert(numbers.end(), logs.begin(), logs.end());
  std::string path = formatted_path(options_.filepath, numbers);
  if (!wants_saving(logs, path)) return;
  if (auto folder = std::filesystem::path(path).parent_path(); !folder.empty()) make_folders(folder.string());
  if (options_.save_weights_only) model->save_weights(path);
  else model->save(path);
  if (options_.verbose > 0) ProgressBar::write(cat("\nEpoch ", epoch_ + 1, ": finished saving model to ", path, "\n"));
}

// --- BackupAndRestore

BackupAndRestoreBody::BackupAndRestoreBody(const BackupAndRestoreOptions& options) : BodyWith(options) {
  if (options.backup_dir.empty()) fail<ValueError>("", "Empty `backup_dir` argument passed");
}

std::string BackupAndRestoreBody::weights_path() const { return join_path(options_.backup_dir, "latest.weights.h5"); }
std::string BackupAndRestoreBody::metadata_path() const { return join_path(options_.backup_dir, "training_metadata.json"); }

void BackupAndRestoreBody::load() {
  if (!file_exists(weights_path()) || !file_exists(metadata_path())) return;
  OptimizerBody& optimizer = *model->optimizer().body();
  if (!optimizer.built()) optimizer.build(model->trainable_weights());
  model->load_weights(weights_path());
  resumed_ = Config::from_json(read_file(metadata_path())).at("epoch").as_int();
}

void BackupAndRestoreBody::on_train_begin() {
  if (!model->built())
    fail<ValueError>("", cat("To use the BackupAndRestore callback, you model must be built before you call `fit()`. Model ", model->name(),
                             " is unbuilt. You can build it beforehand by calling it on a batch of data."));
  resumed_.reset();
  try {
    load();
  } catch (const Error&) {  // the last backup was cut off: the one before may be whole
    if (!file_exists(weights_path() + ".bkp")) throw;
    std::filesystem::copy_file(weights_path() + ".bkp", weights_path(), std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(metadata_path() + ".bkp", metadata_path(), std::filesystem::copy_options::overwrite_existing);
    load();
  }
}

void BackupAndRestoreBody::save() {
  make_folders(options_.backup_dir);
  if (options_.double_checkpoint)
    for (const std::string& path : {weights_path(), metadata_path()})
      if (file_exists(path)) std::filesystem::copy_file(path, path + ".bkp", std::filesystem::copy_options::overwrite_existing);
  model->save_weights(weights_path());
  write_file(metadata_path(), Config(Config::Dict{{"epoch", epoch_}, {"batch", batch_}}).to_json());
}

void BackupAndRestoreBody::on_epoch_end(int64_t epoch, const Logs&) {
  epoch_ = epoch + 1;
  batch_ = 0;
  if (options_.save_freq.each_epoch()) save();
}

void BackupAndRestoreBody::on_train_batch_end(int64_t batch, const Logs&) {
  if (options_.save_freq.each_epoch() || !counter_.due(batch, options_.save_freq.batches())) return;
  batch_ = batch;
  save();
}

void BackupAndRestoreBody::on_train_end() {
  std::error_code ignored;
  if (options_.delete_checkpoint) std::filesystem::remove_all(options_.backup_dir, ignored);
}

}  // namespace callbacks

RUNNEL_KERAS_CLASS(callbacks, ModelCheckpoint, callbacks::ModelCheckpointBody)
RUNNEL_KERAS_CLASS(callbacks, BackupAndRestore, callbacks::BackupAndRestoreBody)

}  // namespace runnel::inline v0::keras
