// The operators of summary writers, under TensorFlow's names. In a graph they run in the order of the code and are never pruned.
#include "runnel/summary/writer_ops.h"

#include <map>

#include "runnel/base/proto_reader.h"
#include "runnel/op/op_context.h"
#include "runnel/summary/event.h"

namespace runnel::inline v0 {

namespace summary {

std::shared_ptr<EventFile> WriterState::file() {
  std::lock_guard lock(mutex_);
  if (!file_) fail<errors::NotFoundError>("", "the summary writer does not exist: it has been closed, or never was initialized");
  return file_;
}
void WriterState::open(const EventFileOptions& options) {
  std::lock_guard lock(mutex_);
  if (!file_) file_ = std::make_shared<EventFile>(options);
}
void WriterState::close() {
  std::shared_ptr<EventFile> file;
  {
    std::lock_guard lock(mutex_);
    file.swap(file_);
  }
  if (file) file->flush();
}

}  // namespace summary

namespace {

using summary::WriterState;

WriterState& writer_of(const OpContext& c) {
  const Tensor& handle = c.input(0);
  auto* state = handle.num_elements() == 1 ? dynamic_cast<WriterState*>(handle.data<ResourceRef>()->get()) : nullptr;
  if (state) return *state;
  c.invalid("the resource is not a summary writer");
}
int64_t step_of(const OpContext& c) { return c.input(1).item<int64_t>(); }
std::string text_of(const OpContext& c, int i) { return c.input(i).item<std::string>(); }

// Writers with a name are shared by all who name them.
Ref<WriterState> named_writer(const std::string& name) {
  static std::mutex guard;
  static auto& known = *new std::map<std::string, Ref<WriterState>>;
  if (name.empty()) return make_ref<WriterState>();
  std::lock_guard lock(guard);
  Ref<WriterState>& state = known[name];
  if (!state) state = make_ref<WriterState>();
  return state;
}

void handle_shape(ShapeContext& c) { c.set_output(0, Shape{}); }
void handle_kernel(OpContext& c) {
  *c.output().mutable_data<ResourceRef>() = named_writer(c.string_attr("shared_name"));
}

void no_results(ShapeContext& c) { c.with_rank(0, 0); }

void create_kernel(OpContext& c) {
  writer_of(c).open({text_of(c, 1), c.input(2).item<int32_t>(), c.input(3).item<int32_t>(), text_of(c, 4)});
}
void flush_kernel(OpContext& c) { writer_of(c).file()->flush(); }
void close_kernel(OpContext& c) { writer_of(c).close(); }

void write_kernel(OpContext& c) {
  writer_of(c).file()->add(summary::tensor_event(summary::wall_time(), step_of(c), text_of(c, 3), c.input(2), text_of(c, 4)));
}

// A number of any real type as a float.
float number_of(const Tensor& t) {
  switch (t.dtype().code()) {
    case DType::kFloat32: return t.item<float>();
    case DType::kFloat64: return float(t.item<double>());
    case DType::kFloat16: return float(t.item<half_t>());
    case DType::kBfloat16: return float(t.item<bfloat16_t>());
    case DType::kInt8: return t.item<int8_t>();
    case DType::kInt16: return t.item<int16_t>();
    case DType::kInt32: return float(t.item<int32_t>());
    case DType::kInt64: return float(t.item<int64_t>());
    case DType::kUint8: return t.item<uint8_t>();
    case DType::kUint16: return t.item<uint16_t>();
    case DType::kUint32: return float(t.item<uint32_t>());
    default: return float(t.item<uint64_t>());
  }
}
void write_scalar_kernel(OpContext& c) {
  writer_of(c).file()->add(summary::scalar_event(summary::wall_time(), step_of(c), text_of(c, 2), number_of(c.input(3))));
}

void write_graph_kernel(OpContext& c) {
  writer_of(c).file()->add(summary::graph_event(summary::wall_time(), step_of(c), text_of(c, 2)));
}

// Of `kind`: an Event whose summary these bytes are, or the event itself.
void check_message(const OpContext& c, const char* kind, const std::string& event, int64_t index) {
  try {
    summary::parse_event(event);
  } catch (const errors::DataLossError&) {
    fail<errors::DataLossError>(c.op().name(), cat("Bad tf.compat.v1.", kind, " binary proto tensor string at index ", index));
  }
}

void write_raw_kernel(OpContext& c) {
  std::shared_ptr<summary::EventFile> file = writer_of(c).file();
  std::span<const std::string> all = c.input(2).values<std::string>();
  for (size_t i = 0; i < all.size(); ++i) {
    std::string event = summary::summary_event(summary::wall_time(), step_of(c), all[i]);
    check_message(c, "Summary", event, int64_t(i));
    file->add(event);
  }
}
void import_kernel(OpContext& c) {
  check_message(c, "Event", text_of(c, 1), 0);
  writer_of(c).file()->add(text_of(c, 1));
}

constexpr const char* kReason = "it writes to a file";
constexpr Traits kEffect = {.stateful = true};

/// SummaryWriter: The handle of a writer; CreateSummaryFileWriter gives it its file.
/// CreateSummaryFileWriter: Makes the event file of a writer that has none.
/// FlushSummaryWriter: Returns when all events are in the file.
/// CloseSummaryWriter: Flushes, and lets go of the file.
/// WriteSummary: Writes a tensor with the metadata of a plugin of TensorBoard.
/// WriteScalarSummary: Writes a number in TensorFlow 1's form.
/// WriteGraphSummary: Writes a serialised GraphDef.
/// WriteRawProtoSummary: Writes serialised Summary messages.
/// ImportEvent: Writes a serialised Event.
constexpr OpDef kOps[] = {
    {.name = "SummaryWriter", .signature = " -> writer: resource", .attrs = "shared_name: string = ''; container: string = ''",
     .shape = handle_shape, .no_gradient = kReason, .kernel = handle_kernel, .traits = kEffect},
    {.name = "CreateSummaryFileWriter",
     .signature = "writer: resource, logdir: string, max_queue: int32, flush_millis: int32, filename_suffix: string -> ", .shape = no_results,
     .no_gradient = kReason, .kernel = create_kernel, .traits = kEffect},
    {.name = "FlushSummaryWriter", .signature = "writer: resource -> ", .shape = no_results, .no_gradient = kReason, .kernel = flush_kernel,
     .traits = kEffect},
    {.name = "CloseSummaryWriter", .signature = "writer: resource -> ", .shape = no_results, .no_gradient = kReason, .kernel = close_kernel,
     .traits = kEffect},
    {.name = "WriteSummary", .signature = "writer: resource, step: int64, tensor: T, tag: string, summary_metadata: string -> ",
     .attrs = "T: type", .shape = no_results, .no_gradient = kReason, .kernel = write_kernel, .traits = kEffect},
    {.name = "WriteScalarSummary", .signature = "writer: resource, step: int64, tag: string, value: T -> ", .attrs = "T: real",
     .shape = no_results, .no_gradient = kReason, .kernel = write_scalar_kernel, .traits = kEffect},
    {.name = "WriteGraphSummary", .signature = "writer: resource, step: int64, tensor: string -> ", .shape = no_results,
     .no_gradient = kReason, .kernel = write_graph_kernel, .traits = kEffect},
    {.name = "WriteRawProtoSummary", .signature = "writer: resource, step: int64, tensor: string -> ", .shape = no_results,
     .no_gradient = kReason, .kernel = write_raw_kernel, .traits = kEffect},
    {.name = "ImportEvent", .signature = "writer: resource, event: string -> ", .shape = no_results, .no_gradient = kReason,
     .kernel = import_kernel, .traits = kEffect},
};

}  // namespace
RUNNEL_OPS(summary_writer, kOps)

}  // namespace runnel::inline v0
