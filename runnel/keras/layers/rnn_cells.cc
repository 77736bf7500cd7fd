#include "runnel/keras/layers/rnn_cells.h"

#include <algorithm>

#include "runnel/keras/dropped.h"
#include "runnel/keras/seed_states.h"
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
  begin(x, states[0]);
  Tensor prepared = squeeze(prepare(expand_dims(x, 0), args), 0);
  auto [output, next] = step(prepared, states, args);
  return Nest::List{Nest(output), nested(next)};
}

namespace {

// (x * mask) @ kernel, where each part of the kernel may have a mask of its own.
Tensor masked_product(const Tensor& x, const std::vector<Tensor>& masks, const Tensor& kernel) {
  if (masks.empty()) return matmul(x, kernel);
  if (masks.size() == 1) return matmul(x * masks[0], kernel);
  std::vector<Tensor> parts = split(kernel, int64_t(masks.size()), 1);
  for (size_t g = 0; g < masks.size(); ++g) parts[g] = matmul(x * masks[g], parts[g]);
  return concat(parts, -1);
}

}  // namespace

// Seeds are drawn in Keras's order: SimpleRNNCell makes its generator before its initializers, the others make it after.
template <class Options>
static std::optional<int64_t> settled_seed(const Options& options, bool initializers_first) {
  if (initializers_first)
    for (const Initializer* i : {&options.kernel_initializer, &options.recurrent_initializer, &options.bias_initializer}) settle(*i);
  return options.seed;
}

template <class Options>
GatedCell<Options>::GatedCell(const Options& options, int gates)
    : LayerWith<Options, CellBody>(options), gates_(gates), seed_generator_(settled_seed(options, gates > 1)) {
  if (options.units <= 0)
    fail<ValueError>("", cat("Received an invalid value for argument `units`, expected a positive integer, got ", int64_t(options.units)));
  options_.dropout = std::clamp(options.dropout, 0.0, 1.0);
  options_.recurrent_dropout = std::clamp(options.recurrent_dropout, 0.0, 1.0);
  settle(options.kernel_initializer);
  settle(options.recurrent_initializer);
  settle(options.bias_initializer);
  track_seeds(*this, seed_generator_.state());
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
  Tensor kernel = computed(*this, kernel_);
  if (args.training.value_or(false) && !input_masks_.empty()) {
    Tensor rows = masked_product(sequence, input_masks_, kernel);
    return bias_ ? rows + input_bias() : rows;
  }
  // (time, batch, features) as one matrix; the sizes that are not known come from the input.
  Tensor rows = matmul(reshape(sequence, {-1, in.dim(-1)}), kernel);
  if (bias_) rows = rows + input_bias();
  int64_t width = gates_ * options_.units;
  if (in[0] >= 0) return reshape(rows, {in[0], in[1] >= 0 ? in[1] : -1, width});
  if (in[1] >= 0) return reshape(rows, {-1, in[1], width});
  return reshape(rows, concat({strided_slice(shape(sequence), {0}, {2}), Tensor::from(std::vector<int32_t>{int32_t(width)})}, 0));
}

// As Keras does: masks are drawn in inference, too, and with recurrent dropout each gate has its own.
template <class Options>
std::vector<Tensor> GatedCell<Options>::draw_masks(const Tensor& like, double rate) const {
  std::vector<Tensor> masks;
  int count = rate == 0 ? 0 : options_.recurrent_dropout > 0 ? gates_ : 1;
  for (int i = 0; i < count; ++i) masks.push_back(dropped(ones_like(like), rate, seed_generator_.next()));
  return masks;
}

template <class Options>
void GatedCell<Options>::begin(const Tensor& input_like, const Tensor& state_like) {
  input_masks_ = draw_masks(input_like, options_.dropout);
  recurrent_masks_ = draw_masks(state_like, options_.recurrent_dropout);
}

template <class Options>
Tensor GatedCell<Options>::recurrent_product(const Tensor& state, const CallArgs& args) const {
  static const std::vector<Tensor> none;
  return masked_product(state, args.training.value_or(false) ? recurrent_masks_ : none, computed(*this, recurrent_kernel_));
}

template <class Options>
Tensor GatedCell<Options>::recurrent_input(const Tensor& state, int gate, const CallArgs& args) const {
  if (!args.training.value_or(false) || recurrent_masks_.empty()) return state;
  return state * recurrent_masks_[recurrent_masks_.size() == 1 ? 0 : size_t(gate)];
}

SimpleRNNCellBody::SimpleRNNCellBody(const SimpleRNNCellOptions& options) : GatedCell(options, 1) {}

std::pair<Tensor, States> SimpleRNNCellBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  Tensor h = options_.activation(prepared + recurrent_product(states[0], args));
  return {h, {h}};
}

LSTMCellBody::LSTMCellBody(const LSTMCellOptions& options) : GatedCell(options, 4) {}

void LSTMCellBody::add_bias() {
  GatedCell::add_bias();
  if (!options_.unit_forget_bias) return;
  int64_t units = options_.units;
  Tensor start = bias_.value();
  bias_.assign(concat({slice(start, {0}, {units}), ones({units}, start.dtype()), slice(start, {2 * units}, {2 * units})}, 0));
}

std::pair<Tensor, States> LSTMCellBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  std::vector<Tensor> z = split(prepared + recurrent_product(states[0], args), 4, -1);
  const LSTMCellOptions& o = options_;
  Tensor c = o.recurrent_activation(z[1]) * states[1] + o.recurrent_activation(z[0]) * o.activation(z[2]);
  Tensor h = o.recurrent_activation(z[3]) * o.activation(c);
  return {h, {h, c}};
}

GRUCellBody::GRUCellBody(const GRUCellOptions& options) : GatedCell(options, 3) {}

void GRUCellBody::add_bias() {
  if (!options_.reset_after) return GatedCell::add_bias();
  bias_ = add_weight({.name = "bias", .shape = {2, 3 * options_.units}, .initializer = options_.bias_initializer,
                      .regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
}

Tensor GRUCellBody::input_bias() const {
  if (!bias_) return {};
  Tensor bias = computed(*this, bias_);
  return options_.reset_after ? unstack(bias, 2)[0] : bias;
}

std::pair<Tensor, States> GRUCellBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  const GRUCellOptions& o = options_;
  Tensor h = states[0];
  std::vector<Tensor> x = split(prepared, 3, -1);
  Tensor update, candidate;
  if (o.reset_after) {
    Tensor inner = recurrent_product(h, args);
    if (bias_) inner = inner + unstack(computed(*this, bias_), 2)[1];
    std::vector<Tensor> r = split(inner, 3, -1);
    update = o.recurrent_activation(x[0] + r[0]);
    candidate = o.activation(x[2] + o.recurrent_activation(x[1] + r[1]) * r[2]);
  } else {
    std::vector<Tensor> kernels = split(computed(*this, recurrent_kernel_), 3, 1);
    auto product = [&](int gate, const Tensor& state) { return matmul(recurrent_input(state, gate, args), kernels[size_t(gate)]); };
    update = o.recurrent_activation(x[0] + product(0, h));
    Tensor reset = o.recurrent_activation(x[1] + product(1, h));
    candidate = o.activation(x[2] + product(2, reset * h));
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
