#include "runnel/keras/layers/conv_lstm.h"

#include <algorithm>

#include "runnel/keras/dropped.h"
#include "runnel/keras/seed_states.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

constexpr int kGates = 4;

int64_t largest(const Tuple& tuple) { return *std::max_element(tuple.values().begin(), tuple.values().end()); }

ConvLSTMOptions standardized(ConvLSTMOptions o, int rank) {
  check_filters(o.filters);
  o.kernel_size = o.kernel_size.expand(rank, "kernel_size");
  o.strides = o.strides.expand(rank, "strides");
  o.dilation_rate = o.dilation_rate.expand(rank, "dilation_rate");
  o.padding = checked_padding(o.padding);
  o.data_format = checked_data_format(o.data_format);
  if (largest(o.strides) > 1 && largest(o.dilation_rate) > 1)
    fail<ValueError>("", cat("Specifying `strides > 1` is not compatible with `dilation_rate > 1`. Please provide `strides=1` or `dilation_rate=1`. "
                             "Received: strides=", tuple_text(o.strides.values()), " and dilation_rate=", tuple_text(o.dilation_rate.values())));
  for (const Initializer* i : {&o.kernel_initializer, &o.recurrent_initializer, &o.bias_initializer}) settle(*i);
  return o;
}

int64_t output_size(const ConvLSTMOptions& o, size_t i, int64_t size) {
  if (size < 0) return PartialShape::kUnknown;
  int64_t stride = o.strides.values()[i], window = (o.kernel_size.values()[i] - 1) * o.dilation_rate.values()[i] + 1;
  return o.padding == "same" ? (size + stride - 1) / stride : (size - window) / stride + 1;
}

// The sum over gates of (x * mask of the gate) with the gate's part of the kernel.
template <class Product>
Tensor masked(const Tensor& x, const std::vector<Tensor>& masks, const Tensor& kernel, int axis, Product product) {
  std::vector<Tensor> parts = split(kernel, kGates, -1);
  for (size_t g = 0; g < kGates; ++g) parts[g] = product(x * masks[g], parts[g]);
  return concat(parts, axis);
}

}  // namespace

// As in Keras, the generator of the cell draws its seed before the initializers do.
ConvLSTMCellBody::ConvLSTMCellBody(const ConvLSTMOptions& options, int rank) : LayerWith(options), rank_(rank), seed_generator_(options.seed) {
  track_seeds(*this, seed_generator_.state());
  options_ = standardized(options, rank);
  gate_axis_ = channels_first(options_.data_format) ? 1 : rank + 1;
}

std::vector<Shape> ConvLSTMCellBody::state_shapes_for(const PartialShape& step) const {
  Dims dims;
  const bool first = channels_first(options_.data_format);
  if (first) dims.push_back(options_.filters);
  for (int i = 0; i < rank_; ++i) dims.push_back(output_size(options_, size_t(i), step[first_spatial_axis(options_.data_format) + i]));
  if (!first) dims.push_back(options_.filters);
  return {Shape(dims), Shape(dims)};
}

void ConvLSTMCellBody::build(const PartialShape& in) {
  int first = first_spatial_axis(options_.data_format);
  for (int i = 0; i < rank_; ++i)
    if (in[first + i] < 0)
      fail<ValueError>("", cat("ConvLSTM layers only support static input shapes for the spatial dimension. Received invalid input shape: input_shape=", to_text(in)));
  int64_t channels = known_channels(in, options_.data_format);
  const ConvLSTMOptions& o = options_;
  auto kernel = [&](const char* name, int64_t inputs, const Initializer& initializer, const Regularizer& regularizer, const Constraint& constraint) {
    Dims shape(std::span(o.kernel_size.values()));
    shape.push_back(inputs);
    shape.push_back(kGates * o.filters);
    return add_weight({.name = name, .shape = Shape(shape), .initializer = initializer, .regularizer = regularizer, .constraint = constraint});
  };
  kernel_ = kernel("kernel", channels, o.kernel_initializer, o.kernel_regularizer, o.kernel_constraint);
  recurrent_kernel_ = kernel("recurrent_kernel", o.filters, o.recurrent_initializer, o.recurrent_regularizer, o.recurrent_constraint);
  if (o.use_bias) add_bias();
  state_ = state_shapes_for(in)[0];
}

void ConvLSTMCellBody::add_bias() {
  const ConvLSTMOptions& o = options_;
  int64_t filters = o.filters;
  bias_ = add_weight({.name = "bias", .shape = {kGates * filters}, .initializer = o.bias_initializer, .regularizer = o.bias_regularizer,
                      .constraint = o.bias_constraint});
  if (!o.unit_forget_bias) return;
  Tensor start = bias_.value();
  bias_.assign(concat({slice(start, {0}, {filters}), ones({filters}, start.dtype()), slice(start, {2 * filters}, {2 * filters})}, 0));
}

Tensor ConvLSTMCellBody::input_product(const Tensor& x, const Tensor& kernel) const {
  return nn::convolution(x, kernel, options_.strides.values(), operator_padding(options_.padding), operator_format(rank_, options_.data_format),
                         options_.dilation_rate.values());
}
Tensor ConvLSTMCellBody::recurrent_product(const Tensor& x, const Tensor& kernel) const {
  return nn::convolution(x, kernel, std::vector<int64_t>(size_t(rank_), 1), "SAME", operator_format(rank_, options_.data_format));
}

void ConvLSTMCellBody::begin(const Tensor& input_like, const Tensor& state_like) {
  auto draw = [&](const Tensor& like, double rate) {
    std::vector<Tensor> masks;
    for (int g = 0; rate > 0 && g < kGates; ++g) masks.push_back(dropped(ones_like(like), rate, seed_generator_.next()));
    return masks;
  };
  input_masks_ = draw(input_like, options_.dropout);
  recurrent_masks_ = draw(state_like, options_.recurrent_dropout);
}

// All steps are one batch: (time, batch, ...) -> (time, batch, ..., 4 * filters).
Tensor ConvLSTMCellBody::prepare(const Tensor& sequence, const CallArgs& args) {
  std::vector<Tensor> sizes = unstack(shape(sequence), rank_ + 3);
  auto folded = [&](const Tensor& x) {
    std::vector<Tensor> to = unstack(shape(x), rank_ + 3);
    to.erase(to.begin());
    to[0] = Tensor::scalar(int32_t(-1));
    return ensure_shape(reshape(x, stack(to)), PartialShape({-1}).concatenate(x.partial_shape().slice(2, rank_ + 3)));
  };
  Tensor kernel = computed(*this, kernel_);
  auto product = [&](const Tensor& x, const Tensor& k) { return input_product(folded(x), k); };
  bool drop = args.training.value_or(false) && !input_masks_.empty();
  Tensor y = drop ? masked(sequence, input_masks_, kernel, gate_axis_, product) : product(sequence, kernel);
  if (bias_) y = nn::bias_add(y, computed(*this, bias_), channels_first(options_.data_format) ? "NCHW" : "NHWC");
  std::vector<Tensor> to = unstack(shape(y), rank_ + 2);
  to[0] = sizes[1];
  to.insert(to.begin(), sizes[0]);
  PartialShape known = sequence.partial_shape().slice(0, 2).concatenate(y.partial_shape().slice(1, rank_ + 2));
  return ensure_shape(reshape(y, stack(to)), known);
}

std::pair<Tensor, States> ConvLSTMCellBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  Tensor kernel = computed(*this, recurrent_kernel_);
  auto product = [&](const Tensor& x, const Tensor& k) { return recurrent_product(x, k); };
  bool drop = args.training.value_or(false) && !recurrent_masks_.empty();
  Tensor h = drop ? masked(states[0], recurrent_masks_, kernel, gate_axis_, product) : product(states[0], kernel);
  std::vector<Tensor> z = split(prepared + h, kGates, gate_axis_);
  const ConvLSTMOptions& o = options_;
  Tensor c = o.recurrent_activation(z[1]) * states[1] + o.recurrent_activation(z[0]) * o.activation(z[2]);
  Tensor next = o.recurrent_activation(z[3]) * o.activation(c);
  return {next, {next, c}};
}

template <int Rank>
ConvLSTMBody<Rank>::ConvLSTMBody(const ConvLSTMOptions& options) : LayerWith<ConvLSTMOptions, RecurrentBody>(options) {
  ConvLSTMOptions cell = options, &own = this->options_;
  cell.name = "conv_lstm_cell";
  cell.activity_regularizer = {};
  auto body = make_ref<ConvLSTMCellBody>(cell, Rank);
  body->constructed();
  own.data_format = body->options().data_format;
  own.padding = body->options().padding;
  own.kernel_size = body->options().kernel_size;
  own.strides = body->options().strides;
  own.dilation_rate = body->options().dilation_rate;
  this->set_cell(body, {options.return_sequences, options.return_state, options.go_backwards, options.stateful, options.zero_output_for_mask});
  set_input_spec(*this, {{.ndim = Rank + 3}});
}

template class ConvLSTMBody<1>;
template class ConvLSTMBody<2>;
template class ConvLSTMBody<3>;
RUNNEL_KERAS_CLASS(layers, ConvLSTM1D, ConvLSTM1DBody)
RUNNEL_KERAS_CLASS(layers, ConvLSTM2D, ConvLSTM2DBody)
RUNNEL_KERAS_CLASS(layers, ConvLSTM3D, ConvLSTM3DBody)

}  // namespace runnel::inline v0::keras
