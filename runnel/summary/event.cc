#include "runnel/summary/event.h"

#include <chrono>

#include "runnel/base/proto_reader.h"
#include "runnel/core/tensor_proto.h"

namespace runnel::inline v0::summary {

namespace {

ProtoWriter event_at(double wall_time, int64_t step) {
  ProtoWriter out;
  out.real(1, wall_time);
  out.integer(2, step);
  return out;
}

SummaryMetadata parse_metadata(std::string_view bytes) {
  SummaryMetadata out;
  for (ProtoReader in(bytes); in.next();) switch (in.field()) {
      case 1:
        for (ProtoReader plugin(in.text()); plugin.next();) {
          if (plugin.field() == 1) out.plugin_name = plugin.text();
          if (plugin.field() == 2) out.plugin_content = plugin.text();
        }
        break;
      case 2: out.display_name = in.text(); break;
      case 3: out.description = in.text(); break;
      case 4: out.data_class = in.integer(); break;
      default: break;
    }
  return out;
}

Value parse_value(std::string_view bytes) {
  Value out;
  for (ProtoReader in(bytes); in.next();) switch (in.field()) {
      case 1: out.tag = in.text(); break;
      case 2: out.simple_value = in.real32(); break;
      case 8: out.tensor = tensor_from_proto(in.text()); break;
      case 9: out.metadata = parse_metadata(in.text()); break;
      default: break;
    }
  return out;
}

std::string value_event(double wall_time, int64_t step, const ProtoWriter& value) {
  ProtoWriter summary;
  summary.message(1, value);
  return summary_event(wall_time, step, summary.bytes());
}

}  // namespace

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string SummaryMetadata::bytes() const {
  ProtoWriter out, plugin;
  plugin.text(1, plugin_name);
  plugin.text(2, plugin_content);
  if (!plugin.bytes().empty()) out.message(1, plugin);
  out.text(2, display_name);
  out.text(3, description);
  out.integer(4, data_class);
  return out.bytes();
}

Event parse_event(std::string_view bytes) {
  Event out;
  for (ProtoReader in(bytes); in.next();) switch (in.field()) {
      case 1: out.wall_time = in.real64(); break;
      case 2: out.step = in.integer(); break;
      case 3: out.file_version = in.text(); break;
      case 4: out.graph_def = in.text(); break;
      case 5:
        for (ProtoReader summary(in.text()); summary.next();)
          if (summary.field() == 1) out.values.push_back(parse_value(summary.text()));
        break;
      default: break;
    }
  return out;
}

std::optional<Event> EventReader::next() {
  std::optional<std::string> record = records_.next();
  if (!record) return {};
  return parse_event(*record);
}

std::vector<Event> read_events(const std::string& path) {
  std::vector<Event> out;
  EventReader reader(path);
  while (std::optional<Event> event = reader.next()) out.push_back(std::move(*event));
  return out;
}

std::string first_event(double wall_time) {
  ProtoWriter out = event_at(wall_time, 0), source;
  out.text(3, "brain.Event:2");
  source.text(1, "runnel.summary");
  out.message(10, source);
  return out.bytes();
}

std::string tensor_event(double wall_time, int64_t step, const std::string& tag, const Tensor& tensor, const std::string& metadata) {
  ProtoWriter value;
  value.text(1, tag);
  value.message(8, tensor_proto(tensor));
  value.text(9, metadata);
  return value_event(wall_time, step, value);
}

std::string scalar_event(double wall_time, int64_t step, const std::string& tag, float number) {
  ProtoWriter value;
  value.text(1, tag);
  value.present_float(2, number);
  return value_event(wall_time, step, value);
}

std::string graph_event(double wall_time, int64_t step, const std::string& graph_def) {
  ProtoWriter out = event_at(wall_time, step);
  out.present_text(4, graph_def);
  return out.bytes();
}

std::string summary_event(double wall_time, int64_t step, const std::string& summary) {
  ProtoWriter out = event_at(wall_time, step);
  out.present_text(5, summary);
  return out.bytes();
}

}  // namespace runnel::inline v0::summary
