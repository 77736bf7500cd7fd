#include "runnel/keras/callbacks/logging.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/files.h"

namespace runnel::inline v0::keras {

namespace callbacks {

namespace {
/// As Python prints a float: 3.0, 0.25, 1e-05.
std::string number_text(double value) {
  std::string text = to_text(value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}
}  // namespace

CSVLoggerBody::CSVLoggerBody(const CSVLoggerOptions& options) : BodyWith(options) {
  if (options.filename.empty()) fail<ValueError>("CSVLogger", "a `filename` is needed");
}

void CSVLoggerBody::on_train_begin() {
  text_ = options_.append && file_exists(options_.filename) ? read_file(options_.filename) : "";
  needs_header_ = text_.empty();
  keys_.clear();
}

void CSVLoggerBody::on_epoch_end(int64_t epoch, const Logs& logs) {
  if (keys_.empty()) {
    for (const auto& [name, value] : logs) keys_.push_back(name);
    std::sort(keys_.begin(), keys_.end());
    // Epochs without validation may come first: their columns are kept free.
    if (std::none_of(keys_.begin(), keys_.end(), [](const std::string& key) { return key.starts_with("val_"); }))
      for (size_t i = 0, n = keys_.size(); i < n; ++i) keys_.push_back("val_" + keys_[i]);
    if (needs_header_) text_ += cat("epoch", options_.separator, join(keys_, options_.separator), "\r\n");
  }
  std::vector<std::string> cells{to_text(epoch)};
  for (const std::string& key : keys_) {
    const double* value = find_log(logs, key);
    cells.push_back(value ? number_text(*value) : "NA");
  }
  text_ += join(cells, options_.separator) + "\r\n";
  write_file(options_.filename, text_);
}

RemoteMonitorBody::RemoteMonitorBody(const RemoteMonitorOptions& options) : BodyWith(options) {
  fail<NotImplementedError>("RemoteMonitor", "Runnel sends nothing over a network",
                            {.hint = "write a callback of your own whose on_epoch_end() posts the logs, or use CSVLogger."});
}

}  // namespace callbacks

RUNNEL_KERAS_CLASS(callbacks, CSVLogger, callbacks::CSVLoggerBody)
RUNNEL_KERAS_CLASS(callbacks, ProgbarLogger, callbacks::ProgbarLoggerBody)
RUNNEL_KERAS_CLASS(callbacks, RemoteMonitor, callbacks::RemoteMonitorBody)

}  // namespace runnel::inline v0::keras
