#include "runnel/keras/layers/attention_parts.h"

#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

Tensor both_masks(const Tensor& a, const Tensor& b) { return a && b ? logical_and(a, b) : a ? a : b; }

namespace {

struct Positions {
  Tensor row, column;  // (steps, 1), (1, others)
};
Positions positions(const Tensor& query, const Tensor& value) {
  Tensor steps = gather(shape(query), 1, 0), others = gather(shape(value), 1, 0);
  return {expand_dims(range(steps), -1), expand_dims(range(others), 0)};
}

// (1, steps, others), with the sizes that are known.
Tensor as_mask(const Tensor& pairs, const Tensor& query, const Tensor& value) {
  return ensure_shape(expand_dims(pairs, 0), PartialShape({1, query.partial_shape()[1], value.partial_shape()[1]}));
}

Tensor window_mask(const Tensor& query, const Tensor& value, int64_t window) {
  auto [row, column] = positions(query, value);
  return as_mask(less(abs(row - column), window), query, value);
}

}  // namespace

Tensor causal_mask(const Tensor& query, const Tensor& value) {
  auto [row, column] = positions(query, value);
  return as_mask(greater_equal(row, column), query, value);
}

AttentionInputs attention_inputs(const LayerBody& layer, const Nest& inputs, const CallArgs& args, std::optional<int64_t> sliding_window) {
  std::vector<Tensor> given = inputs.flatten();
  AttentionInputs in{given[0], given.size() > 1 ? given[1] : tensor_arg(args, "value"), given.size() > 2 ? given[2] : tensor_arg(args, "key"),
                     tensor_arg(args, "attention_mask")};
  if (!in.value) fail<ValueError>("", cat("Layer \"", layer.name(), "\" needs a `value` beside the query."), {.hint = "call it as layer(query, value)."});
  if (!in.key) in.key = in.value;
  if (in.mask && in.mask.dtype() != bool_) in.mask = cast(in.mask, bool_);
  Tensor query_mask = tensor_arg(args, "query_mask") ? tensor_arg(args, "query_mask") : args.mask;
  if (query_mask) in.mask = both_masks(in.mask, expand_dims(query_mask, -1));
  Tensor value_mask = tensor_arg(args, "value_mask") ? tensor_arg(args, "value_mask") : mask_of(in.value);
  Tensor key_mask = tensor_arg(args, "key_mask");
  if (!key_mask && !in.key.is(in.value)) key_mask = mask_of(in.key);
  for (const Tensor& m : {value_mask, key_mask})
    if (m) in.mask = both_masks(in.mask, expand_dims(m, -2));
  if (flag(args, "use_causal_mask")) in.mask = both_masks(in.mask, causal_mask(in.query, in.value));
  if (sliding_window) in.mask = both_masks(in.mask, window_mask(in.query, in.value, *sliding_window));
  return in;
}

void check_sliding_window(std::optional<int64_t> sliding_window) {
  if (sliding_window && *sliding_window <= 0)
    fail<ValueError>("", cat("`sliding_window` must be `None` or a positive integer. Received: sliding_window=", *sliding_window));
}

Tensor masked_softmax(const Tensor& scores, const Tensor& given, size_t axes) {
  Tensor mask = given, x = scores;
  if (mask) {
    while (mask.partial_shape().rank() < scores.partial_shape().rank()) mask = expand_dims(mask, -int64_t(2 * axes) - 1);
    Tensor kept = cast(mask, x.dtype());
    x = x + (1.0 - kept) * (x.dtype() == float16 ? -3e4 : -3.4028234663852886e38 / 2);
  }
  if (axes == 1) return nn::softmax(x, -1);
  std::vector<int64_t> last;
  for (size_t i = 0; i < axes; ++i) last.push_back(-int64_t(axes) + int64_t(i));
  return exp(x - reduce_logsumexp(x, last, true));
}

Initializer another(const Initializer& initializer) {
  Initializer copy;
  from_config(to_config(initializer), copy);
  return copy;
}

}  // namespace runnel::inline v0::keras
