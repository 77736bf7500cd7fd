// Batching rules: how an operator that is called for one element of a batch runs for all elements at once. vectorized_map and
// the jacobians of tapes are made of them. Elementwise operators need no rule; an operator without one runs once per element.
#pragma once

#include <optional>

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// A tensor as each element of the batch has it: (n, ...) where the elements differ, else what they share.
struct Batched {
  Tensor value;
  bool stacked = false;
};

/// What a batching rule sees of a call. Shapes and ranks are those of one element.
class BatchingContext : public AttrReader {
 public:
  BatchingContext(const Op& op, std::span<const Batched> inputs, const Attrs& attrs, const ResolvedTypes& types, const Tensor& count)
      : AttrReader(op, attrs, types), inputs_(inputs), count_(count) {}

  int num_inputs() const { return int(inputs_.size()); }
  bool stacked(int i) const { return inputs_[size_t(i)].stacked; }
  bool any_stacked(int begin, int end) const;
  const Tensor& value(int i) const { return inputs_[size_t(i)].value; }
  PartialShape shape(int i) const;
  /// -1 where it is unknown.
  int rank(int i) const;
  /// The integers of an input that all elements share; nothing where only a run tells them.
  std::optional<Dims> ints(int i) const;
  /// How many elements the batch has: an int32 scalar.
  const Tensor& count() const { return count_; }

  /// Input i as (n, ...), also where the elements share it.
  Tensor stack(int i) const;
  /// The same for a tensor of this call.
  Tensor stack(const Batched& b) const;
  /// Input i as (n, 1, ..., ...) with ones up to the rank that is given, as broadcasting wants it; shared inputs stay.
  Tensor aligned(int i, int rank) const;

 private:
  std::span<const Batched> inputs_;
  const Tensor& count_;
};

/// The outputs for all elements; an empty list where the rule does not take the call.
using BatchingFn = std::vector<Batched> (*)(const BatchingContext&);
struct BatchingDef {
  const char* op;
  BatchingFn run;
};
/// A list of rules, beside the cards of their operators:  RUNNEL_BATCHING(array, kRules)
#define RUNNEL_BATCHING(NAME, ROWS)                                  \
  namespace cards {                                                  \
  extern constinit const std::span<const BatchingDef> NAME;          \
  constinit const std::span<const BatchingDef> NAME{ROWS};           \
  }

/// The outputs of an operator for all elements, by its rule; an empty list where it has none, or that does not take the call.
std::vector<Batched> run_batched(const Op& op, std::span<const Batched> inputs, const Attrs& attrs, const Tensor& count);

/// Outputs that all differ from element to element.
std::vector<Batched> stacked(std::vector<Tensor> values);
/// A rule: the operator treats the batch as one more dimension in front, and all its inputs alike.
std::vector<Batched> batch_as_rows(const BatchingContext& c);

}  // namespace runnel::inline v0
