#include "runnel/runtime/cpu/update.h"

#include <algorithm>
#include <vector>

#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kGrain = 16384;  // elements a task

template <class T>
const UpdateKernels<T>& kernels() {
  if constexpr (sizeof(T) == sizeof(float)) return update_table().f32;
  else return update_table().f64;
}

template <class T>
void run(const Descent<T>& step, int64_t begin, int64_t end) { kernels<T>().descent(step, begin, end); }
template <class T>
void run(const Momentum<T>& step, int64_t begin, int64_t end) { kernels<T>().momentum(step, begin, end); }
template <class T>
void run(const Adam<T>& step, int64_t begin, int64_t end) { kernels<T>().adam(step, begin, end); }
template <class T>
void run(const Decay<T>& step, int64_t begin, int64_t end) { kernels<T>().decay(step, begin, end); }

}  // namespace

void update_all(std::span<const Update> updates) {
  std::vector<int64_t> ends;  // of each update, where all elements are counted through
  for (const Update& update : updates) ends.push_back((ends.empty() ? 0 : ends.back()) + update.size);
  parallel_for(ends.empty() ? 0 : ends.back(), kGrain, [&](int64_t begin, int64_t end) {
    for (size_t i = size_t(std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin()); begin < end; ++i) {
      int64_t first = ends[i] - updates[i].size, stop = std::min(end, ends[i]);
      std::visit([&](const auto& step) { run(step, begin - first, stop - first); }, updates[i].step);
      begin = stop;
    }
  });
}

}  // namespace runnel::inline v0::cpu
