// How Keras's state gets along with graphs being traced and tapes being recorded.
#pragma once

#include <functional>
#include <vector>

#include "runnel/op/context.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

class LayerBody;
/// True while the call() of the layer, which is built, runs on this thread.
bool is_in_call(const LayerBody& layer);

/// Runs f outside of whatever is being traced or recorded on this thread: Variables are made so.
template <class F>
void outside_of_traces(F&& f) {
  ThreadContext& context = thread_context();
  Scoped no_tracer(context.tracer, static_cast<Tracer*>(nullptr));
  Scoped no_recorders(context.recorders, std::vector<Recorder*>{});
  f();
}

/// Runs `then` where `condition`, a bool scalar, holds. `changed` lists the Variables that `then` may assign: inside a trace,
/// where the condition is not known, it always runs and they get their old values back where the condition did not hold.
void run_if(const Tensor& condition, const std::vector<Variable>& changed, const std::function<void()>& then);

}  // namespace runnel::inline v0::keras
