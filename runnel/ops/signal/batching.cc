// How this family's operators run for a whole batch: see op/batching.h.
#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

namespace {

constexpr BatchingDef kRules[] = {{"FFT", batch_as_rows}, {"FFT2D", batch_as_rows}, {"IFFT", batch_as_rows}, {"IFFT2D", batch_as_rows}};

}  // namespace

RUNNEL_BATCHING(signal_batching, kRules)

}  // namespace runnel::inline v0
