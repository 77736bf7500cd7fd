#include "runnel/keras/layers/rnn_cells.h"

#include <algorithm>

#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

Nest CellBody::call(const Nest& inputs, const CallArgs& args) {
  Tensor x = inputs.is_tensor() ? inputs.tensor() : inputs[0].tensor();
  States states;
  for (const auto& [name, nest] : args.more)
    if (name == "states") states = nest.flatten();
  if (states.empty() && inputs.is_list()) {
    std::vector<Tensor> flat = inputs.flatten();
    states.assign(flat.begin() + 1, flat.end());
  }
  if (states.size() != state_shapes().size())
    fail<ValueError>("", cat("Layer \"", name(), "\" needs its states"), {.got = cat(states.size(), " tensors"), .expected = cat(state_shapes().size())});
  begin(states[0], args);
  Tensor prepared = squeeze(prepare(expand_dims(x, 0), args), 0);
  auto [output, next] = step(prepared, states, args);
  return Nest::List{Nest(output), Nest(next)};
}

namespace {

// Zeros and scaled ones: what Keras multiplies inputs and states with, the same for all steps.
Tensor dropout_mask(const Tensor& like, double rate, const SeedGenerator& seeds) {
  Tensor noise = draw_uniform(shape(like), 0, 1, like.dtype(), seeds.next());
  return where(noise >= rate, ones_like(like) * (1 / (1 - rate)), zeros_like(like));
}

}  // namespace

template <class Options>
GatedCell<Options>::GatedCell(const Options& options, int gates) : options_(options), gates_(gates) {
  if (options.units <= 0)
    fail<ValueError>("", cat("Received an invalid value for argument `units`, expected a positive integer, got ", int64_t(options.units)));
  set_base(options.name, options.trainable, options.dtype);
  options_.dropout = std::clamp(options.dropout, 0.0, 1.0);
  options_.recurrent_dropout = std::clamp(options.recurrent_dropout, 0.0, 1.0);
  settle(options.kernel_initializer);
  settle(options.recurrent_initializer);
  settle(options.bias_initializer);
  seed_generator_.emplace(options.seed);
}

template <class Options>
Config GatedCell<Options>::get_config() const {
  Config config = fields_to_config(options_);
  config.set("name", name());
  config.set("trainable", trainable());
  return config;
}

template <class Options>
void GatedCell<Options>::build(const PartialShape& input_shape) {
  int64_t features = input_shape.dim(-1), width = gates_ * options_.units;
  if (features < 0) fail<ValueError>("", cat("Layer \"", name(), "\" needs a known number of features. Full shape received: ", to_text(input_shape)));
  kernel_ = add_weight({.name = "kernel", .shape = {features, width}, .initializer = options_.kernel_initializer,
                        .regularizer = options_.kernel_regularizer, .constraint = options_.kernel_constraint});
  recurrent_kernel_ = add_weight({.name = "recurrent_kernel", .shape = {options_.units, width}, .initializer = options_.recurrent_initializer,
                                  .regularizer = options_.recurrent_regularizer, .constraint = options_.recurrent_constraint});
  if (options_.use_bias) add_bias();
}

template <class Options>
void GatedCell<Options>::add_bias() {
  bias_ = add_weight({.name = "bias", .shape = {gates_ * options_.units}, .initializer = options_.bias_initializer,
                      .regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
}

template <class Options>
Tensor GatedCell<Options>::prepare(const Tensor& sequence, const CallArgs& args) {
  PartialShape in = sequence.partial_shape();
  Tensor x = sequence;
  if (args.training.value_or(false) && options_.dropout > 0) x = x * dropout_mask(gather(x, 0, 0), options_.dropout, *seed_generator_);
  // (time, batch, features) as one matrix; the sizes that are not known come from the input.
  Tensor rows = matmul(reshape(x, {-1, in.dim(-1)}), computed(*this, kernel_));
  if (Tensor bias = input_bias()) rows = rows + bias;
  int64_t width = gates_ * options_.units;
  if (in[0] >= 0) return reshape(rows, {in[0], in[1] >= 0 ? in[1] : -1, width});
  if (in[1] >= 0) return reshape(rows, {-1, in[1], width});
  return reshape(rows, concat({strided_slice(shape(sequence), {0}, {2}), Tensor::from(std::vector<int32_t>{int32_t(width)})}, 0));
}

template <class Options>
void GatedCell<Options>::begin(const Tensor& state_like, const CallArgs& args) {
  recurrent_mask_ = Tensor();
  if (args.training.value_or(false) && options_.recurrent_dropout > 0)
    recurrent_mask_ = dropout_mask(state_like, options_.recurrent_dropout, *seed_generator_);
}

template <class Options>
Tensor GatedCell<Options>::dropped(const Tensor& state) const {
  return recurrent_mask_ ? state * recurrent_mask_ : state;
}

std::pair<Tensor, States> SimpleRNNCellBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  Tensor h = options_.activation(prepared + matmul(dropped(states[0]), computed(*this, recurrent_kernel_)));
  return {h, {h}};
}

void LSTMCellBody::add_bias() {
  GatedCell::add_bias();
  if (!options_.unit_forget_bias) return;
  int64_t units = options_.units;
  Tensor start = bias_.value();
  bias_.assign(concat({slice(start, {0}, {units}), ones({units}, start.dtype()), slice(start, {2 * units}, {2 * units})}, 0));
}

std::pair<Tensor, States> LSTMCellBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  std::vector<Tensor> z = split(prepared + matmul(dropped(states[0]), computed(*this, recurrent_kernel_)), 4, -1);
  const LSTMCellOptions& o = options_;
  Tensor c = o.recurrent_activation(z[1]) * states[1] + o.recurrent_activation(z[0]) * o.activation(z[2]);
  Tensor h = o.recurrent_activation(z[3]) * o.activation(c);
  return {h, {h, c}};
}

void GRUCellBody::add_bias() {
  if (!options_.reset_after) return GatedCell::add_bias();
  bias_ = add_weight({.name = "bias", .shape = {2, 3 * options_.units}, .initializer = options_.bias_initializer,
                      .regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
}

Tensor GRUCellBody::input_bias() const {
  if (!bias_) return {};
  Tensor bias = computed(*this, bias_);
  return options_.reset_after ? gather(bias, 0, 0) : bias;
}

Tensor GRUCellBody::candidate_reset_before(const Tensor& x, const Tensor& reset, const Tensor& h) const {
  Tensor part = slice(computed(*this, recurrent_kernel_), {0, 2 * options_.units}, {-1, options_.units});
  return options_.activation(x + matmul(reset * h, part));
}

std::pair<Tensor, States> GRUCellBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  const GRUCellOptions& o = options_;
  Tensor h = states[0], kept = dropped(h);
  std::vector<Tensor> x = split(prepared, 3, -1);
  Tensor recurrent_kernel = computed(*this, recurrent_kernel_);
  Tensor update, candidate;
  if (o.reset_after) {
    Tensor inner = matmul(kept, recurrent_kernel);
    if (bias_) inner = inner + gather(computed(*this, bias_), 1, 0);
    std::vector<Tensor> r = split(inner, 3, -1);
    update = o.recurrent_activation(x[0] + r[0]);
    candidate = o.activation(x[2] + o.recurrent_activation(x[1] + r[1]) * r[2]);
  } else {
    std::vector<Tensor> r = split(matmul(kept, slice(recurrent_kernel, {0, 0}, {-1, 2 * o.units})), 2, -1);
    update = o.recurrent_activation(x[0] + r[0]);
    candidate = candidate_reset_before(x[2], o.recurrent_activation(x[1] + r[1]), kept);
  }
  Tensor next = update * h + (1.0 - update) * candidate;
  return {next, {next}};
}

template class GatedCell<SimpleRNNCellOptions>;
template class GatedCell<LSTMCellOptions>;
template class GatedCell<GRUCellOptions>;
RUNNEL_KERAS_CLASS(layers, SimpleRNNCell, SimpleRNNCellBody)
RUNNEL_KERAS_CLASS(layers, LSTMCell, LSTMCellBody)
RUNNEL_KERAS_CLASS(layers, GRUCell, GRUCellBody)

}  // namespace runnel::inline v0::keras
