#include "runnel/keras/layers/rnn.h"

#include "runnel/graph/control_flow.h"
#include "runnel/keras/tracing.h"
#include "runnel/op/shape_inference.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

constexpr int64_t kMostUnrolled = 128;  // steps; more of them become a loop inside a graph

CellBody* known_cell(const Ref<LayerBody>& cell) { return dynamic_cast<CellBody*>(cell.get()); }

// Of a cell of one's own: its attribute state_size, a number or a list of numbers.
std::vector<Shape> shapes_of_state_size(const LayerBody& cell) {
  std::optional<Config> size = cell.argument("state_size");
  if (!size) fail<ValueError>("", cat("The RNN cell should have a `state_size` attribute (single integer or list of integers, one integer per RNN state). Received: cell=", cell.name()));
  std::vector<Shape> out;
  if (size->is_int()) return {Shape({size->as_int()})};
  for (const Config& item : size->as_list()) {
    Dims dims;
    if (item.is_int()) dims.push_back(item.as_int());
    else
      for (const Config& n : item.as_list()) dims.push_back(n.as_int());
    out.push_back(Shape(dims));
  }
  return out;
}

std::vector<Shape> state_shapes(const Ref<LayerBody>& cell) {
  CellBody* known = known_cell(cell);
  return known ? known->state_shapes() : shapes_of_state_size(*cell);
}

// (batch, *shape) of zeros, for the batch of x (batch, ...).
Tensor zero_state(const Tensor& x, const Shape& state, DType dtype) {
  int64_t batch = x.partial_shape()[0];
  Dims dims{batch};
  for (int64_t d : state.dims()) dims.push_back(d);
  if (batch >= 0) return zeros(dims, dtype);
  std::vector<Tensor> sizes{gather(shape(x), 0, 0)};
  for (int64_t d : state.dims()) sizes.push_back(Tensor::scalar(int32_t(d)));
  Tensor out = fill(stack(sizes), cast(Tensor::scalar(0.f), dtype));
  return ensure_shape(out, PartialShape(dims));
}

// (batch, time, ...) -> (batch, ...)
PartialShape step_shape(const PartialShape& in) { return PartialShape({in[0]}).concatenate(in.slice(2, in.rank())); }

Tensor time_first(const Tensor& x) {
  std::vector<int64_t> order{1, 0};
  for (int i = 2; i < x.partial_shape().rank(); ++i) order.push_back(i);
  return transpose(x, order);
}

// The mask of one step, (batch), against something of rank r.
Tensor chosen(const Tensor& mask, const Tensor& yes, const Tensor& no) {
  Tensor m = mask;
  for (int r = 1; r < yes.partial_shape().rank(); ++r) m = expand_dims(m, -1);
  return where(m, yes, no);
}

}  // namespace

Config to_config(const Layer& layer) { return layer ? serialize_object(*layer.body()) : Config(); }
void from_config(const Config& config, Layer& out) {
  if (config.is_null()) return void(out = Layer());
  Ref<RefCounted> object = config.is_object() ? config.as_object() : Ref<RefCounted>(deserialize_object("layers", config));
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
  cell_->ensure_built({step_shape(in)});
  if (!how_.stateful) return;
  if (in[0] < 0)
    fail<ValueError>("", cat("When using `stateful=True` in a RNN, the batch size must be static. Found dynamic batch size: sequence.shape=", to_text(in)));
  outside_of_traces([&] {
    for (const Shape& state : state_shapes(cell_)) {
      Dims dims{in[0]};
      for (int64_t d : state.dims()) dims.push_back(d);
      states_.push_back(Variable(zeros(dims, compute_dtype()), {.trainable = false, .name = cat(name(), "/rnn_state")}));
    }
  });
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
  std::vector<Shape> shapes = state_shapes(cell_);
  if (!given.empty() && given.size() != shapes.size())
    fail<ValueError>("", cat("Layer \"", name(), "\": the number of initial states does not fit the cell"), {.got = to_text(given.size()), .expected = to_text(shapes.size())});
  if (!given.empty()) return given;
  for (const Variable& v : states_) given.push_back(v.value());
  if (!given.empty()) return given;
  for (const Shape& s : shapes) given.push_back(zero_state(x, s, compute_dtype()));
  return given;
}

RecurrentBody::Run RecurrentBody::step(const Tensor& x, const Run& before, const Tensor& mask, const CallArgs& args) const {
  Run now;
  if (CellBody* known = known_cell(cell_)) {
    std::tie(now.output, now.states) = known->step(x, before.states, args);
  } else {
    Nest::List states(before.states.begin(), before.states.end());
    Nest both = (*cell_)(Nest(x), {.training = args.training, .more = {{"states", Nest(states)}}});
    now = {both[0].tensor(), both[1].flatten()};
  }
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
  for (const Tensor& s : states) all.emplace_back(s);
  return all;
}

std::vector<PartialShape> RecurrentBody::compute_output_shapes(const std::vector<PartialShape>& input_shapes) {
  const PartialShape& in = input_shapes[0];
  CellBody* known = known_cell(cell_);
  std::vector<Shape> states = known ? known->state_shapes_for(step_shape(in)) : state_shapes(cell_);
  PartialShape batch({in[0]}), steps({in[0], in[1]});
  std::vector<PartialShape> out{(how_.return_sequences ? steps : batch).concatenate(PartialShape(states[0]))};
  for (size_t i = 0; how_.return_state && i < states.size(); ++i) out.push_back(batch.concatenate(PartialShape(states[i])));
  return out;
}

Nest RecurrentBody::call(const Nest& inputs, const CallArgs& args) {
  Tensor x = inputs.is_tensor() ? inputs.tensor() : inputs.flatten()[0];
  check_min_rank(*this, x.partial_shape(), 3);
  if (auto* shapes_only = dynamic_cast<ShapeTracer*>(thread_context().tracer); shapes_only && known_cell(cell_)) {
    States outputs;
    for (const PartialShape& s : compute_output_shapes({x.partial_shape()})) outputs.push_back(shapes_only->placeholder(x.dtype(), s));
    return result(outputs[0], {outputs.begin() + 1, outputs.end()});
  }
  Run run{Tensor(), initial_states(x, inputs, args)};
  Tensor sequence = time_first(x), mask = args.mask ? time_first(args.mask) : Tensor();
  if (CellBody* known = known_cell(cell_)) {
    known->begin(gather(sequence, 0, 0), run.states[0]);
    sequence = known->prepare(sequence, args);
  }
  int64_t steps = x.partial_shape()[1];
  Tensor outputs;
  if (steps >= 0 && (steps <= kMostUnrolled || !thread_context().tracer)) {
    std::vector<Tensor> all = unrolled(sequence, mask, steps, run, args);
    if (how_.return_sequences) outputs = stack(all, 1);
  } else {
    outputs = looped(sequence, mask, run, args);
    if (how_.return_sequences) outputs = time_first(outputs);
  }
  for (size_t i = 0; i < states_.size(); ++i) states_[i].assign(run.states[i]);
  return result(how_.return_sequences ? outputs : run.output, run.states);
}

namespace {

Recurrence recurrence_of(const auto& options) {
  Recurrence how{options.return_sequences, options.return_state, options.go_backwards, options.stateful};
  if constexpr (requires { options.zero_output_for_mask; }) how.zero_output_for_mask = options.zero_output_for_mask;
  return how;
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
RecurrentWith<OptionsT, CellT>::RecurrentWith(const OptionsT& options) : LayerOn<OptionsT, RecurrentBody>(options) {
  auto cell = cell_options<typename CellT::Options>(options);
  cell.name = to_snake_case(CellT::kName);
  this->set_cell(make_object<CellT>(cell), recurrence_of(options));
}

RNNBody::RNNBody(const RNNOptions& options) : LayerOn(options) {
  if (!options.cell) fail<ValueError>("", "RNN needs a `cell`: a layer with a `state_size` whose call(inputs, states) returns the output and the states.");
  set_cell(options.cell.body(), recurrence_of(options));
}

StackedRNNCellsBody::StackedRNNCellsBody(const StackedRNNCellsOptions& options) : LayerOn(options) {
  for (const Layer& cell : options.cells) {
    if (!known_cell(cell.body())) fail<ValueError>("", "StackedRNNCells takes cells of the library.", {.got = cell.name()});
    track(cell.body());
  }
}

std::vector<SavedMember> StackedRNNCellsBody::named_members() const { return {{"cells", {}, list_of(sublayers())}}; }

std::vector<Shape> StackedRNNCellsBody::state_shapes() const {
  std::vector<Shape> out;
  for (const Layer& cell : options_.cells)
    for (const Shape& s : known_cell(cell.body())->state_shapes()) out.push_back(s);
  return out;
}

void StackedRNNCellsBody::build(const PartialShape& input_shape) {
  PartialShape shape = input_shape;
  for (const Layer& cell : options_.cells) {
    cell.body()->ensure_built({shape});
    shape = PartialShape({input_shape[0]}).concatenate(PartialShape(known_cell(cell.body())->state_shapes()[0]));
  }
}

void StackedRNNCellsBody::begin(const Tensor& input_like, const Tensor& state_like) {
  Tensor input = input_like;
  for (const Layer& cell : options_.cells) {
    Tensor state = zero_state(state_like, known_cell(cell.body())->state_shapes()[0], state_like.dtype());
    known_cell(cell.body())->begin(input, state);
    input = state;  // of the shape that the next cell is given
  }
}

std::pair<Tensor, States> StackedRNNCellsBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  Tensor x = prepared;
  States next;
  size_t at = 0;
  for (const Layer& layer : options_.cells) {
    CellBody& cell = *known_cell(layer.body());
    size_t count = cell.state_shapes().size();
    Tensor ready = squeeze(cell.prepare(expand_dims(x, 0), args), 0);
    auto [output, after] = cell.step(ready, {states.begin() + int64_t(at), states.begin() + int64_t(at + count)}, args);
    x = output;
    next.insert(next.end(), after.begin(), after.end());
    at += count;
  }
  return {x, next};
}

template class RecurrentWith<SimpleRNNOptions, SimpleRNNCellBody>;
template class RecurrentWith<LSTMOptions, LSTMCellBody>;
template class RecurrentWith<GRUOptions, GRUCellBody>;
RUNNEL_KERAS_CLASS(layers, SimpleRNN, SimpleRNNBody)
RUNNEL_KERAS_CLASS(layers, LSTM, LSTMBody)
RUNNEL_KERAS_CLASS(layers, GRU, GRUBody)
RUNNEL_KERAS_CLASS(layers, RNN, RNNBody)
RUNNEL_KERAS_CLASS(layers, StackedRNNCells, StackedRNNCellsBody)

}  // namespace runnel::inline v0::keras
