// keras.callbacks that tell: CSVLogger and ProgbarLogger; and those that Runnel refuses.
#pragma once

#include "runnel/keras/callbacks.h"
#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras::callbacks {

struct CSVLoggerOptions {
  std::string filename{}, separator = ",";
  bool append = false;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("filename", s.filename);
    v("separator", s.separator);
    v("append", s.append);
  }
};

/// Writes a line an epoch: the epoch, then the logs by name. The file is complete after each epoch.
class CSVLoggerBody : public BodyWith<CallbackBody, CSVLoggerOptions> {
 public:
  static constexpr const char* kName = "CSVLogger";
  explicit CSVLoggerBody(const CSVLoggerOptions& options);  ///< ValueError without a filename.
  std::string class_name() const override { return kName; }
  void on_train_begin() override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;

 private:
  std::string text_;
  std::vector<std::string> keys_;
  bool needs_header_ = true;
};
using CSVLogger = ObjectOf<CSVLoggerBody>;

/// The bar of fit(), evaluate() and predict(). They draw it as `verbose` says, whether or not this is among the callbacks.
struct ProgbarLoggerBody : BodyWith<CallbackBody, CallbackOptions> {
  static constexpr const char* kName = "ProgbarLogger";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
};
using ProgbarLogger = ObjectOf<ProgbarLoggerBody>;

struct RemoteMonitorOptions {
  std::string root = "http://localhost:9000", path = "/publish/epoch/end/", field = "data";
  bool send_as_json = false;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("root", s.root);
    v("path", s.path);
    v("field", s.field);
    v("send_as_json", s.send_as_json);
  }
};
/// NotImplementedError: Runnel sends nothing over a network.
struct RemoteMonitorBody : BodyWith<CallbackBody, RemoteMonitorOptions> {
  static constexpr const char* kName = "RemoteMonitor";
  explicit RemoteMonitorBody(const RemoteMonitorOptions& options);
  std::string class_name() const override { return kName; }
};

}  // namespace runnel::inline v0::keras::callbacks
