#include "runnel/keras/layers/attention.h"

#include <algorithm>
#include <cmath>

#include "runnel/keras/dropped.h"
#include "runnel/keras/saving/hooks.h"
#include "runnel/keras/seed_states.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

Tensor with_dropout(const Tensor& x, double rate, const CallArgs& args, const std::optional<SeedGenerator>& seeds) {
  return args.training.value_or(false) && rate > 0 ? dropped(x, rate, seeds->next()) : x;
}

// (result, weights); the mask says what counts.
template <class Dropout>
Nest apply_scores(const Tensor& scores, const Tensor& value, const Tensor& mask, const Dropout& dropout) {
  Tensor all = mask ? scores - cast(logical_not(mask), scores.dtype()) * (scores.dtype() == float16 ? 65504.0 : 1e9) : scores;
  Tensor weights = dropout(nn::softmax(all, -1));
  return Nest({matmul(weights, value), weights});
}

}  // namespace

template <class Options>
AttentionBase<Options>::AttentionBase(const Options& options) : LayerWith<Options>(options) {
  if (options.dropout > 0) seed_generator_ = tracked_seeds(*this, options.seed);
}

template <class Options>
Nest AttentionBase<Options>::call(const Nest& inputs, const CallArgs& args) {
  std::vector<Tensor> x = inputs.flatten();
  if (x.size() != 2 && x.size() != 3)
    fail<ValueError>("", cat(this->class_name(), " layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, key]. Received length: ", x.size(), "."));
  const Tensor &query = x[0], &value = x[1], &key = x.size() == 3 ? x[2] : x[1];
  std::optional<Nest> own = hooks::computed(*this, "_calculate_scores", {query, key});
  Tensor all = own ? own->tensor() : scores(query, key);
  Tensor query_mask = mask_of(query), value_mask = mask_of(value);
  for (const auto& [name, nest] : args.more)
    if (name == "mask" && nest.list().size() >= 2) {
      query_mask = nest[0] ? nest[0].tensor() : Tensor();
      value_mask = nest[1] ? nest[1].tensor() : Tensor();
    }
  Tensor mask = value_mask ? expand_dims(value_mask, -2) : Tensor();
  if (flag(args, "use_causal_mask")) mask = both_masks(mask, causal_mask(query, value));
  own = hooks::computed(*this, "_apply_scores", {all, value, mask ? Nest(mask) : Nest(), args.training.value_or(false)});
  if (!own) own = apply_scores(all, value, mask, [&](const Tensor& w) { return with_dropout(w, this->options_.dropout, args, seed_generator_); });
  Tensor result = (*own)[0].tensor();
  if (query_mask) result = result * cast(expand_dims(query_mask, -1), result.dtype());
  return flag(args, "return_attention_scores") ? Nest({result, (*own)[1]}) : Nest(result);
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

// Keras has layers for these two steps, whose names come from the counters of all layers.
static void take_names_of_parts() {
  for (const char* part : {"softmax", "dropout"}) unique_name(part);
}

MultiHeadAttentionBody::MultiHeadAttentionBody(const MultiHeadAttentionOptions& options) : LayerWith(options) {
  if (options.num_heads <= 0 || options.key_dim <= 0)
    fail<ValueError>("MultiHeadAttention", "num_heads and key_dim must be positive",
                     {.got = cat("num_heads=", int64_t(options.num_heads), ", key_dim=", int64_t(options.key_dim))});
  check_sliding_window(options.sliding_window);
  settle(options.kernel_initializer);  // Keras draws a seed here, too
  set_activity_regularizer({});        // it is for the projections
}

// "abc,cde->abde": the last axis becomes (heads, dim).
Layer MultiHeadAttentionBody::projection(const char* name, int rank, int64_t dim, const Activation& activation) const {
  const MultiHeadAttentionOptions& o = options_;
  std::string free = letters(0, rank - 1), bound = letters(rank - 1, 1), out = letters(rank, 2);
  PartialShape shape = PartialShape::unknown_dims(rank);
  shape.set_dim(rank - 2, o.num_heads);
  shape.set_dim(rank - 1, dim);
  return dense_like(o, {.equation = cat(free, bound, ",", bound, out, "->", free, out), .output_shape = shape, .activation = activation, .bias_axes = out,
                        .name = name, .dtype = dtype_policy()});
}

// `shapes`: of the query, the value and the key (default: the value's). Where the query alone is known, the others wait for their inputs.
static void build_projections(const std::vector<PartialShape>& shapes, const Layer& query, const Layer& key, const Layer& value, const Layer& output,
                              const PartialShape& combined) {
  query.body()->ensure_built({shapes[0]});
  if (shapes.size() > 1) key.body()->ensure_built({shapes.size() > 2 ? shapes[2] : shapes[1]});
  if (shapes.size() > 1) value.body()->ensure_built({shapes[1]});
  output.body()->ensure_built({combined});
}

void MultiHeadAttentionBody::build(const std::vector<PartialShape>& input_shapes) {
  const MultiHeadAttentionOptions& o = options_;
  const PartialShape& query = input_shapes[0];
  int rank = query.rank();
  int64_t value_dim = o.value_dim ? int64_t(*o.value_dim) : int64_t(o.key_dim);
  query_dense_ = projection("query", rank, o.key_dim);
  key_dense_ = projection("key", rank, o.key_dim);
  if (o.use_gate) gate_dense_ = projection("gate", rank, value_dim, "sigmoid");
  value_dense_ = projection("value", rank, value_dim);
  take_names_of_parts();
  if (o.dropout > 0) seed_generator_ = tracked_seeds(*this, o.seed);
  PartialShape last = o.output_shape.is_set() ? o.output_shape.shape() : PartialShape({query.dim(-1)});
  std::string free = letters(0, rank - 1), bound = letters(rank - 1, 2), out = letters(rank + 1, last.rank());
  output_dense_ = dense_like(o, {.equation = cat(free, bound, ",", bound, out, "->", free, out),
                                 .output_shape = PartialShape::unknown_dims(rank - 2).concatenate(last), .bias_axes = out,
                                 .name = "attention_output", .dtype = dtype_policy()});
  track("query_dense", query_dense_);
  track("key_dense", key_dense_);
  if (gate_dense_) track("_gate_dense", gate_dense_);
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
  PartialShape combined = query;
  combined.set_dim(rank - 1, o.num_heads);
  if (gate_dense_) gate_dense_.body()->ensure_built({query});
  build_projections(input_shapes, query_dense_, key_dense_, value_dense_, output_dense_, combined.concatenate(PartialShape({value_dim})));
}

namespace {
// As in Keras 3, whose layer takes them over: what reads the same tensors later finds no masks. Inputs that were cast are other tensors.
void take_masks_off(const AttentionInputs& in, DType compute_dtype) {
  for (const Tensor& t : {in.query, in.value, in.key})
    if (t.dtype() == compute_dtype) set_mask(t, Tensor());
}
}  // namespace

Nest MultiHeadAttentionBody::call(const Nest& inputs, const CallArgs& args) {
  AttentionInputs in = attention_inputs(*this, inputs, args, options_.sliding_window);
  take_masks_off(in, compute_dtype());
  Tensor q = query_dense_(in.query), k = key_dense_(in.key), v = value_dense_(in.value);
  std::optional<Nest> attended = hooks::computed(*this, "_compute_attention", {q, k, v, in.mask ? Nest(in.mask) : Nest(), args.training.value_or(false)});
  if (!attended) {
    q = q * (1 / std::sqrt(double(int64_t(options_.key_dim))));
    Tensor weights = masked_softmax(einsum(dot_equation_, {k, q}), in.mask, attention_axes_.size());
    attended = Nest({einsum(combine_equation_, {with_dropout(weights, options_.dropout, args, seed_generator_), v}), weights});
  }
  Tensor combined = (*attended)[0].tensor();
  Tensor output = output_dense_(gate_dense_ ? combined * gate_dense_(in.query) : combined);
  return flag(args, "return_attention_scores") ? Nest({output, (*attended)[1]}) : Nest(output);
}

GroupedQueryAttentionBody::GroupedQueryAttentionBody(const GroupedQueryAttentionOptions& options) : LayerWith(options) {
  if (options.num_key_value_heads <= 0 || options.num_query_heads % options.num_key_value_heads != 0)
    fail<ValueError>("", "`num_query_heads` must be divisible by `num_key_value_heads`.");
  check_sliding_window(options.sliding_window);
  settle(options.kernel_initializer);
}

Layer GroupedQueryAttentionBody::projection(const char* name, const char* equation, int64_t heads, const Activation& activation) const {
  std::string output = equation;
  return dense_like(options_, {.equation = equation, .output_shape = PartialShape({-1, heads, options_.head_dim}), .activation = activation,
                               .bias_axes = output.substr(output.size() - 2), .name = name, .dtype = dtype_policy()});
}

// Letters: batch b, steps of the query q and of the others k, features m, heads u and v, their size h.
void GroupedQueryAttentionBody::build(const std::vector<PartialShape>& input_shapes) {
  const GroupedQueryAttentionOptions& o = options_;
  query_dense_ = projection("query", "bqm,muh->bquh", o.num_query_heads);
  key_dense_ = projection("key", "bkm,mvh->bkvh", o.num_key_value_heads);
  if (o.use_gate) gate_dense_ = projection("gate", "bqm,muh->bquh", o.num_query_heads, "sigmoid");
  value_dense_ = projection("value", "bkm,mvh->bkvh", o.num_key_value_heads);
  take_names_of_parts();
  if (o.dropout > 0) seed_generator_ = tracked_seeds(*this, o.seed);
  output_dense_ = dense_like(o, {.equation = "bquh,uhm->bqm", .output_shape = PartialShape({-1, input_shapes[0].dim(-1)}), .bias_axes = "m",
                                 .name = "attention_output", .dtype = dtype_policy()});
  track("_query_dense", query_dense_);
  track("_key_dense", key_dense_);
  if (gate_dense_) track("_gate_dense", gate_dense_);
  track("_value_dense", value_dense_);
  track("_output_dense", output_dense_);
  if (gate_dense_) gate_dense_.body()->ensure_built({input_shapes[0]});
  PartialShape combined({input_shapes[0][0], input_shapes[0][1], o.num_query_heads, o.head_dim});
  build_projections(input_shapes, query_dense_, key_dense_, value_dense_, output_dense_, combined);
}

Nest GroupedQueryAttentionBody::call(const Nest& inputs, const CallArgs& args) {
  const GroupedQueryAttentionOptions& o = options_;
  AttentionInputs in = attention_inputs(*this, inputs, args, o.sliding_window);
  int64_t repeats = o.num_query_heads / o.num_key_value_heads;
  Tensor q = query_dense_(in.query) * (1 / std::sqrt(double(int64_t(o.head_dim))));
  Tensor k = repeat(key_dense_(in.key), repeats, 2), v = repeat(value_dense_(in.value), repeats, 2);
  Tensor weights = masked_softmax(einsum("bquh,bkuh->buqk", {q, k}), in.mask, 1);
  Tensor combined = einsum("buqk,bkuh->bquh", {with_dropout(weights, o.dropout, args, seed_generator_), v});
  Tensor output = output_dense_(gate_dense_ ? combined * gate_dense_(in.query) : combined);
  return flag(args, "return_attention_scores") ? Nest({output, weights}) : Nest(output);
}

template class AttentionBase<AttentionOptions>;
template class AttentionBase<AdditiveAttentionOptions>;
RUNNEL_KERAS_CLASS(layers, Attention, AttentionBody)
RUNNEL_KERAS_CLASS(layers, AdditiveAttention, AdditiveAttentionBody)
RUNNEL_KERAS_CLASS(layers, MultiHeadAttention, MultiHeadAttentionBody)
// Keras exports the class under a shorter name, which its files hold.
Config GroupedQueryAttentionBody::serialized() const {
  Config out = LayerWith::serialized();
  out.set("class_name", "GroupQueryAttention");
  return out;
}

RUNNEL_KERAS_CLASS(layers, GroupedQueryAttention, GroupedQueryAttentionBody)

}  // namespace runnel::inline v0::keras
