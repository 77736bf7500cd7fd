#include "runnel/autodiff/gradient_tape.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/op/op.h"

namespace runnel::inline v0 {

GradientTape::GradientTape(const TapeOptions& options) : tape_(options.watch_accessed_variables), persistent_(options.persistent) {
  if (persistent_) tape_.set_order(2);
  start();
}
GradientTape::~GradientTape() { stop(); }

void GradientTape::start() {
  if (recording_) fail<ValueError>("", "Tape is still recording. This can happen if you try to re-enter an already-active tape.");
  thread_context().recorders.push_back(&tape_);
  recording_ = true;
}

void GradientTape::stop() {
  if (!recording_) return;
  std::erase(thread_context().recorders, &tape_);
  recording_ = false;
}

GradientTape::Pause::Pause(GradientTape& tape) : tape_(tape), was_recording_(tape.recording_) { tape_.stop(); }
GradientTape::Pause::~Pause() {
  if (was_recording_) tape_.start();
}

void GradientTape::watch(const Source& source) {
  DType dtype = source.key().dtype();
  if (!dtype.is_differentiable())
    fail<ValueError>("GradientTape.watch", cat("The dtype of the watched tensor must be floating or complex. Got dtype ", dtype));
  tape_.watch(source.key());
}

void GradientTape::reset() {
  bool recording = recording_;
  stop();
  tape_.reset();
  used_ = false;
  if (recording) start();
}

void GradientTape::prepare() {
  if (used_ && !persistent_)
    fail<RuntimeError>("", "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)",
                       {.hint = "create it with persistent=True."});
  used_ = true;
  if (!persistent_) stop();
}

std::vector<Tensor> GradientTape::gradient(const std::vector<Tensor>& targets, const std::vector<Source>& sources,
                                           const GradientOptions& options) {
  prepare();
  std::vector<Tensor> keys;
  for (const Source& s : sources) keys.push_back(tape_.is_tracked(s.key()) ? s.key() : s.key().alias());  // what is not watched is not connected
  std::vector<Tensor> out = tape_.gradient(targets, keys, options.output_gradients, options.unconnected_gradients);
  if (!persistent_) tape_.drop_records();
  return out;
}

std::vector<Tensor> GradientTape::gradient(const Tensor& target, const std::vector<Source>& sources, const GradientOptions& options) {
  return gradient(std::vector<Tensor>{target}, sources, options);
}
Tensor GradientTape::gradient(const Tensor& target, const Source& source, const GradientOptions& options) {
  return gradient(std::vector<Tensor>{target}, std::vector<Source>{source}, options)[0];
}

std::vector<Tensor> custom_gradient(const std::function<WithGradient(std::span<const Tensor>)>& f, std::span<const Tensor> inputs) {
  WithGradient result = f(inputs);  // recorded: the gradient may use what is computed in it, and be differentiated itself
  for (Tensor& t : result.outputs) t = t.alias();  // an output must not be mistaken for the input that it passes on
  if (Tracer* tracer = thread_context().tracer) result.outputs = tracer->trace_custom(inputs, result.outputs, result.gradient);
  for (Recorder* recorder : thread_context().recorders)
    if (recorder->wants(inputs)) recorder->record_custom(inputs, result.outputs, result.gradient);
  return result.outputs;
}

}  // namespace runnel::inline v0
