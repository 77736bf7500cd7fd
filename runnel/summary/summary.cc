#include "runnel/summary/summary.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/proto.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/graph_def.h"
#include "runnel/graph/graph_trace.h"
#include "runnel/op/context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/debugging.h"
#include "runnel/summary/encodings.h"
#include "runnel/summary/scope.h"

namespace runnel::inline v0::summary {

namespace {

struct State {
  SummaryWriter writer;
  Step step;
  Condition recording;
};
State& state() {
  static thread_local State of_thread;
  return of_thread;
}

Tensor text_tensor(const std::string& text) { return Tensor::scalar(text); }
Tensor int_tensor(int64_t number) { return Tensor::scalar(int32_t(std::clamp<int64_t>(number, INT32_MIN, INT32_MAX))); }

// The value where it is known now.
const Tensor* known(const Tensor& t) { return t.is_symbolic() ? t.symbol().constant : &t; }

void check_scalar_step(const Tensor& step) {
  PartialShape shape = step.partial_shape();
  int64_t elements = 1;
  if (shape.has_rank())
    for (int64_t size : shape) elements *= size;
  if (!shape.has_rank() || elements != 1)
    fail<ValueError>("", cat("Argument `step` must be a scalar. Received step with shape ", to_text(shape), "."));
}

}  // namespace

Tensor Step::tensor() const {
  if (const auto* number = std::get_if<int64_t>(&step_)) return Tensor::scalar(*number);
  const auto* variable = std::get_if<Variable>(&step_);
  if (!variable && !std::holds_alternative<Tensor>(step_)) fail<ValueError>("", "No step set. Please specify one either through the `step` argument or through "
                                                                               "tf.summary.experimental.set_step()");
  Tensor step = variable ? variable->value() : std::get<Tensor>(step_);
  check_scalar_step(step);
  if (!step.dtype().is_integer()) fail<TypeError>("", cat("Cannot convert a step of dtype ", step.dtype().name(), " to dtype int64"));
  return step.dtype() == int64 ? step : cast(step, int64);
}

// --- writers

struct SummaryWriter::Body {
  Tensor handle;
  bool closed = false;
};

SummaryWriter create_file_writer(const std::string& logdir, const WriterOptions& options) {
  Scoped eager(thread_context().tracer, static_cast<Tracer*>(nullptr));
  static const Op &make = get_op("SummaryWriter"), &open = get_op("CreateSummaryFileWriter");
  SummaryWriter writer;
  writer.body_ = std::make_shared<SummaryWriter::Body>();
  writer.body_->handle = run(make, {});
  run_all(open, {writer.handle(), text_tensor(logdir), int_tensor(options.max_queue), int_tensor(options.flush_millis), text_tensor(options.filename_suffix)});
  return writer;
}

SummaryWriter create_noop_writer() { return {}; }
const SummaryWriter& default_writer() { return state().writer; }

const Tensor& SummaryWriter::handle() const {
  if (!body_) fail<ValueError>("", "a noop writer has no handle");
  return body_->handle;
}
bool SummaryWriter::is_closed() const { return body_ && body_->closed; }
void SummaryWriter::check_open() const {
  if (is_closed() && !thread_context().tracer) fail<RuntimeError>("", "SummaryWriter is already closed");
}
DefaultWriter SummaryWriter::as_default(const Step& step) const { return DefaultWriter(*this, step); }
void SummaryWriter::set_as_default(const Step& step) const {
  check_open();
  if (!body_) return;
  state().writer = *this;
  if (step) state().step = step;
}
void SummaryWriter::init() const { check_open(); }
void SummaryWriter::flush() const {
  static const Op& op = get_op("FlushSummaryWriter");
  if (body_ && !(is_closed() && !thread_context().tracer)) run_all(op, {body_->handle});
}
void SummaryWriter::close() const {
  static const Op& op = get_op("CloseSummaryWriter");
  if (!body_ || (is_closed() && !thread_context().tracer)) return;
  if (!thread_context().tracer) body_->closed = true;
  run_all(op, {body_->handle});
}

DefaultWriter::DefaultWriter(const SummaryWriter& writer, const Step& step)
    : changes_(!writer.is_noop()), has_step_(bool(step)), old_writer_(state().writer), old_step_(state().step) {
  writer.set_as_default(step);
}
void DefaultWriter::leave() {
  if (std::exchange(left_, true) || !changes_) return;
  SummaryWriter mine = state().writer;
  state().writer = old_writer_;
  if (has_step_) state().step = old_step_;
  mine.flush();
}
DefaultWriter::~DefaultWriter() {
  try {
    leave();
  } catch (const Error&) {  // the events wait for the next flush, which tells it
  }
}

void flush() { state().writer.flush(); }
void set_step(const Step& step) { state().step = step; }
const Step& get_step() { return state().step; }

// --- whether

RecordIf::RecordIf(Condition condition) : old_(std::exchange(state().recording, std::move(condition))) {}
RecordIf::~RecordIf() { state().recording = std::move(old_); }

Tensor should_record_summaries() {
  const Condition& recording = state().recording;
  if (state().writer.is_noop()) return Tensor::scalar(false);
  if (const bool* fixed = std::get_if<bool>(&recording)) return Tensor::scalar(*fixed);
  if (const Tensor* t = std::get_if<Tensor>(&recording)) return *t;
  if (const auto* asked = std::get_if<std::function<Tensor()>>(&recording)) return (*asked)();
  return Tensor::scalar(true);
}

namespace {

// record() where summaries are recorded; in a trace that knows it only when it runs, as a branch.
Tensor recorded(const std::function<void()>& record) {
  Tensor should = should_record_summaries();
  auto yes = [&] {
    record();
    return Tensor::scalar(true);
  };
  if (const Tensor* value = known(should)) return value->item<bool>() ? yes() : Tensor::scalar(false);
  return cond(should, yes, [] { return Tensor::scalar(false); });
}

}  // namespace

// --- values

Tensor write(const std::string& tag, const std::function<Tensor()>& make, const Step& step, const std::string& metadata) {
  static const Op& op = get_op("WriteSummary");
  if (state().writer.is_noop()) return Tensor::scalar(false);
  return recorded([&] {
    Tensor at = (step ? step : state().step).tensor();
    run_all(op, {state().writer.handle(), at, make(), text_tensor(tag), text_tensor(metadata)});
  });
}

Tensor write_raw_pb(const Tensor& messages, const Step& step) {
  static const Op& op = get_op("WriteRawProtoSummary");
  if (state().writer.is_noop()) return Tensor::scalar(false);
  Tensor at = (step ? step : state().step).tensor();
  return recorded([&] { run_all(op, {state().writer.handle(), at, messages}); });
}

Tensor graph(const std::string& graph_def) {
  static const Op& op = get_op("WriteGraphSummary");
  if (thread_context().tracer) fail<ValueError>("", "graph() cannot be invoked inside a graph context.");
  return recorded([&] { run_all(op, {state().writer.handle(), Tensor::scalar(int64_t(0)), text_tensor(graph_def)}); });
}
Tensor graph(Graph& graph) { return summary::graph(graph_def(graph)); }

namespace {

std::string metadata_of(const char* plugin, const std::string& description, const char* content = "") {
  return SummaryMetadata{.plugin_name = plugin, .plugin_content = content, .description = description}.bytes();
}

}  // namespace

Tensor tagged::scalar(const std::string& tag, const Operand& data, const Options& options) {
  Tensor value = data.tensor();
  if (PartialShape shape = value.partial_shape(); shape.has_rank() && shape.rank() != 0)
    fail<ValueError>("", cat("Expected scalar shape, saw shape: ", to_text(shape), "."));
  return write(tag, [&] { return cast(value, float32); }, options.step, metadata_of("scalars", options.description));
}

Tensor tagged::histogram(const std::string& tag, const Tensor& data, const Options& options, const Tensor& buckets) {
  return write(tag, [&] { return histogram_buckets(data, buckets); }, options.step, metadata_of("histograms", options.description));
}

Tensor tagged::image(const std::string& tag, const Tensor& data, const Options& options, const Tensor& max_outputs) {
  return write(tag, [&] { return encoded_images(data, max_outputs); }, options.step, metadata_of("images", options.description));
}

Tensor tagged::audio(const std::string& tag, const Tensor& data, const Tensor& sample_rate, const Options& options, const Tensor& max_outputs) {
  constexpr const char* kWav = "\x10\x0b";  // AudioPluginData of encoding 11
  return write(tag, [&] { return encoded_clips(data, sample_rate, max_outputs); }, options.step, metadata_of("audio", options.description, kWav));
}

Tensor tagged::text(const std::string& tag, const Operand& data, const Options& options) {
  Tensor words = data.tensor();
  if (words.dtype() != string) fail<TypeError>("", cat("tensor must be of type tf.string; got tf.", words.dtype().name()));
  return write(tag, [&] { return words; }, options.step, metadata_of("text", options.description));
}

// --- names

namespace {
std::string (*enclosing)() = [] { return std::string(); };
}  // namespace

bool set_enclosing(std::string (*path)()) {
  enclosing = path;
  return true;
}
std::string tag_of(const std::string& scopes, const std::string& name) {
  std::string layers = enclosing();
  return cat(layers, layers.empty() ? "" : "/", scopes, name);
}

namespace {

// What is computed for a summary has names within its own.
struct TagScope {
  explicit TagScope(const std::string& name)
      : tag(tag_of(thread_context().name_scope, name)), scope(thread_context().name_scope, thread_context().tracer ? thread_context().name_scope + name + "/" : "") {}
  std::string tag;
  Scoped<std::string> scope;
};

}  // namespace

Tensor scalar(const std::string& name, const Operand& data, const Options& options) {
  TagScope scope(name);
  return tagged::scalar(scope.tag, data, options);
}
Tensor histogram(const std::string& name, const Tensor& data, const Options& options, int64_t buckets) {
  TagScope scope(name);
  return tagged::histogram(scope.tag, data, options, int_tensor(buckets));
}
Tensor image(const std::string& name, const Tensor& data, const Options& options, int64_t max_outputs) {
  TagScope scope(name);
  return tagged::image(scope.tag, data, options, int_tensor(max_outputs));
}
Tensor audio(const std::string& name, const Tensor& data, const Tensor& sample_rate, const Options& options, int64_t max_outputs) {
  TagScope scope(name);
  return tagged::audio(scope.tag, data, sample_rate, options, int_tensor(max_outputs));
}
Tensor text(const std::string& name, const Operand& data, const Options& options) {
  TagScope scope(name);
  return tagged::text(scope.tag, data, options);
}

// --- traces

void trace_on() { graph_trace::start(); }
void trace_off() { graph_trace::stop(); }
void trace_export(const std::string& name, const Step& step) { tagged::trace_export(TagScope(name).tag, step); }

void tagged::trace_export(const std::string& tag, const Step& step) {
  if (!graph_trace::is_active()) fail<ValueError>("", "Must enable trace before export through tf.summary.trace_on.");
  ProtoWriter run;  // a RunMetadata
  for (const Ref<GraphFunction>& function : graph_trace::stop()) {
    ProtoWriter graphs;
    graphs.present_text(2, graph_def(function->graph()));
    run.message(4, graphs);
  }
  write(tag, [&] { return text_tensor(run.bytes()); }, step, metadata_of("graph_run_metadata_graph", "", "1"));
}

}  // namespace runnel::inline v0::summary
