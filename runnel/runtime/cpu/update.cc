#include "runnel/runtime/cpu/update.h"

#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kGrain = 16384;  // elements a task

const UpdateKernels<float>& kernels_of(const float*) { return update_table().f32; }
const UpdateKernels<double>& kernels_of(const double*) { return update_table().f64; }

}  // namespace

#define RUNNEL_UPDATE(STEP, KERNEL, T)                                                                                          \
  void update(const STEP<T>& step, int64_t n) {                                                                                 \
    parallel_for(n, kGrain, [&](int64_t begin, int64_t end) { kernels_of(step.var).KERNEL(step, begin, end); });                \
  }
RUNNEL_UPDATE(Descent, descent, float)
RUNNEL_UPDATE(Descent, descent, double)
RUNNEL_UPDATE(Momentum, momentum, float)
RUNNEL_UPDATE(Momentum, momentum, double)
RUNNEL_UPDATE(Adam, adam, float)
RUNNEL_UPDATE(Adam, adam, double)
#undef RUNNEL_UPDATE

}  // namespace runnel::inline v0::cpu
