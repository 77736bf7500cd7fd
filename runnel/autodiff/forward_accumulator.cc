#include "runnel/autodiff/forward_accumulator.h"

#include <algorithm>

#include "runnel/autodiff/continued_sums.h"
#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/indexed_slices.h"

namespace runnel::inline v0 {

ForwardAccumulator::ForwardAccumulator(const Source& primal, const Tensor& tangent)
    : ForwardAccumulator(std::vector<Source>{primal}, std::vector<Tensor>{tangent}) {}

ForwardAccumulator::ForwardAccumulator(const std::vector<Source>& primals, const std::vector<Tensor>& tangents) {
  if (primals.size() != tangents.size())
    fail<ValueError>("ForwardAccumulator", "each primal needs a tangent", {.got = cat(primals.size(), " primals and ", tangents.size(), " tangents")});
  for (size_t i = 0; i < primals.size(); ++i) {
    if (pairs_.contains(primals[i].key().id()))
      fail<ValueError>("ForwardAccumulator", "a tensor was specified as a primal multiple times", {.hint = "sum the corresponding tangents."});
    keep(primals[i].key(), tangents[i]);
  }
  start();
}
ForwardAccumulator::~ForwardAccumulator() { stop(); }

void ForwardAccumulator::start() {
  if (recording_) fail<ValueError>("", "Accumulator is already recording.");
  thread_context().recorders.push_back(this);
  recording_ = true;
}

void ForwardAccumulator::stop() {
  if (!recording_) return;
  std::erase(thread_context().recorders, this);
  recording_ = false;
}

Tensor ForwardAccumulator::jvp(const Source& primal, UnconnectedGradients unconnected) const {
  if (const Pair* pair = pairs_.find(primal.key().id())) return pair->tangent;
  if (unconnected == UnconnectedGradients::kNone) return Tensor();
  const Tensor& key = primal.key();
  return zeros_like(key.dtype() == resource ? Variable::from_handle(key).value() : key);
}

bool ForwardAccumulator::wants(std::span<const Tensor> inputs) const {
  return std::any_of(inputs.begin(), inputs.end(), [&](const Tensor& t) { return pairs_.contains(t.id()); });
}

void ForwardAccumulator::record(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs) {
  if (!op.def().gradient && !refuses_gradient(op)) return;
  std::unique_ptr<bool[]> needed(new bool[inputs.size()]);
  for (size_t i = 0; i < inputs.size(); ++i) needed[i] = pairs_.contains(inputs[i].id());
  push_forward(inputs, outputs, [&](std::span<const Tensor> grads) {
    ContinuedSums none({});
    std::vector<Tensor> out = input_gradients(op, inputs, attrs, outputs, grads, {needed.get(), inputs.size()});
    for (Tensor& t : out)
      if (t) t = dense(t);
    return out;
  });
}

void ForwardAccumulator::record_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) {
  push_forward(inputs, outputs, backward);
}

// The gradient of the inputs is a linear map of the gradients v of the outputs; its own gradient with respect to v, seeded
// with the inputs' tangents, is the transposed map, which is the one that is wanted. (J. Townsend, "A new trick for
// calculating Jacobian vector products", 2017.)
void ForwardAccumulator::push_forward(std::span<const Tensor> inputs, std::span<const Tensor> outputs, const Backward& backward) {
  std::vector<Recorder*>& recorders = thread_context().recorders;
  std::vector<Recorder*> outer(recorders.begin(), std::find(recorders.begin(), recorders.end(), this));
  Tape tape(false);
  std::vector<Tensor> v, targets, seeds;
  {
    std::vector<Recorder*> taped = outer;
    taped.push_back(&tape);
    Scoped scope(recorders, std::move(taped));
    for (const Tensor& output : outputs) v.push_back(zeros_like(output));
    for (const Tensor& t : v) tape.watch(t);
    std::vector<Tensor> grads = backward(v);
    for (size_t i = 0; i < grads.size(); ++i) {
      const Pair* pair = pairs_.find(inputs[i].id());
      if (!pair || !grads[i]) continue;
      targets.push_back(grads[i]);
      seeds.push_back(pair->tangent);
    }
  }
  Scoped scope(recorders, std::move(outer));
  std::vector<Tensor> tangents = tape.gradient(targets, v, seeds, UnconnectedGradients::kNone);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (tangents[i]) keep(outputs[i], tangents[i]);
}

// Products of tensors that nobody else holds any more are let go from time to time.
void ForwardAccumulator::keep(const Tensor& primal, const Tensor& tangent) {
  if (pairs_.size() >= prune_at_) {
    PointerMap<Pair> kept;
    pairs_.for_each([&](const void* key, Pair& pair) {
      if (!pair.primal.is_unique()) kept[key] = std::move(pair);
    });
    pairs_ = std::move(kept);
    prune_at_ = std::max<size_t>(64, 2 * pairs_.size());
  }
  pairs_[primal.id()] = {primal, tangent};
}

}  // namespace runnel::inline v0
