#include "runnel/op/batching.h"

#include <algorithm>
#include <unordered_map>

#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

extern const std::span<const BatchingDef>* const kAllBatching[];

bool BatchingContext::any_stacked(int begin, int end) const {
  return std::any_of(inputs_.begin() + begin, inputs_.begin() + end, [](const Batched& b) { return b.stacked; });
}

namespace {

PartialShape shape_of_one(const Batched& b) {
  PartialShape shape = b.value.partial_shape();
  return b.stacked && shape.has_rank() ? shape.slice(1, shape.rank()) : shape;
}

Tensor expanded(const Tensor& t, int32_t axis) {
  static const Op& op = get_op("ExpandDims");
  return run(op, {t, Tensor::scalar(axis)});
}

// (n, shape...) of a tensor with the given shape, as an int32 vector.
Tensor stacked_shape(const Tensor& t, const Tensor& count) {
  static const Op &shape = get_op("Shape"), &concat = get_op("ConcatV2");
  return run(concat, {expanded(count, 0), run(shape, {t}), Tensor::scalar(int32_t(0))});
}

const BatchingDef* rule_of(const Op& op) {
  static const auto& rules = *[] {
    auto* out = new std::unordered_map<std::string_view, const BatchingDef*>;
    for (auto list = kAllBatching; *list; ++list)
      for (const BatchingDef& def : **list) out->emplace(def.op, &def);
    return out;
  }();
  auto it = rules.find(op.name());
  return it == rules.end() ? nullptr : it->second;
}

// Ranks are made equal, so that broadcasting pairs the same dimensions as it does for one element.
std::vector<Batched> batch_elementwise(const BatchingContext& c) {
  int rank = 0, unknown = 0;
  for (int i = 0; i < c.num_inputs(); ++i) {
    rank = std::max(rank, c.rank(i));
    unknown += c.rank(i) < 0;
  }
  if (unknown && c.num_inputs() > 1) return {};
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(unknown ? c.value(i) : c.aligned(i, rank));
  return stacked(run_all(c.op(), inputs, c.attrs()));
}

}  // namespace

PartialShape BatchingContext::shape(int i) const { return shape_of_one(inputs_[size_t(i)]); }

int BatchingContext::rank(int i) const {
  PartialShape s = shape(i);
  return s.has_rank() ? s.rank() : -1;
}

std::optional<Dims> BatchingContext::ints(int i) const {
  const Tensor& t = value(i);
  const Tensor* known = stacked(i) ? nullptr : t.is_symbolic() ? t.symbol().constant : &t;
  if (!known) return std::nullopt;
  Dims out;
  for (int64_t k = 0; k < known->num_elements(); ++k)
    out.push_back(known->dtype() == int32 ? known->data<int32_t>()[k] : known->data<int64_t>()[k]);
  return out;
}

Tensor BatchingContext::stack(const Batched& b) const {
  static const Op& broadcast = get_op("BroadcastTo");
  return b.stacked ? b.value : run(broadcast, {b.value, stacked_shape(b.value, count_)});
}
Tensor BatchingContext::stack(int i) const { return stack(inputs_[size_t(i)]); }

Tensor BatchingContext::aligned(int i, int rank) const {
  Tensor out = value(i);
  if (!stacked(i)) return out;
  for (int r = this->rank(i); r < rank; ++r) out = expanded(out, 1);
  return out;
}

std::vector<Batched> stacked(std::vector<Tensor> values) {
  std::vector<Batched> out;
  for (Tensor& v : values) out.push_back({std::move(v), true});
  return out;
}

std::vector<Batched> batch_as_rows(const BatchingContext& c) {
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(c.stack(i));
  return stacked(run_all(c.op(), inputs, c.attrs()));
}

std::vector<Batched> run_batched(const Op& op, std::span<const Batched> inputs, const Attrs& attrs, const Tensor& count) {
  const BatchingDef* rule = rule_of(op);
  if (!rule && !op.def().traits.elementwise) return {};
  std::vector<Tensor> values;
  for (const Batched& b : inputs) values.push_back(b.value);
  ResolvedTypes types = resolve_types(op, values, attrs);
  BatchingContext context(op, inputs, attrs, types, count);
  return rule ? rule->run(context) : batch_elementwise(context);
}

}  // namespace runnel::inline v0
