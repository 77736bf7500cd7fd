// ConcreteFunction: a function traced for one signature, with what it captured; TraceCache: all of one function's traces.
#pragma once

#include <unordered_map>

#include "runnel/base/function_ref.h"
#include "runnel/graph/graph_function.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

class ConcreteFunction : public RefCounted {
 public:
  ConcreteFunction(Ref<GraphFunction> function, std::vector<Argument> arguments, std::vector<Tensor> captures);

  /// The flat results for the flat arguments. InvalidArgumentError where a dtype or shape does not fit.
  std::vector<Tensor> operator()(std::vector<Tensor> arguments) const;
  /// The same without looking at dtypes and shapes: for callers that found this trace by them.
  std::vector<Tensor> call_unchecked(std::vector<Tensor> arguments) const;

  const Ref<GraphFunction>& function() const { return function_; }
  const std::vector<Argument>& arguments() const { return arguments_; }
  const std::vector<Tensor>& captures() const { return captures_; }
  /// Captured Variables, in the order of their first use.
  std::vector<Variable> variables() const;
  bool accepts(std::span<const Argument> arguments) const;

  std::string cause;              ///< Why it was traced, for explain().
  std::shared_ptr<void> results;  ///< What the caller needs to put the flat results together.

 private:
  void check(std::span<const Tensor> arguments) const;

  Ref<GraphFunction> function_;
  std::vector<Argument> arguments_;
  std::vector<Tensor> captures_;
  std::vector<Tensor> trainable_;  // handles that tapes shall watch
};

struct TraceOptions {
  std::string name = "function";
  bool reduce_retracing = false;  ///< A second shape makes the sizes that differ unknown.
  bool jit_compile = false;       ///< Also passes that change rounding (graph/passes/relax_arithmetic.cc).
};

class TraceCache {
 public:
  explicit TraceCache(TraceOptions options) : options_(std::move(options)) {}

  /// The trace for arguments of these dtypes and shapes inside a structure (any text that tells structures and values
  /// apart); traced now where there is none. `body` may be called twice: a first trace that creates Variables is repeated.
  using Body = function_ref<std::vector<Tensor>(const std::vector<Tensor>&)>;
  /// `results`, which `body` may fill, becomes the trace's.
  Ref<ConcreteFunction> find_or_trace(const std::string& structure, std::vector<Argument> arguments, Body body,
                                      std::shared_ptr<void> results = nullptr);
  /// How often the function was traced, and why each time.
  int count() const;
  std::string explain() const;

 private:
  struct Trace {
    std::string structure;
    Ref<ConcreteFunction> function;
  };
  Ref<ConcreteFunction> find(const std::string& structure, std::span<const Argument> arguments) const;
  void relax(const std::string& structure, std::vector<Argument>& arguments) const;
  std::string cause(const std::string& structure, std::span<const Argument> arguments) const;
  Ref<ConcreteFunction> trace(std::span<const Argument> arguments, Body body, bool allow_variables, bool& created);

  TraceOptions options_;
  mutable std::recursive_mutex mutex_;
  std::vector<Trace> traces_;
};

}  // namespace runnel::inline v0
