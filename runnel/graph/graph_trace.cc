#include "runnel/graph/graph_trace.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace runnel::inline v0::graph_trace {

namespace {

struct Noted {
  std::mutex mutex;
  std::vector<Ref<GraphFunction>> functions;
};
Noted& noted() {
  static Noted& all = *new Noted;
  return all;
}

}  // namespace

std::atomic<bool> detail::active{false};

void detail::note(const Ref<GraphFunction>& function) {
  std::lock_guard lock(noted().mutex);
  std::vector<Ref<GraphFunction>>& all = noted().functions;
  if (is_active() && std::none_of(all.begin(), all.end(), [&](const auto& f) { return f.get() == function.get(); })) all.push_back(function);
}

bool start() {
  std::lock_guard lock(noted().mutex);
  return !detail::active.exchange(true);
}

std::vector<Ref<GraphFunction>> stop() {
  std::lock_guard lock(noted().mutex);
  detail::active = false;
  return std::exchange(noted().functions, {});
}

}  // namespace runnel::inline v0::graph_trace
