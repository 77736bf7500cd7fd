// How this family's operators run for a whole batch: see op/batching.h. All elements' numbers are drawn at once, as TensorFlow's pfor does.
#include "runnel/ops/batching_rules.h"
#include "runnel/ops/random/each_row.h"

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
    {"StatelessRandomGetKeyCounter", each_row},                {"StatelessRandomGetKeyCounterAlg", each_row},
    {"StatelessRandomUniform", each_row_of_shape},             {"StatelessRandomUniformV2", each_row_of_shape},
    {"StatelessRandomNormal", each_row_of_shape},              {"StatelessRandomNormalV2", each_row_of_shape},
    {"StatelessTruncatedNormal", each_row_of_shape},           {"StatelessTruncatedNormalV2", each_row_of_shape},
    {"StatelessRandomUniformInt", each_row_of_shape},          {"StatelessRandomUniformIntV2", each_row_of_shape},
    {"StatelessRandomUniformFullInt", each_row_of_shape},      {"StatelessRandomUniformFullIntV2", each_row_of_shape},
    {"StatelessRandomPoisson", each_row_of_shape},             {"StatelessRandomBinomial", each_row_of_shape},
    {"StatelessMultinomial", each_row},
};

}  // namespace

RUNNEL_BATCHING(random_batching, kRules)

}  // namespace runnel::inline v0
