// What stands in event files: TensorFlow's Event and Summary (tensorflow/core/util/event.proto, framework/summary.proto).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runnel/base/records.h"
#include "runnel/core/tensor.h"

namespace runnel::inline v0::summary {

/// Which plugin of TensorBoard shows a value, and how.
struct SummaryMetadata {
  std::string plugin_name{}, plugin_content{};
  std::string display_name{}, description{};
  int64_t data_class = 0;

  std::string bytes() const;  ///< A SummaryMetadata message.
};

struct Value {
  std::string tag{};
  Tensor tensor{};                      ///< Of what tf.summary writes; else empty.
  std::optional<float> simple_value{};  ///< Of TensorFlow 1's scalars.
  SummaryMetadata metadata{};
};

struct Event {
  double wall_time = 0;  ///< Seconds since 1970.
  int64_t step = 0;
  std::string file_version{};  ///< "brain.Event:2" in the first event of a file, else empty.
  std::string graph_def{};     ///< The bytes of a GraphDef, else empty.
  std::vector<Value> values{};
};

/// DataLossError where the bytes are no Event.
Event parse_event(std::string_view bytes);

/// The events of a file, one after the other; it may be followed while it is written.
class EventReader {
 public:
  /// NotFoundError where there is no such file.
  explicit EventReader(const std::string& path) : records_(path) {}
  /// The next one; nothing where the file ends, maybe within an event. DataLossError where it is damaged.
  std::optional<Event> next();

 private:
  RecordReader records_;
};
/// All events of a file.
std::vector<Event> read_events(const std::string& path);

/// Now, in seconds since 1970.
double wall_time();
// Serialised Events: the first one of a file, a value, the bytes of a GraphDef, the bytes of a Summary.
std::string first_event(double wall_time);
std::string tensor_event(double wall_time, int64_t step, const std::string& tag, const Tensor& tensor, const std::string& metadata);
std::string scalar_event(double wall_time, int64_t step, const std::string& tag, float value);
std::string graph_event(double wall_time, int64_t step, const std::string& graph_def);
std::string summary_event(double wall_time, int64_t step, const std::string& summary);

}  // namespace runnel::inline v0::summary
