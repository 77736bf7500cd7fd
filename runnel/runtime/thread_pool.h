// The one thread pool of the process.
#pragma once

#include <cstdint>

#include "runnel/base/function_ref.h"

namespace runnel::inline v0 {

/// Calls body(begin, end) for [0, grain), [grain, 2 * grain), ... up to count, on the caller and on the pool's threads,
/// and returns when all are done. The pieces depend on count and grain only, never on the number of threads, so a body
/// that keeps to its piece gives the same bits on every machine. One piece or less runs at once on the caller.
/// Calls may be nested. If pieces throw, those not begun are dropped and the first exception is rethrown here.
void parallel_for(int64_t count, int64_t grain, function_ref<void(int64_t begin, int64_t end)> body);

/// Threads that work at the same time, the caller among them: RUNNEL_NUM_THREADS, or the processors given to us.
int num_threads();
/// Changes it; 0 restores the default. Work that is under way finishes undisturbed.
void set_num_threads(int count);

}  // namespace runnel::inline v0
