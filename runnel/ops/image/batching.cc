// How this family's operators run for a whole batch: see op/batching.h.
#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

namespace {

std::vector<Batched> first_merged(const BatchingContext& c) { return batch_merged_first(c, 1); }

constexpr BatchingDef kRules[] = {
    {"ExtractImagePatches", first_merged},
    {"ExtractVolumePatches", first_merged},
};

}  // namespace

RUNNEL_BATCHING(image_batching, kRules)

}  // namespace runnel::inline v0
