// Which functions run: tf.summary.trace_on() and trace_export().
#pragma once

#include <atomic>
#include <vector>

#include "runnel/graph/graph_function.h"

namespace runnel::inline v0::graph_trace {

namespace detail {
extern std::atomic<bool> active;
void note(const Ref<GraphFunction>& function);
}  // namespace detail

/// Notes from now on every function that is called, on all threads. False where that is done already.
bool start();
/// Ends that, and gives the functions, each once, in the order of their first calls.
std::vector<Ref<GraphFunction>> stop();
inline bool is_active() { return detail::active.load(std::memory_order_relaxed); }
inline void note(const Ref<GraphFunction>& function) {
  if (is_active()) [[unlikely]] detail::note(function);
}

}  // namespace runnel::inline v0::graph_trace
