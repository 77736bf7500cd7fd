// A model's step as a program: traced once for all batch sizes, then run without the code that it was traced from.
#pragma once

#include <functional>
#include <string>

#include "runnel/graph/concrete_function.h"
#include "runnel/keras/training_data.h"

namespace runnel::inline v0::keras {

/// Threads may share it.
class CompiledStep {
 public:
  using Body = std::function<Nest(const Batch&)>;
  /// `jit_compile`: with the passes that may change rounding.
  CompiledStep(const std::string& name, bool jit_compile) : cache_({.name = name, .jit_compile = jit_compile}) {}

  /// body(batch), compiled. Where tracing fails the body runs as it is, from then on: why() tells the reason.
  Nest operator()(const Batch& batch, const Body& body);
  std::string why() const;
  std::string explain() const { return cache_.explain(); }

 private:
  using Found = Ref<ConcreteFunction>;
  Found last_for(const std::string& structure, const std::vector<Tensor>& flat) const;
  Found find(const std::string& structure, const std::vector<Tensor>& flat, const Nest& like, const Body& body);

  TraceCache cache_;
  mutable std::mutex mutex_;  // guards what follows
  Found last_;
  std::string last_structure_;
  std::string why_;  // empty while steps are compiled
};

}  // namespace runnel::inline v0::keras
