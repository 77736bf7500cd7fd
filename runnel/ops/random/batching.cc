// How this family's operators run for a whole batch: see op/batching.h. All elements' numbers are drawn at once, as TensorFlow's pfor does.
#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

namespace {

// (shape, parameters...): the elements share them, and still get numbers of their own.
std::vector<Batched> drawn(const BatchingContext& c) {
  if (c.any_stacked(0, c.num_inputs())) return {};
  std::vector<Tensor> inputs{with_count(c.count(), c.value(0))};
  for (int i = 1; i < c.num_inputs(); ++i) inputs.push_back(c.value(i));
  return stacked(run_all(c.op(), inputs, c.attrs()));
}
// (logits (b, classes), how many)
std::vector<Batched> drawn_by_logits(const BatchingContext& c) { return batch_merged_first(c, 1); }

constexpr BatchingDef kRules[] = {
    {"RandomUniform", drawn}, {"RandomStandardNormal", drawn}, {"TruncatedNormal", drawn},     {"RandomUniformInt", drawn},
    {"RandomGamma", drawn},   {"RandomPoissonV2", drawn},      {"Multinomial", drawn_by_logits},
};

}  // namespace

RUNNEL_BATCHING(random_batching, kRules)

}  // namespace runnel::inline v0
