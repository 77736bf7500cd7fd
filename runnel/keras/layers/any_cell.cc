#include "runnel/keras/layers/any_cell.h"

#include "runnel/op/shape_inference.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

Shape shape_of(const Config& size) {
  Dims dims;
  if (size.is_int()) return Shape({size.as_int()});
  for (const Config& n : size.as_list()) dims.push_back(n.as_int());
  return Shape(dims);
}

// A number, or a list of numbers or shapes.
std::vector<Shape> shapes_of(const Config& size) {
  if (size.is_int()) return {shape_of(size)};
  std::vector<Shape> out;
  for (const Config& item : size.as_list()) out.push_back(shape_of(item));
  return out;
}

Config state_size(const LayerBody& cell) {
  if (std::optional<Config> size = cell.argument("state_size")) return *size;
  fail<ValueError>("", cat("The RNN cell should have a `state_size` attribute (single integer or list of integers, one integer per RNN state). "
                           "Received: cell=", cell.name()));
}

}  // namespace

static bool overrides_call(const LayerBody& layer) {
  return layer.foreign_class() && (layer.foreign_class()->overridden >> OverridableLayer<LayerBaseBody>::kCall & 1);
}

bool infers_shapes() { return dynamic_cast<ShapeTracer*>(thread_context().tracer); }

Tensor zero_state(const Tensor& x, const Shape& state, DType dtype) {
  Dims dims{x.partial_shape()[0]};
  for (int64_t d : state.dims()) dims.push_back(d);
  if (dims[0] >= 0) return zeros(dims, dtype);
  std::vector<Tensor> sizes{gather(shape(x), 0, 0)};
  for (int64_t d : state.dims()) sizes.push_back(Tensor::scalar(int32_t(d)));
  return ensure_shape(fill(stack(sizes), cast(Tensor::scalar(0.f), dtype)), PartialShape(dims));
}

AnyCell::AnyCell(const Ref<LayerBody>& cell)
    : cell_(cell.get()), known_(dynamic_cast<CellBody*>(cell_)), own_call_(overrides_call(*cell_)) {
  if (!known_) state_size(*cell_);
}

std::vector<Shape> AnyCell::state_shapes(const PartialShape& step) const {
  return known_ ? known_->state_shapes_for(step) : shapes_of(state_size(*cell_));
}

Shape AnyCell::output_shape(const PartialShape& step) const {
  if (known_) return known_->output_shape_for(step);
  std::optional<Config> size = cell_->argument("output_size");
  return size && !size->is_null() ? shape_of(*size) : state_shapes(step)[0];
}

States AnyCell::initial_states(const Tensor& x, DType dtype) const {
  if (cell_->foreign_class()) {
    int64_t batch = x.partial_shape()[0];
    Value size = batch >= 0 ? Value(batch) : Value(gather(shape(x), 0, 0));
    Nest given = std::get<Nest>(binding().call(*cell_, "_initial_states", {&size, 1}, Wanted::kNest).held());
    if (States states = given.flatten(); !states.empty()) return states;
  }
  if (known_ && !cell_->sublayers().empty()) return known_->initial_states(x, dtype);
  States out;
  for (const Shape& shape : state_shapes(x.partial_shape())) out.push_back(zero_state(x, shape, dtype));
  return out;
}

void AnyCell::begin(const Tensor& input_like, const Tensor& state_like) const {
  if (known_ && !own_call_) known_->begin(input_like, state_like);
}

Tensor AnyCell::prepare(const Tensor& sequence, const CallArgs& args) const {
  return known_ && !own_call_ ? known_->prepare(sequence, args) : sequence;
}

std::pair<Tensor, States> AnyCell::step(const Tensor& prepared, const States& states, const CallArgs& args) const {
  if (known_ && !own_call_) return known_->step(prepared, states, args);
  const char* where = own_call_ ? "*0" : "states";  // by position: a call() of one's own may name them otherwise
  Nest both = (*cell_)(Nest(prepared), {.training = args.training, .more = {{where, Nest(states)}}});
  return {both[0].tensor(), both[1].flatten()};
}

Nest AnyCell::nested(const States& states) const {
  if (known_ && !cell_->sublayers().empty()) return known_->nested(states);
  bool single = known_ ? infers_shapes() : state_size(*cell_).is_int();
  return states.size() == 1 && single ? Nest(states[0]) : Nest(states);
}

}  // namespace runnel::inline v0::keras
