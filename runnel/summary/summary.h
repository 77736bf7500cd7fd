// tf.summary: values for TensorBoard, written to event files.
//
//   auto writer = tf::summary::create_file_writer("logs");
//   auto scope = writer.as_default();
//   for (int64_t step = 0; step < 100; ++step) tf::summary::scalar("loss", loss, {.step = step});
//
// Inside a function that is traced, a summary is an effect: written at every run, in the order of the code.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "runnel/ops/variable.h"
#include "runnel/summary/event.h"

namespace runnel::inline v0 {

class Graph;

namespace summary {

/// Where a value stands in its series: a number, an integer tensor with one element, or a Variable, which is read when it is used.
class Step {
 public:
  Step() = default;  ///< None: the default one.
  template <std::integral T>
  Step(T number) : step_(int64_t(number)) {}
  Step(const Tensor& tensor) : step_(tensor) {}
  Step(const Variable& variable) : step_(variable) {}

  explicit operator bool() const { return step_.index() != 0; }
  /// An int64 scalar. ValueError for several elements, or none.
  Tensor tensor() const;
  std::shared_ptr<void> as_given{};  ///< What a binding gives back for it.

 private:
  std::variant<std::monostate, int64_t, Tensor, Variable> step_;
};

struct WriterOptions {
  int64_t max_queue = 10;                     ///< More events than these are written at once...
  int64_t flush_millis = 120'000;             ///< ...and any after so long.
  std::string filename_suffix = ".v2";
  std::string name{};
};

class DefaultWriter;

/// Writes one event file, by a thread of its own. A handle: copies are the same writer.
class SummaryWriter {
 public:
  /// A writer that writes nothing, and leaves the default writer as it is.
  SummaryWriter() = default;

  /// The default writer of this thread as long as the result lives; then it is flushed. RuntimeError where it is closed.
  [[nodiscard]] DefaultWriter as_default(const Step& step = {}) const;
  void set_as_default(const Step& step = {}) const;
  void init() const;   ///< Nothing to do; RuntimeError where it is closed.
  void flush() const;  ///< Returns when all events are in the file. ResourceExhaustedError where the disk is full.
  void close() const;  ///< The same, then ends the file.
  bool is_noop() const { return !body_; }
  bool is_closed() const;
  /// The resource tensor that operators take.
  const Tensor& handle() const;

 private:
  friend SummaryWriter create_file_writer(const std::string&, const WriterOptions&);
  struct Body;
  void check_open() const;
  std::shared_ptr<Body> body_;
};

/// Undoes as_default().
class DefaultWriter {
 public:
  DefaultWriter(const SummaryWriter& writer, const Step& step);
  ~DefaultWriter();
  DefaultWriter(const DefaultWriter&) = delete;
  DefaultWriter& operator=(const DefaultWriter&) = delete;
  /// Now, telling errors of the flush; the destructor keeps them for the next one.
  void leave();

 private:
  bool changes_, has_step_, left_ = false;
  SummaryWriter old_writer_;
  Step old_step_;
};

/// A writer of a new file in `logdir`, which is made where it is missing. Called in a trace, it is made at once.
/// NotFoundError, PermissionDeniedError or FailedPreconditionError where the file cannot be.
SummaryWriter create_file_writer(const std::string& logdir, const WriterOptions& options = WriterOptions());
SummaryWriter create_noop_writer();
/// The default writer of this thread, or the noop writer.
const SummaryWriter& default_writer();

/// The default step of this thread; Step() for none.
void set_step(const Step& step);
const Step& get_step();

/// Whether summaries are recorded: a bool, a scalar tensor, or a function that gives one when it is asked.
using Condition = std::variant<std::monostate, bool, Tensor, std::function<Tensor()>>;
class RecordIf {
 public:
  explicit RecordIf(Condition condition);
  ~RecordIf();
  RecordIf(const RecordIf&) = delete;
  RecordIf& operator=(const RecordIf&) = delete;

 private:
  Condition old_;
};
[[nodiscard]] inline RecordIf record_if(Condition condition) { return RecordIf(std::move(condition)); }
/// A bool scalar: false without a default writer.
Tensor should_record_summaries();

struct Options {
  Step step{};                ///< Default: the thread's. ValueError where there is none.
  std::string description{};  ///< In Markdown.
};

// Each gives a bool scalar: true where the value was written, false where there is no default writer, or record_if() says no.

/// One number, written as a float32. ValueError for another rank than 0.
Tensor scalar(const std::string& name, const Operand& data, const Options& options = Options());
/// How the values of a tensor are spread over `buckets` buckets of equal width.
Tensor histogram(const std::string& name, const Tensor& data, const Options& options = Options(), int64_t buckets = 30);
/// Images (k, height, width, channels) with 1 to 4 channels: floats from 0 to 1, or integers; at most `max_outputs` of them.
Tensor image(const std::string& name, const Tensor& data, const Options& options = Options(), int64_t max_outputs = 3);
/// Sounds (k, frames, channels), float32 from -1 to 1; `sample_rate` frames a second; at most `max_outputs` of them.
Tensor audio(const std::string& name, const Tensor& data, const Tensor& sample_rate, const Options& options = Options(), int64_t max_outputs = 3);
/// A string tensor; a vector or matrix is shown as a table. TypeError for another dtype.
Tensor text(const std::string& name, const Operand& data, const Options& options = Options());
/// Any tensor, for a plugin of one's own; `metadata`: SummaryMetadata::bytes(). `make` is called only where the value is recorded.
Tensor write(const std::string& tag, const std::function<Tensor()>& make, const Step& step = {}, const std::string& metadata = "");
/// Serialised Summary messages.
Tensor write_raw_pb(const Tensor& messages, const Step& step = {});
/// A graph, as the bytes of its GraphDef. ValueError in a trace.
Tensor graph(Graph& graph);
Tensor graph(const std::string& graph_def);
/// Flushes the default writer, if there is one.
void flush();

/// Notes the functions that run from now on. A second call does nothing (and warns).
void trace_on();
/// Writes their graphs. ValueError without trace_on().
void trace_export(const std::string& name, const Step& step = {});
void trace_off();

// The same with a tag that is whole, without the name scope of the code around.
namespace tagged {
Tensor scalar(const std::string& tag, const Operand& data, const Options& options);
Tensor histogram(const std::string& tag, const Tensor& data, const Options& options, const Tensor& buckets);
Tensor image(const std::string& tag, const Tensor& data, const Options& options, const Tensor& max_outputs);
Tensor audio(const std::string& tag, const Tensor& data, const Tensor& sample_rate, const Options& options, const Tensor& max_outputs);
Tensor text(const std::string& tag, const Operand& data, const Options& options);
void trace_export(const std::string& tag, const Step& step);
}  // namespace tagged

}  // namespace summary
}  // namespace runnel::inline v0
