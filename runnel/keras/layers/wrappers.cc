#include "runnel/keras/layers/wrappers.h"

#include <algorithm>

#include "runnel/keras/input_spec.h"
#include "runnel/keras/seed_states.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

WrapperBody::WrapperBody(const WrapperOptions& options) : LayerWith(options) {
  if (!options.layer)
    fail<ValueError>("", "Layer None supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a valid Keras layer.");
  track("layer", options.layer);
}

void WrapperBody::build(const std::vector<PartialShape>& input_shapes) { options_.layer.body()->ensure_built(input_shapes); }

SpectralNormalizationBody::SpectralNormalizationBody(const SpectralNormalizationOptions& options) : LayerWith(options) {
  if (!options.layer) fail<ValueError>("", "SpectralNormalization needs a `layer` with a kernel or embeddings.");
  if (options.power_iterations <= 0)
    fail<ValueError>("", cat("`power_iterations` should be greater than zero. Received: `power_iterations=", int64_t(options.power_iterations), "`"));
  supports_masking_ = false;
  track("layer", options.layer);
}

namespace {

Variable kernel_of(const LayerBody& layer) {
  for (const char* wanted : {"/kernel:0", "/embeddings:0"})
    for (const Variable& v : layer.own_weights())
      if (v.name().ends_with(wanted)) return v;
  fail<ValueError>("", cat(layer.class_name(), " object has no attribute 'kernel' nor 'embeddings'"));
}

Tensor unit_length(const Tensor& x) { return x * minimum(rsqrt(reduce_sum(square(x))), 1e7); }

}  // namespace

void SpectralNormalizationBody::build(const PartialShape& input_shape) {
  options_.layer.body()->ensure_built({input_shape});
  set_input_spec(*this, {{.min_ndim = 1, .axes = {{-1, input_shape.dim(-1)}}}});
  kernel_ = kernel_of(*options_.layer.body());
  track_variable(kernel_, true);  // Keras saves it here, too
  vector_u_ = add_weight({.name = "vector_u", .shape = {1, kernel_.shape().dim(-1)},
                          .initializer = initializers::TruncatedNormal({.stddev = 0.02}), .trainable = false, .dtype = kernel_.dtype()});
}

void SpectralNormalizationBody::normalize_kernel() {
  Tensor kernel = kernel_.value(), rows = reshape(kernel, {-1, kernel_.shape().dim(-1)}), u = vector_u_.value(), v;
  for (int64_t i = 0; i < options_.power_iterations; ++i) {
    v = unit_length(matmul(u, rows, false, true));
    u = unit_length(matmul(v, rows));
  }
  Tensor sigma = reshape(matmul(matmul(v, rows), u, false, true), Ints());
  Tensor all_zero = reduce_all(equal(kernel, 0));
  kernel_.assign(where(all_zero, kernel, kernel / sigma));
  vector_u_.assign(where(all_zero, vector_u_.value(), u));
}

Tensor SpectralNormalizationBody::call(const Tensor& input, const CallArgs& args) {
  if (args.training.value_or(false)) normalize_kernel();
  return cast(options_.layer(input), input.dtype());
}

namespace {

const TimeDistributedOptions& with_layer(const TimeDistributedOptions& options) {
  if (!options.layer) fail<ValueError>("", "Please initialize `TimeDistributed` layer with a `keras.layers.Layer` instance.");
  return options;
}

}  // namespace

TimeDistributedBody::TimeDistributedBody(const TimeDistributedOptions& options) : WrapperBody(with_layer(options)) {}

void TimeDistributedBody::build(const std::vector<PartialShape>& input_shapes) {
  const PartialShape& in = input_shapes.at(0);
  if (in.has_rank() && in.rank() < 3)
    fail<ValueError>("", cat("`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, received: ", to_text(in)));
  WrapperBody::build({PartialShape({in[0]}).concatenate(in.slice(2, in.rank()))});
}

namespace {

Tensor in_dtype_of(const LayerBody& outer, const Tensor& y) { return y.dtype().is_floating() ? cast(y, outer.compute_dtype()) : y; }

// (batch, time, ...) -> (batch * time, ...)
Tensor all_steps(const Tensor& x) {
  std::vector<Tensor> sizes = unstack(shape(x), x.partial_shape().rank()), folded{Tensor::scalar(int32_t(-1))};
  folded.insert(folded.end(), sizes.begin() + 2, sizes.end());
  return ensure_shape(reshape(x, stack(folded)), PartialShape({-1}).concatenate(x.partial_shape().slice(2, x.partial_shape().rank())));
}

// A frozen layer's weights stay, but for the vector of this one; whether one's own do, nobody knows.
bool keeps_weights(const LayerBody& layer) {
  return !layer.trainable() && !layer.foreign_class() && !dynamic_cast<const SpectralNormalizationBody*>(&layer);
}
// True where a training call changes more than what is trained: states of seeds, moving means.
bool changes_itself(LayerBody& layer) {
  std::vector<Variable> weights = layer.weights();
  auto is_seed = [&](const Variable& v) { return std::none_of(weights.begin(), weights.end(), [&](const Variable& w) { return w.is(v); }); };
  std::vector<Variable> all = all_variables(layer);
  if (std::any_of(all.begin(), all.end(), is_seed)) return true;
  for (const LayerBody* below : layer.all_layers()) {
    std::vector<Variable> own = keeps_weights(*below) ? std::vector<Variable>() : below->own_weights();
    if (std::any_of(own.begin(), own.end(), [](const Variable& v) { return !v.trainable(); })) return true;
  }
  return false;
}

// For layers that learn from a batch or draw for it (BatchNormalization, Dropout): each step is a batch, as in Keras.
Tensor step_by_step(const Layer& layer, const Tensor& input, const CallArgs& args) {
  const int64_t steps = input.partial_shape()[1];
  std::vector<Tensor> xs = unstack(input, steps, 1), masks = args.mask ? unstack(args.mask, steps, 1) : std::vector<Tensor>(size_t(steps));
  for (size_t t = 0; t < xs.size(); ++t) xs[t] = layer(xs[t], {.training = true, .mask = masks[t]});
  return stack(xs, 1);
}

}  // namespace

Tensor TimeDistributedBody::call(const Tensor& input, const CallArgs& args) {
  PartialShape in = input.partial_shape();
  if (args.training.value_or(false) && in[1] > 0 && changes_itself(*options_.layer.body()))
    return in_dtype_of(*this, step_by_step(options_.layer, input, args));
  std::vector<Tensor> sizes = unstack(shape(input), in.rank());
  CallArgs inner{.training = in[1] == 0 ? false : args.training, .mask = args.mask ? all_steps(args.mask) : Tensor()};
  Tensor y = in_dtype_of(*this, options_.layer(all_steps(input), inner));  // one batch
  PartialShape out = PartialShape({in[0], in[1]}).concatenate(y.partial_shape().slice(1, y.partial_shape().rank()));
  std::vector<Tensor> unfolded{sizes[0], sizes[1]}, rest = unstack(shape(y), y.partial_shape().rank());
  unfolded.insert(unfolded.end(), rest.begin() + 1, rest.end());
  return ensure_shape(reshape(y, stack(unfolded)), out);
}

namespace {

Ref<RecurrentBody> recurrent(const Layer& layer, const char* what) {
  if (auto* body = dynamic_cast<RecurrentBody*>(layer.body().get())) return Ref<RecurrentBody>(body);
  fail<ValueError>("", cat("Bidirectional: `", what, "` must be a recurrent layer (RNN, LSTM, GRU, SimpleRNN)"),
                   {.got = layer ? layer.name() : std::string("None")});
}

// The same layer anew, under another name.
Ref<RecurrentBody> copy_of(const RecurrentBody& layer, const std::string& prefix, bool turned) {
  Config serialized = serialize_object(layer), config = serialized.at("config");
  std::string base = layer.name().starts_with(prefix) ? layer.name().substr(prefix.size()) : layer.name();
  config.set("name", prefix + base);
  if (turned) config.set("go_backwards", !layer.recurrence().go_backwards);
  serialized.set("config", config);
  Layer made;
  from_config(serialized, made);
  return recurrent(made, "layer");
}

constexpr const char* kAlike[] = {"stateful", "return_sequences", "return_state"};

void check_alike(const char* name, const LayerBody& forward, const LayerBody& backward) {
  bool one = forward.argument(name)->as_bool(), other = backward.argument(name)->as_bool();
  auto text = [](bool on) { return on ? "True" : "False"; };
  if (one != other)
    fail<ValueError>("", cat("Forward layer and backward layer are expected to have the same value for attribute \"", name, "\", got \"", text(one),
                             "\" for forward layer and \"", text(other), "\" for backward layer"));
}

}  // namespace

BidirectionalBody::BidirectionalBody(const BidirectionalOptions& options) : LayerWith(options) {
  Ref<RecurrentBody> given = recurrent(options.layer, "layer");
  const std::string mode = options.merge_mode.value_or("none");
  if (mode != "none" && mode != "concat" && mode != "sum" && mode != "mul" && mode != "ave")
    fail<ValueError>("", cat("Invalid merge mode. Received: ", mode, ". Merge mode should be one of {\"sum\", \"mul\", \"ave\", \"concat\", None}"));
  forward_ = copy_of(*given, "forward_", false);
  backward_ = options.backward_layer ? recurrent(options.backward_layer, "backward_layer") : copy_of(*given, "backward_", true);
  if (forward_->recurrence().go_backwards == backward_->recurrence().go_backwards)
    fail<ValueError>("", cat("Forward layer and backward layer should have different `go_backwards` value. Received: forward_layer.go_backwards ",
                             forward_->recurrence().go_backwards, ", backward_layer.go_backwards=", backward_->recurrence().go_backwards));
  for (const char* name : kAlike) check_alike(name, *forward_, *backward_);
  for (const auto& layer : {forward_, backward_}) layer->set_zero_output_for_mask(layer->recurrence().return_sequences);
  track("forward_layer", Ref<LayerBody>(forward_));
  track("backward_layer", Ref<LayerBody>(backward_));
}

void BidirectionalBody::constructed() {
  if (name().empty()) set_name(unique_name("bidirectional"));
}

std::optional<Config> BidirectionalBody::argument(std::string_view name) const {
  bool alike = std::find(std::begin(kAlike), std::end(kAlike), name) != std::end(kAlike);
  return alike ? forward_->argument(name) : LayerWith::argument(name);
}

Config BidirectionalBody::get_config() const {
  Config config = without(LayerWith::get_config(), "weights");
  return options_.backward_layer ? config : without(config, "backward_layer");
}

void BidirectionalBody::build(const std::vector<PartialShape>& input_shapes) {
  forward_->ensure_built(input_shapes);
  backward_->ensure_built(input_shapes);
}

namespace {

Tensor merged(const std::string& mode, const Tensor& forward, const Tensor& backward) {
  if (mode == "concat") return concat({forward, backward}, -1);
  if (mode == "sum") return forward + backward;
  if (mode == "mul") return forward * backward;
  return (forward + backward) / 2.0;
}

// The first or second half of the initial states.
CallArgs half_of(const CallArgs& args, int half) {
  CallArgs out = args;
  for (auto& [name, nest] : out.more) {
    if (name != "initial_state") continue;
    std::vector<Tensor> all = nest.flatten();
    auto middle = all.begin() + int64_t(all.size() / 2);
    nest = Nest(half == 0 ? std::vector<Tensor>(all.begin(), middle) : std::vector<Tensor>(middle, all.end()));
  }
  return out;
}

}  // namespace

Nest BidirectionalBody::call(const Nest& inputs, const CallArgs& args) {
  std::vector<Tensor> flat = inputs.flatten();
  CallArgs given = args;
  if (flat.size() > 1) given.more.emplace_back("initial_state", Nest(std::vector<Tensor>(flat.begin() + 1, flat.end())));
  Nest y = (*forward_)(Nest(flat[0]), half_of(given, 0)), z = (*backward_)(Nest(flat[0]), half_of(given, 1));
  bool with_states = forward_->recurrence().return_state;
  Tensor forward = in_dtype_of(*this, with_states ? y[0].tensor() : y.tensor()), backward = in_dtype_of(*this, with_states ? z[0].tensor() : z.tensor());
  if (forward_->recurrence().return_sequences) backward = reverse(backward, {forward_->recurrence().time_major ? 0 : 1});
  Nest::List out;
  if (options_.merge_mode) out.emplace_back(merged(*options_.merge_mode, forward, backward));
  else out = {Nest(forward), Nest(backward)};
  for (const Nest* states : {&y, &z})
    for (size_t i = 1; with_states && i < states->list().size(); ++i) out.push_back((*states)[i]);
  return out.size() == 1 ? out[0] : Nest(out);
}

RUNNEL_KERAS_CLASS(layers, Wrapper, WrapperBody)
RUNNEL_KERAS_CLASS(layers, SpectralNormalization, SpectralNormalizationBody)
RUNNEL_KERAS_CLASS(layers, TimeDistributed, TimeDistributedBody)
RUNNEL_KERAS_CLASS(layers, Bidirectional, BidirectionalBody)

}  // namespace runnel::inline v0::keras
