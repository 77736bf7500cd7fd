#include "runnel/autodiff/gradient_tape.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"

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
  for (const Source& s : sources) keys.push_back(s.key());
  std::vector<Tensor> out = tape_.gradient(targets, keys, options.output_gradients, options.unconnected_gradients);
  if (!persistent_) tape_.reset();
  return out;
}

std::vector<Tensor> GradientTape::gradient(const Tensor& target, const std::vector<Source>& sources, const GradientOptions& options) {
  return gradient(std::vector<Tensor>{target}, sources, options);
}
std::vector<Tensor> GradientTape::gradient(const Tensor& target, const std::vector<Variable>& sources, const GradientOptions& options) {
  return gradient(std::vector<Tensor>{target}, std::vector<Source>(sources.begin(), sources.end()), options);
}
Tensor GradientTape::gradient(const Tensor& target, const Source& source, const GradientOptions& options) {
  return gradient(std::vector<Tensor>{target}, std::vector<Source>{source}, options)[0];
}

namespace {
Tensor unit_vector(int64_t at, int64_t size, DType dtype) {
  return one_hot(Tensor::scalar(at), size, std::nullopt, std::nullopt, -1, dtype);
}
}  // namespace

std::vector<Tensor> GradientTape::jacobian(const Tensor& target, const std::vector<Source>& sources, UnconnectedGradients unconnected) {
  prepare();
  const Shape& shape = target.shape();
  std::vector<Tensor> keys;
  for (const Source& s : sources) keys.push_back(s.key());
  std::vector<std::vector<Tensor>> rows(sources.size());
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    Tensor seed = reshape(unit_vector(i, shape.num_elements(), target.dtype()), shape);
    std::vector<Tensor> grads = tape_.gradient(std::span(&target, 1), keys, std::span(&seed, 1), unconnected);
    for (size_t s = 0; s < grads.size(); ++s)
      if (grads[s]) rows[s].push_back(grads[s]);
  }
  if (!persistent_) tape_.reset();
  std::vector<Tensor> out(sources.size());
  for (size_t s = 0; s < rows.size(); ++s)
    if (!rows[s].empty()) out[s] = reshape(stack(rows[s], 0), Shape(PartialShape(shape).concatenate(rows[s][0].shape()).dims()));
  return out;
}

Tensor GradientTape::jacobian(const Tensor& target, const Source& source, UnconnectedGradients unconnected) {
  return jacobian(target, std::vector<Source>{source}, unconnected)[0];
}

Tensor GradientTape::batch_jacobian(const Tensor& target, const Source& source, UnconnectedGradients unconnected) {
  prepare();
  for (const Tensor* t : {&target, &source.key()})
    if (t->dtype() != resource && t->rank() < 2) fail<ValueError>("", cat("Shape ", to_text(t->shape()), " must have rank at least 2"));
  // Rows of a batch do not depend on each other, so one pass gives a derivative for all of them.
  int64_t batch = target.dim(0), inner = batch == 0 ? 0 : target.num_elements() / batch;
  std::vector<Tensor> rows;
  for (int64_t i = 0; i < inner; ++i) {
    Tensor seed = reshape(broadcast_to(unit_vector(i, inner, target.dtype()), Ints{batch, inner}), target.shape());
    Tensor row = tape_.gradient(std::span(&target, 1), std::span(&source.key(), 1), std::span(&seed, 1), unconnected)[0];
    if (!row) return Tensor();
    rows.push_back(row);
  }
  if (!persistent_) tape_.reset();
  if (rows.empty()) return Tensor();
  Tensor stacked = stack(rows, 1);  // (b, inner, source...)
  PartialShape out = PartialShape(target.shape()).concatenate(PartialShape(rows[0].shape()).slice(1, rows[0].rank()));
  return reshape(stacked, Shape(out.dims()));
}

std::vector<Tensor> custom_gradient(const std::function<WithGradient(std::span<const Tensor>)>& f, std::span<const Tensor> inputs) {
  std::vector<Recorder*>& recorders = thread_context().recorders;
  WithGradient result;
  {
    Scoped silent(recorders, std::vector<Recorder*>{});
    result = f(inputs);
  }
  for (Tensor& t : result.outputs) t = t.alias();  // an output must not be mistaken for the input that it passes on
  if (Tracer* tracer = thread_context().tracer) result.outputs = tracer->trace_custom(inputs, result.outputs, result.gradient);
  for (Recorder* recorder : recorders)
    if (recorder->wants(inputs)) recorder->record_custom(inputs, result.outputs, result.gradient);
  return result.outputs;
}

}  // namespace runnel::inline v0
