#include "runnel/keras/layers/rnn.h"

#include "runnel/graph/control_flow.h"
#include "runnel/keras/layers/any_cell.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/tracing.h"
#include "runnel/op/shape_inference.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

constexpr int64_t kMostUnrolled = 128;  // steps; more of them become a loop inside a graph

Tensor time_first(const Tensor& x) {
  std::vector<int64_t> order{1, 0};
  for (int i = 2; i < x.partial_shape().rank(); ++i) order.push_back(i);
  return transpose(x, order);
}

// The mask of one step, (batch, ...), against something of rank r.
Tensor chosen(const Tensor& mask, const Tensor& yes, const Tensor& no) {
  Tensor m = mask;
  for (int r = mask.partial_shape().rank(); r < yes.partial_shape().rank(); ++r) m = expand_dims(m, -1);
  return where(m, yes, no);
}

Tensor of_dtype(const Tensor& t, DType dtype) { return t.dtype() == dtype || !t.dtype().is_floating() ? t : cast(t, dtype); }
States of_dtype(States states, DType dtype) {
  for (Tensor& t : states) t = of_dtype(t, dtype);
  return states;
}

}  // namespace

Config to_config(const Layer& layer) { return layer ? serialize_object(*layer.body()) : Config(); }
Config live(const std::vector<Layer>& layers) {
  Config out = Config::list();
  for (const Layer& layer : layers) out.push_back(live(layer));
  return out;
}
void from_config(const Config& config, Layer& out) {
  if (config.is_null()) return void(out = Layer());
  if (config.is_list()) {
    StackedRNNCellsOptions stack;
    from_config(config, stack.cells);
    return void(out = layers::StackedRNNCells(stack));
  }
  if (config.is_number() || config.is_bool()) fail<ValueError>("", "the argument must be a layer", {.got = config.to_json()});
  Ref<RefCounted> object = config.is_object() ? config.as_object() : Ref<RefCounted>(deserialize_layer(config));
  auto* body = dynamic_cast<LayerBody*>(object.get());
  if (!body) fail<ValueError>("", "the argument must be a layer");
  out = Layer(Ref<LayerBody>(body));
}

Config to_config(const std::vector<Layer>& layers) {
  Config out = Config::list();
  for (const Layer& layer : layers) out.push_back(to_config(layer));
  return out;
}
void from_config(const Config& config, std::vector<Layer>& out) {
  out.clear();
  for (const Config& item : config.as_list()) from_config(item, out.emplace_back());
}

void RecurrentBody::set_cell(const Ref<LayerBody>& cell, const Recurrence& how) {
  cell_ = cell;
  how_ = how;
  track("cell", cell);
}

void RecurrentBody::build(const std::vector<PartialShape>& input_shapes) {
  const PartialShape& in = input_shapes[0];
  check_min_rank(*this, in, 3);
  PartialShape step = step_shape(in);
  cell_->ensure_built({step});
  if (!how_.stateful) return;
  if (step[0] < 0)
    fail<ValueError>("", cat("When using `stateful=True` in a RNN, the batch size must be static. Found dynamic batch size: sequence.shape=", to_text(in)));
  outside_of_traces([&] {
    for (const Shape& state : AnyCell(cell_).state_shapes(step)) {
      Dims dims{step[0]};
      for (int64_t d : state.dims()) dims.push_back(d);
      states_.push_back(Variable(zeros(dims, compute_dtype()), {.trainable = false, .name = cat(name(), "/rnn_state")}));
    }
  });
}

PartialShape RecurrentBody::step_shape(const PartialShape& in) const {
  return PartialShape({in[how_.time_major ? 1 : 0]}).concatenate(in.slice(2, in.rank()));
}

void RecurrentBody::reset_states(const States& values) {
  for (size_t i = 0; i < states_.size(); ++i) states_[i].assign(i < values.size() ? values[i] : zeros_like(states_[i].value()));
}

void reset_states(LayerBody& layer) {
  for (LayerBody* below : layer.all_layers())
    if (auto* recurrent = dynamic_cast<RecurrentBody*>(below)) recurrent->reset_states();
}

States RecurrentBody::initial_states(const Tensor& x, const Nest& inputs, const CallArgs& args) const {
  States given;
  for (const auto& [name, nest] : args.more)
    if (name == "initial_state") given = nest.flatten();
  if (given.empty() && inputs.is_list()) {
    std::vector<Tensor> flat = inputs.flatten();
    given.assign(flat.begin() + 1, flat.end());
  }
  AnyCell cell(cell_);
  size_t count = cell.state_shapes(x.partial_shape()).size();
  if (!given.empty() && given.size() != count)
    fail<ValueError>("", cat("Layer \"", name(), "\": the number of initial states does not fit the cell"), {.got = to_text(given.size()), .expected = to_text(count)});
  if (!given.empty()) return given;
  for (const Variable& v : states_) given.push_back(v.value());
  return given.empty() ? cell.initial_states(x, compute_dtype()) : given;
}

RecurrentBody::Run RecurrentBody::step(const Tensor& x, const Run& before, const Tensor& mask, const CallArgs& args) const {
  Run now;
  std::tie(now.output, now.states) = AnyCell(cell_).step(x, before.states, args);
  if (!mask) return now;
  Tensor skipped = before.output && !how_.zero_output_for_mask ? before.output : zeros_like(now.output);
  now.output = chosen(mask, now.output, skipped);
  for (size_t i = 0; i < now.states.size(); ++i) now.states[i] = chosen(mask, now.states[i], before.states[i]);
  return now;
}

std::vector<Tensor> RecurrentBody::unrolled(const Tensor& sequence, const Tensor& mask, int64_t steps, Run& run, const CallArgs& args) const {
  std::vector<Tensor> xs = unstack(sequence, steps), masks = mask ? unstack(mask, steps) : std::vector<Tensor>(), outputs;
  for (int64_t i = 0; i < steps; ++i) {
    size_t t = size_t(how_.go_backwards ? steps - 1 - i : i);
    run = step(xs[t], run, mask ? masks[t] : Tensor(), args);
    if (how_.return_sequences) outputs.push_back(run.output);
  }
  return outputs;
}

// The same as a loop of the graph; gives all outputs, (time, batch, units).
Tensor RecurrentBody::looped(const Tensor& sequence, const Tensor& mask, Run& run, const CallArgs& args) const {
  static const Op& reserve = get_op("TensorListReserve");
  static const Op& set_item = get_op("TensorListSetItem");
  static const Op& stack_list = get_op("TensorListStack");
  Tensor steps = gather(shape(sequence), 0, 0);
  Run like = step(gather(sequence, 0, 0), run, mask ? gather(mask, 0, 0) : Tensor(), args);  // for dtype and shape; pruned
  Tensor any_shape = Tensor::scalar(int32_t(-1));
  Tensor list = runnel::run(reserve, {any_shape, how_.return_sequences ? steps : Tensor::scalar(int32_t(0))}, {{"element_dtype", like.output.dtype()}});
  std::vector<Tensor> vars{Tensor::scalar(int32_t(0)), list, zeros_like(like.output)};
  vars.insert(vars.end(), run.states.begin(), run.states.end());
  auto body = [&](const std::vector<Tensor>& v) {
    Tensor at = how_.go_backwards ? steps - 1 - v[0] : v[0];
    Run next = step(gather(sequence, at, 0), {v[2], {v.begin() + 3, v.end()}}, mask ? gather(mask, at, 0) : Tensor(), args);
    Tensor written = how_.return_sequences ? runnel::run(set_item, {v[1], v[0], next.output}) : v[1];
    std::vector<Tensor> out{v[0] + 1, written, next.output};
    out.insert(out.end(), next.states.begin(), next.states.end());
    return out;
  };
  std::vector<Tensor> last = while_loop([&](const std::vector<Tensor>& v) { return less(v[0], steps); }, body, vars);
  run = {last[2], {last.begin() + 3, last.end()}};
  if (!how_.return_sequences) return {};
  Tensor all = runnel::run(stack_list, {last[1], any_shape}, {{"element_dtype", like.output.dtype()}, {"num_elements", int64_t(-1)}});
  return ensure_shape(all, PartialShape({-1}).concatenate(like.output.partial_shape()));
}

Nest RecurrentBody::result(const Tensor& output, const States& states) const {
  if (!how_.return_state) return output;
  Nest::List all{Nest(output)};
  Nest nested = AnyCell(cell_).nested(states);
  if (!nested.is_list()) return Nest(Nest::List{Nest(output), nested});
  all.insert(all.end(), nested.list().begin(), nested.list().end());
  return all;
}

std::vector<PartialShape> RecurrentBody::compute_output_shapes(const std::vector<PartialShape>& input_shapes) {
  const PartialShape &in = input_shapes[0], step = step_shape(in);
  AnyCell cell(cell_);
  PartialShape batch({step[0]}), steps({in[0], in[1]});
  std::vector<PartialShape> out{(how_.return_sequences ? steps : batch).concatenate(PartialShape(cell.output_shape(step)))};
  if (how_.return_state)
    for (const Shape& state : cell.state_shapes(step)) out.push_back(batch.concatenate(PartialShape(state)));
  return out;
}

Nest RecurrentBody::call(const Nest& inputs, const CallArgs& args) {
  Tensor x = inputs.is_tensor() ? inputs.tensor() : inputs.flatten()[0];
  check_min_rank(*this, x.partial_shape(), 3);
  AnyCell cell(cell_);
  if (auto* shapes_only = dynamic_cast<ShapeTracer*>(thread_context().tracer); shapes_only && cell.tells_shapes()) {
    States outputs;
    for (const PartialShape& s : compute_output_shapes({x.partial_shape()})) outputs.push_back(shapes_only->placeholder(x.dtype(), s));
    return result(outputs[0], {outputs.begin() + 1, outputs.end()});
  }
  const DType inside = cell_->compute_dtype();  // a cell may compute in another dtype than the layer
  x = of_dtype(x, inside);
  auto turned = [&](const Tensor& t) { return how_.time_major ? t : time_first(t); };
  Tensor sequence = turned(x), mask = args.mask ? turned(args.mask) : Tensor();
  Tensor first = gather(sequence, 0, 0);
  Run run{Tensor(), of_dtype(initial_states(first, inputs, args), inside)};
  cell.begin(first, run.states[0]);
  sequence = cell.prepare(sequence, args);
  int64_t steps = x.partial_shape()[how_.time_major ? 0 : 1];
  Tensor outputs;
  if (steps >= 0 && (steps <= kMostUnrolled || !thread_context().tracer)) {
    std::vector<Tensor> all = unrolled(sequence, mask, steps, run, args);
    if (how_.return_sequences) outputs = stack(all, how_.time_major ? 0 : 1);
  } else {
    outputs = looped(sequence, mask, run, args);
    if (how_.return_sequences) outputs = turned(outputs);
  }
  run.states = of_dtype(run.states, compute_dtype());
  for (size_t i = 0; i < states_.size(); ++i) states_[i].assign(run.states[i]);
  return result(of_dtype(how_.return_sequences ? outputs : run.output, compute_dtype()), run.states);
}

namespace {

Recurrence recurrence_of(const auto& o) {
  return {o.return_sequences, o.return_state, o.go_backwards, o.stateful, o.zero_output_for_mask, o.time_major};
}

// The cell's arguments are those of the layer that have the same name.
template <class CellOptions, class Options>
CellOptions cell_options(const Options& options) {
  CellOptions cell;
  CellOptions::fields(cell, [&](const char* name, auto& to) {
    Options::fields(options, [&](const char* other, const auto& from) {
      if constexpr (requires { to = from; })
        if (std::string_view(name) == other) to = from;
    });
  });
  return cell;
}

}  // namespace

template <class OptionsT, class CellT>
RecurrentWith<OptionsT, CellT>::RecurrentWith(const OptionsT& options) : LayerWith<OptionsT, RecurrentBody>(options) {
  auto cell = cell_options<typename CellT::Options>(options);
  cell.name = to_snake_case(CellT::kName);
  this->set_cell(make_object<CellT>(cell), recurrence_of(options));
}

RNNBody::RNNBody(const RNNOptions& options) : LayerWith(options) {
  if (!options.cell) fail<ValueError>("", "RNN needs a `cell`: a layer with a `state_size` whose call(inputs, states) returns the output and the states.");
  AnyCell{options.cell.body()};  // refuses what is none
  set_cell(options.cell.body(), recurrence_of(options));
}

template class RecurrentWith<SimpleRNNOptions, SimpleRNNCellBody>;
template class RecurrentWith<LSTMOptions, LSTMCellBody>;
template class RecurrentWith<GRUOptions, GRUCellBody>;
RUNNEL_KERAS_CLASS(layers, SimpleRNN, SimpleRNNBody)
RUNNEL_KERAS_CLASS(layers, LSTM, LSTMBody)
RUNNEL_KERAS_CLASS(layers, GRU, GRUBody)
RUNNEL_KERAS_CLASS(layers, RNN, RNNBody)

}  // namespace runnel::inline v0::keras
