#include "runnel/keras/layers/attention.h"

#include <algorithm>
#include <cmath>

#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

Tensor tensor_arg(const CallArgs& args, std::string_view name) {
  for (const auto& [key, nest] : args.more)
    if (key == name && nest) return nest.tensor();
  return {};
}
bool flag(const CallArgs& args, std::string_view name) {
  for (const auto& [key, value] : args.options)
    if (key == name) return value.is_bool() && value.as_bool();
  return false;
}

// (1, steps, others): true where other <= step.
Tensor causal_mask(const Tensor& query, const Tensor& value) {
  Tensor steps = gather(shape(query), 1, 0), others = gather(shape(value), 1, 0);
  Tensor row = expand_dims(range(steps), -1), column = expand_dims(range(others), 0);
  Tensor mask = expand_dims(greater_equal(row, column), 0);
  return mask.is_symbolic() ? ensure_shape(mask, PartialShape({1, query.partial_shape()[1], value.partial_shape()[1]})) : mask;
}

Tensor both(const Tensor& a, const Tensor& b) { return a && b ? logical_and(a, b) : a ? a : b; }

Tensor dropped(const Tensor& x, double rate, bool training, const SeedGenerator& seeds) {
  if (!training || rate == 0) return x;
  Tensor noise = draw_uniform(shape(x), 0, 1, x.dtype(), seeds.next());
  return where(noise >= rate, x * (1 / (1 - rate)), zeros_like(x));
}

}  // namespace

template <class Options>
AttentionBase<Options>::AttentionBase(const Options& options) : LayerWith<Options>(options) {
  if (options.dropout > 0) seed_generator_.emplace(options.seed);
}

template <class Options>
Nest AttentionBase<Options>::call(const Nest& inputs, const CallArgs& args) {
  std::vector<Tensor> x = inputs.flatten();
  if (x.size() != 2 && x.size() != 3)
    fail<ValueError>("", cat(this->class_name(), " layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, key]. Received length: ", x.size(), "."));
  const Tensor &query = x[0], &value = x[1], &key = x.size() == 3 ? x[2] : x[1];
  Tensor all = scores(query, key);
  Tensor query_mask = mask_of(query), value_mask = mask_of(value);
  for (const auto& [name, nest] : args.more)
    if (name == "mask" && nest.list().size() >= 2) {
      query_mask = nest[0] ? nest[0].tensor() : Tensor();
      value_mask = nest[1] ? nest[1].tensor() : Tensor();
    }
  Tensor mask = value_mask ? expand_dims(value_mask, -2) : Tensor();
  if (flag(args, "use_causal_mask")) mask = both(mask, causal_mask(query, value));
  if (mask) all = all - cast(logical_not(mask), all.dtype()) * (all.dtype() == float16 ? 65504.0 : 1e9);
  Tensor weights = nn::softmax(all, -1);
  if (this->options_.dropout > 0) weights = dropped(weights, this->options_.dropout, args.training.value_or(false), *seed_generator_);
  Tensor result = matmul(weights, value);
  if (query_mask) result = result * cast(expand_dims(query_mask, -1), result.dtype());
  return flag(args, "return_attention_scores") ? Nest({result, weights}) : Nest(result);
}

AttentionBody::AttentionBody(const AttentionOptions& options) : AttentionBase(options) {
  if (options.score_mode != "dot" && options.score_mode != "concat")
    fail<ValueError>("", cat("Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. Received: score_mode=", options.score_mode));
}

void AttentionBody::build(const std::vector<PartialShape>& input_shapes) {
  if (options_.use_scale) scale_ = add_weight({.name = "scale", .shape = {}, .initializer = "ones"});
  if (options_.score_mode == "concat") concat_score_weight_ = add_weight({.name = "concat_score_weight", .shape = {}, .initializer = "ones"});
}

Tensor AttentionBody::scores(const Tensor& query, const Tensor& key) const {
  if (options_.score_mode == "dot") {
    Tensor s = matmul(query, key, false, true);
    return scale_ ? s * computed(*this, scale_) : s;
  }
  Tensor sum = expand_dims(query, -2) + expand_dims(key, -3);
  if (scale_) sum = sum * computed(*this, scale_);
  return computed(*this, concat_score_weight_) * reduce_sum(tanh(sum), -1);
}

void AdditiveAttentionBody::build(const std::vector<PartialShape>& input_shapes) {
  if (options_.use_scale) scale_ = add_weight({.name = "scale", .shape = {input_shapes[0].dim(-1)}, .initializer = "glorot_uniform"});
}

Tensor AdditiveAttentionBody::scores(const Tensor& query, const Tensor& key) const {
  Tensor sum = tanh(expand_dims(query, -2) + expand_dims(key, -3));
  return reduce_sum(scale_ ? sum * computed(*this, scale_) : sum, -1);
}

namespace {

std::string letters(int from, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += char('a' + from + i);
  return out;
}

struct AttentionEquations {
  std::string dot, combine;
};

// Of projections (batch, ..., heads, dim) of this rank: keys and queries to scores, scores and values to outputs.
AttentionEquations equations(int rank, const std::vector<int64_t>& attention_axes) {
  std::string target = letters(0, rank), source, product;
  int next = rank;
  auto attended = [&](int axis) { return std::find(attention_axes.begin(), attention_axes.end(), axis) != attention_axes.end(); };
  for (int i = 0; i < rank; ++i) source += attended(i) ? char('a' + next++) : target[size_t(i)];
  for (int i = 0; i + 1 < rank; ++i)
    if (!attended(i)) product += target[size_t(i)];
  for (int64_t axis : attention_axes) product += target[size_t(axis)];
  for (int64_t axis : attention_axes) product += source[size_t(axis)];
  return {cat(source, ",", target, "->", product), cat(product, ",", source, "->", target)};
}

}  // namespace

MultiHeadAttentionBody::MultiHeadAttentionBody(const MultiHeadAttentionOptions& options) : LayerWith(options) {
  if (options.num_heads <= 0 || options.key_dim <= 0)
    fail<ValueError>("MultiHeadAttention", "num_heads and key_dim must be positive",
                     {.got = cat("num_heads=", int64_t(options.num_heads), ", key_dim=", int64_t(options.key_dim))});
  seed_generator_.emplace(options.seed);
}

namespace {

// Another initializer with the same arguments: one object gives every kernel the same numbers.
Initializer another(const Initializer& initializer) {
  Initializer copy;
  from_config(to_config(initializer), copy);
  return copy;
}

// An EinsumDense with the bias, initializers, regularizers and constraints that the attention layer was given.
Layer dense_like(const MultiHeadAttentionOptions& o, EinsumDenseOptions dense) {
  if (!o.use_bias) dense.bias_axes.reset();
  dense.kernel_initializer = another(o.kernel_initializer);
  dense.bias_initializer = another(o.bias_initializer);
  dense.kernel_regularizer = o.kernel_regularizer;
  dense.bias_regularizer = o.bias_regularizer;
  dense.kernel_constraint = o.kernel_constraint;
  dense.bias_constraint = o.bias_constraint;
  return layers::EinsumDense(dense);
}

}  // namespace

// "abc,cde->abde": the last axis becomes (heads, dim).
Layer MultiHeadAttentionBody::projection(const char* name, int rank, int64_t dim) const {
  const MultiHeadAttentionOptions& o = options_;
  std::string free = letters(0, rank - 1), bound = letters(rank - 1, 1), out = letters(rank, 2);
  PartialShape shape = PartialShape::unknown_dims(rank);
  shape.set_dim(rank - 2, o.num_heads);
  shape.set_dim(rank - 1, dim);
  return dense_like(o, {.equation = cat(free, bound, ",", bound, out, "->", free, out), .output_shape = shape, .bias_axes = out, .name = name,
                        .dtype = dtype_policy()});
}

void MultiHeadAttentionBody::build(const std::vector<PartialShape>& input_shapes) {
  const MultiHeadAttentionOptions& o = options_;
  const PartialShape& query = input_shapes[0];
  int rank = query.rank();
  int64_t value_dim = o.value_dim ? int64_t(*o.value_dim) : int64_t(o.key_dim);
  query_dense_ = projection("query", rank, o.key_dim);
  key_dense_ = projection("key", rank, o.key_dim);
  value_dense_ = projection("value", rank, value_dim);
  PartialShape last = o.output_shape.is_set() ? o.output_shape.shape() : PartialShape({query.dim(-1)});
  std::string free = letters(0, rank - 1), bound = letters(rank - 1, 2), out = letters(rank + 1, last.rank());
  output_dense_ = dense_like(o, {.equation = cat(free, bound, ",", bound, out, "->", free, out),
                                 .output_shape = PartialShape::unknown_dims(rank - 2).concatenate(last), .bias_axes = out,
                                 .name = "attention_output", .dtype = dtype_policy()});
  track("query_dense", query_dense_);
  track("key_dense", key_dense_);
  track("value_dense", value_dense_);
  track("output_dense", output_dense_);
  attention_axes_ = o.attention_axes.values();
  if (attention_axes_.empty())
    for (int i = 1; i + 1 < rank; ++i) attention_axes_.push_back(i);
  for (int64_t& axis : attention_axes_)
    if (axis < 0) axis += rank;
  AttentionEquations e = equations(rank + 1, attention_axes_);
  dot_equation_ = e.dot;
  combine_equation_ = e.combine;
}

Tensor MultiHeadAttentionBody::masked_softmax(const Tensor& scores, const Tensor& given) const {
  Tensor mask = given, x = scores;
  size_t axes = attention_axes_.size();
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

Nest MultiHeadAttentionBody::call(const Nest& inputs, const CallArgs& args) {
  std::vector<Tensor> given = inputs.flatten();
  Tensor query = given[0], value = given.size() > 1 ? given[1] : tensor_arg(args, "value"), key = given.size() > 2 ? given[2] : tensor_arg(args, "key");
  if (!value) fail<ValueError>("", cat("Layer \"", name(), "\" needs a `value` beside the query."), {.hint = "call it as layer(query, value)."});
  if (!key) key = value;
  Tensor mask = tensor_arg(args, "attention_mask");
  Tensor query_mask = tensor_arg(args, "query_mask") ? tensor_arg(args, "query_mask") : args.mask;
  if (query_mask) mask = both(mask, expand_dims(query_mask, -1));
  Tensor value_mask = tensor_arg(args, "value_mask") ? tensor_arg(args, "value_mask") : mask_of(value);
  Tensor key_mask = tensor_arg(args, "key_mask");
  if (!key_mask && !key.is(value)) key_mask = mask_of(key);
  for (const Tensor& m : {value_mask, key_mask})
    if (m) mask = both(mask, expand_dims(m, -2));
  if (flag(args, "use_causal_mask")) mask = both(mask, causal_mask(query, value));

  Tensor q = query_dense_(query) * (1 / std::sqrt(double(int64_t(options_.key_dim))));
  Tensor k = key_dense_(key), v = value_dense_(value);
  Tensor weights = masked_softmax(einsum(dot_equation_, {k, q}), mask);
  Tensor kept = dropped(weights, options_.dropout, args.training.value_or(false), *seed_generator_);
  Tensor output = output_dense_(einsum(combine_equation_, {kept, v}));
  return flag(args, "return_attention_scores") ? Nest({output, weights}) : Nest(output);
}

template class AttentionBase<AttentionOptions>;
template class AttentionBase<AdditiveAttentionOptions>;
RUNNEL_KERAS_CLASS(layers, Attention, AttentionBody)
RUNNEL_KERAS_CLASS(layers, AdditiveAttention, AdditiveAttentionBody)
RUNNEL_KERAS_CLASS(layers, MultiHeadAttention, MultiHeadAttentionBody)

}  // namespace runnel::inline v0::keras
