// StackedRNNCells.
#include "runnel/keras/layers/any_cell.h"
#include "runnel/keras/layers/rnn.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

// (batch, ...) of what a cell makes of one step's input.
PartialShape output_of(const AnyCell& cell, const PartialShape& step) {
  return PartialShape({step.has_rank() && step.rank() > 0 ? step[0] : -1}).concatenate(PartialShape(cell.output_shape(step)));
}

// f(cell, shape of its input) for each cell.
template <class F>
PartialShape each_cell(const std::vector<Layer>& cells, PartialShape step, F&& f) {
  for (const Layer& layer : cells) {
    AnyCell cell(layer.body());
    f(cell, step);
    step = output_of(cell, step);
  }
  return step;
}

}  // namespace

StackedRNNCellsBody::StackedRNNCellsBody(const StackedRNNCellsOptions& options) : LayerWith(options) {
  for (const Layer& cell : options.cells) {
    AnyCell{cell.body()};  // refuses what is none
    track(cell.body());
  }
}

std::vector<SavedMember> StackedRNNCellsBody::named_members() const { return {{"cells", {}, list_of(sublayers())}}; }

std::vector<Shape> StackedRNNCellsBody::state_shapes_for(const PartialShape& step) const {
  std::vector<Shape> out;
  each_cell(options_.cells, step, [&](const AnyCell& cell, const PartialShape& in) {
    for (const Shape& s : cell.state_shapes(in)) out.push_back(s);
  });
  return out;
}

Shape StackedRNNCellsBody::output_shape_for(const PartialShape& step) const {
  PartialShape out = each_cell(options_.cells, step, [](const AnyCell&, const PartialShape&) {});
  return out.slice(1, out.rank()).known();
}

States StackedRNNCellsBody::initial_states(const Tensor& x, DType dtype) const {
  States out;
  Tensor input = x;
  each_cell(options_.cells, x.partial_shape(), [&](const AnyCell& cell, const PartialShape& in) {
    for (const Tensor& state : cell.initial_states(input, dtype)) out.push_back(state);
    input = zero_state(input, cell.output_shape(in), dtype);  // of the shape that the next cell is given
  });
  return out;
}

Nest StackedRNNCellsBody::nested(const States& states) const {
  Nest::List out;
  auto at = states.begin();
  each_cell(options_.cells, {}, [&](const AnyCell& cell, const PartialShape& in) {
    auto end = at + int64_t(cell.state_shapes(in).size());
    out.push_back(cell.nested({at, end}));
    at = end;
  });
  return out.size() == 1 ? out[0] : Nest(out);
}

void StackedRNNCellsBody::build(const PartialShape& input_shape) {
  PartialShape step = input_shape;
  for (const Layer& layer : options_.cells) {
    layer.body()->ensure_built({step});
    step = output_of(AnyCell(layer.body()), step);
  }
}

void StackedRNNCellsBody::begin(const Tensor& input_like, const Tensor& state_like) {
  Tensor input = input_like;
  each_cell(options_.cells, input_like.partial_shape(), [&](const AnyCell& cell, const PartialShape& in) {
    cell.begin(input, zero_state(state_like, cell.state_shapes(in)[0], state_like.dtype()));
    input = zero_state(state_like, cell.output_shape(in), state_like.dtype());
  });
}

std::pair<Tensor, States> StackedRNNCellsBody::step(const Tensor& prepared, const States& states, const CallArgs& args) {
  Tensor x = prepared;
  States next;
  auto at = states.begin();
  for (const Layer& layer : options_.cells) {
    AnyCell cell(layer.body());
    auto end = at + int64_t(cell.state_shapes(x.partial_shape()).size());
    Tensor ready = squeeze(cell.prepare(expand_dims(x, 0), args), 0);
    auto [output, after] = cell.step(ready, {at, end}, args);
    x = output;
    next.insert(next.end(), after.begin(), after.end());
    at = end;
  }
  return {x, next};
}

RUNNEL_KERAS_CLASS(layers, StackedRNNCells, StackedRNNCellsBody)

}  // namespace runnel::inline v0::keras
