// The state of a thread that the dispatcher looks at: who traces, who records, which name is wanted.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runnel/core/attr.h"

namespace runnel::inline v0 {

class Op;

/// Gradients with respect to the inputs of a recorded call, from those of its outputs (zeros where there are none).
using Backward = std::function<std::vector<Tensor>(std::span<const Tensor> grads)>;

/// Sees every operator call; a GradientTape is one.
class Recorder {
 public:
  virtual ~Recorder() = default;
  /// True where a gradient may flow through one of the inputs.
  virtual bool wants(std::span<const Tensor> inputs) const = 0;
  virtual void record(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs) = 0;
  /// Records a computation with a gradient of its own (custom_gradient).
  virtual void record_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) = 0;
  /// A trainable Variable with this handle is about to be read.
  virtual void variable_read(const Tensor& handle) = 0;
  /// How many times a result may be differentiated through what is recorded here (2: a tape that records its own gradients).
  virtual int order() const { return 1; }
};

/// Takes operator calls instead of running them; a graph being traced is one.
class Tracer {
 public:
  virtual ~Tracer() = default;
  /// Adds the call and fills `outputs` with symbolic tensors of the given dtypes.
  virtual void trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
                     std::span<Tensor> outputs) = 0;
  /// The same tensors under new handles, whose gradient with respect to `inputs` is `backward`.
  virtual std::vector<Tensor> trace_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) {
    return {outputs.begin(), outputs.end()};
  }
  /// What a Variable that is created in the middle of a trace starts with: the value, computed now.
  virtual Tensor initial_value(const Tensor& symbolic) { return symbolic; }
  /// A Variable has been created while this was tracing.
  virtual void variable_created() {}
  /// A trainable Variable with this handle is about to be read: tapes of the code around may want its gradient.
  virtual void variable_read(const Tensor& handle) {}

  /// Of random operators: as in TensorFlow each graph has the seed that held when it was begun, and counts its operators from 0.
  std::optional<int64_t> seed;
  int64_t seeded_operators = 0;
};

struct ThreadContext {
  Tracer* tracer = nullptr;
  std::vector<Recorder*> recorders;
  std::string op_name;     ///< The name that the next traced call shall have.
  std::string name_scope;  ///< What names of traced calls begin with: "outer/inner/".
};

ThreadContext& thread_context();
/// Tells the thread's tapes, and those around a trace, that a trainable Variable is about to be read.
void note_variable_read(const Tensor& handle);

/// Sets a field of the thread's context for a scope:  Scoped guard(thread_context().tracer, &graph);
template <class T>
class Scoped {
 public:
  Scoped(T& place, T value) : place_(place), old_(std::move(place)) { place_ = std::move(value); }
  ~Scoped() { place_ = std::move(old_); }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

 private:
  T& place_;
  T old_;
};

}  // namespace runnel::inline v0
